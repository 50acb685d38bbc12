//go:build !amd64 || purego

package gemm

func implementations() []implementation { return []implementation{generic} }
