//go:build !purego

package kernels

import "golang.org/x/sys/cpu"

// neon needs ARMv8.0, which every arm64 has.
var neon = implementation{
	name:      "neon",
	panel:     panelNEON,
	pack:      packNEON,
	mul:       mulNEON,
	quantize:  quantizeNEON,
	layerNorm: layerNormNEON,
	rmsNorm:   rmsNormNEON,
	gelu:      geluNEON,
	geluTanh:  geluTanhNEON,
	swiGLU:    swiGLUNEON,
	rotate:    rotateNEON,
	attend:    attendNEON,
	softmax:   softmaxWeightsNEON,

	mulWide:       mulWideNEON,
	quantizeWide:  quantizeWideNEON,
	splitOutliers: splitOutliersGeneric,

	panelProduct: panelProductNEON,
	floatScores:  floatScoresNEON,
	floatWeights: floatWeightsNEON,

	peak:      peakLoop{"SMULL", 256, peakNEON},
	floatPeak: peakLoop{"FMUL", 64, floatPeakNEON},
}

// dotprod needs FEAT_DotProd of ARMv8.2: Apple's M1 and Graviton 2 have it, and what came after. Package cpu asks Linux, Windows
// and macOS for it; where it asks nobody (FreeBSD), or gets no answer, neon runs.
var dotprod = implementation{
	name:      "dotprod",
	panel:     panelDotprod,
	pack:      packDotprod,
	mul:       mulDotprod,
	quantize:  quantizeNEON,
	layerNorm: layerNormNEON,
	rmsNorm:   rmsNormNEON,
	gelu:      geluNEON,
	geluTanh:  geluTanhNEON,
	swiGLU:    swiGLUNEON,
	rotate:    rotateNEON,
	attend:    attendDotprod,
	softmax:   softmaxWeightsNEON,

	mulWide:       mulWideDotprod,
	quantizeWide:  quantizeWideNEON,
	splitOutliers: splitOutliersGeneric,

	panelProduct: panelProductNEON,
	floatScores:  floatScoresNEON,
	floatWeights: floatWeightsNEON,

	peak:      peakLoop{"SDOT", 256, peakDotprod},
	floatPeak: peakLoop{"FMUL", 64, floatPeakNEON},
}

func implementations() []*implementation {
	if cpu.ARM64.HasASIMDDP {
		return []*implementation{&dotprod, &neon, &generic}
	}
	return []*implementation{&neon, &generic}
}
