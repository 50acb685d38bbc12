//go:build !purego

package kernels

import "golang.org/x/sys/cpu"

var avx2 = implementation{
	name:      "avx2",
	pack:      packPairs,
	mul:       mulAVX2,
	quantize:  quantizeAVX2,
	layerNorm: layerNormAVX2,
	gelu:      geluAVX2,
	rotate:    rotateAVX2,
	attend:    attendAVX2,
	peak:      peakLoop{"VPMADDWD", 128, peakAVX2},
}

func implementations() []*implementation {
	if cpu.X86.HasAVX2 {
		return []*implementation{&avx2, &generic}
	}
	return []*implementation{&generic}
}
