package kernels

import (
	"fmt"
	"os"
)

// An implementation is a set of functions that all compute the bits of the portable one. A Matrix
// keeps the implementation that packed it; everything else goes by active.
type implementation struct {
	name      string
	panel     int // outputs that stand abreast in what pack makes
	pack      func(w []int8, rows, cols int) []int8
	mul       func(y []float32, m *Matrix, x []int8, sx, bias []float32, n int)
	quantize  func(q []int8, x []float32) (scale float32)
	layerNorm func(y, x, gain, bias []float32, eps float32)
	rmsNorm   func(y, x, gain []float32, eps float32)
	gelu      func(x []float32)
	geluTanh  func(x []float32)
	swiGLU    func(gate, up []float32)
	rotate    func(x, cos, sin []float32)
	attend    func(a queries, q []int8, sq []float32, c *Cache, s *AttendScratch)
	softmax   func(weights []uint32, before []uint64, logits []float32) (mode int)

	mulWide       func(y []float32, m *Matrix, x []int16, sx, bias []float32, n int)
	quantizeWide  func(q []int16, x []float32) (scale float32)
	splitOutliers func(rest, outliers, x []float32, threshold float32) (any bool)

	panelProduct func(p panelProduct)
	floatScores  func(scores []float32, n int, root float32) (highest float32, magnitude uint32)
	floatWeights func(scores []float32, n int, highest float32) (sum float32)

	peak, floatPeak peakLoop // of the products of int8 and of float32
}

// generic is portable Go, the specification.
var generic = implementation{
	name:      "generic",
	panel:     1,
	pack:      func(w []int8, rows, cols int) []int8 { return append([]int8(nil), w...) },
	mul:       mulGeneric[int8],
	quantize:  quantizeGeneric,
	layerNorm: layerNormGeneric,
	rmsNorm:   rmsNormGeneric,
	gelu:      geluGeneric,
	geluTanh:  geluTanhGeneric,
	swiGLU:    swiGLUGeneric,
	rotate:    rotateGeneric,
	attend:    attendGeneric,
	softmax:   softmaxWeightsGeneric,

	mulWide:       mulGeneric[int16],
	quantizeWide:  quantizeWideGeneric,
	splitOutliers: splitOutliersGeneric,

	panelProduct: panelProductGeneric,
	floatScores:  floatScoresGeneric,
	floatWeights: floatWeightsGeneric,

	peak:      peakLoop{"int32", 8, peakGeneric},
	floatPeak: peakLoop{"float32", 8, floatPeakGeneric},
}

var active *implementation

// init takes the fastest implementation, or the one that the environment variable LMZ_KERNELS names.
func init() {
	name := os.Getenv("LMZ_KERNELS")
	if name == "" {
		name = Implementations()[0]
	}
	if err := Use(name); err != nil {
		panic(err.Error())
	}
}

// Implementations names those that this processor can run, the fastest first and "generic" last.
func Implementations() (names []string) {
	for _, i := range implementations() {
		names = append(names, i.name)
	}
	return names
}

// Use chooses an implementation, for tests and benchmarks: no other function may run meanwhile.
// A Matrix made before keeps its own.
func Use(name string) error {
	for _, i := range implementations() {
		if i.name == name {
			active = i
			return nil
		}
	}
	return fmt.Errorf("kernels: implementation %q, want one of %q", name, Implementations())
}
