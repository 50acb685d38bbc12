//go:build !purego

package kernels

func implementations() []*implementation { return []*implementation{&generic} }
