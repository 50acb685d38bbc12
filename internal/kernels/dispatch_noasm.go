//go:build !amd64 || purego

package kernels

func implementations() []*implementation { return []*implementation{&generic} }
