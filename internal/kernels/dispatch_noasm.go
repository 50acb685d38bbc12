//go:build (!amd64 && !arm64) || purego

package kernels

func implementations() []*implementation { return []*implementation{&generic} }
