//go:build !purego

package kernels

import (
	"golang.org/x/sys/cpu"

	"lmz/internal/amx"
)

var avx512 = implementation{
	name:      "avx512",
	panel:     widePanel,
	pack:      packQuads,
	mul:       mulAVX512,
	quantize:  quantizeAVX512,
	layerNorm: layerNormAVX512,
	rmsNorm:   rmsNormAVX2,
	gelu:      geluAVX512,
	geluTanh:  geluTanhAVX2,
	swiGLU:    swiGLUAVX2,
	rotate:    rotateAVX512,
	attend:    attendAVX512,
	softmax:   softmaxWeightsAVX512,

	mulWide:       mulWideAVX512,
	quantizeWide:  quantizeWideAVX2,
	splitOutliers: splitOutliersAVX2,

	panelProduct: panelProductAVX512,
	floatScores:  floatScoresAVX2,
	floatWeights: floatWeightsAVX2,

	peak:      peakLoop{"VPDPBUSD", 24 * 64, peakAVX512},
	floatPeak: peakLoop{"VMULPS", 12 * 16, floatPeakAVX512},
}

var avx2 = implementation{
	name:      "avx2",
	panel:     panel,
	pack:      packPairs,
	mul:       mulAVX2,
	quantize:  quantizeAVX2,
	layerNorm: layerNormAVX2,
	rmsNorm:   rmsNormAVX2,
	gelu:      geluAVX2,
	geluTanh:  geluTanhAVX2,
	swiGLU:    swiGLUAVX2,
	rotate:    rotateAVX2,
	attend:    attendAVX2,
	softmax:   softmaxWeightsAVX2,

	mulWide:       mulWideAVX2,
	quantizeWide:  quantizeWideAVX2,
	splitOutliers: splitOutliersAVX2,

	panelProduct: panelProductAVX2,
	floatScores:  floatScoresAVX2,
	floatWeights: floatWeightsAVX2,

	peak:      peakLoop{"VPMADDWD", 128, peakAVX2},
	floatPeak: peakLoop{"VMULPS", 96, floatPeakAVX2},
}

func implementations() (list []*implementation) {
	x86 := &cpu.X86
	if x86.HasAVX2 {
		if x86.HasAVX512F && x86.HasAVX512BW && x86.HasAVX512DQ && x86.HasAVX512VL && x86.HasAVX512VNNI {
			if amx.Available() {
				list = append(list, &tiles)
			}
			list = append(list, &avx512)
		}
		list = append(list, &avx2)
	}
	return append(list, &generic)
}
