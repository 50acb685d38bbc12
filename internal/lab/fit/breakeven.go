package fit

import "math"

// Coder is a compressor by what decides when it pays: a model, or with no parameters a classical compressor.
type Coder struct {
	Params float64
	Ratio  float64 // coded bytes / raw bytes, the model not counted
}

// BreakEven is D*: for how many raw bytes the totals of two compressors, the model counted, are equal,
//
//	bytesPerParam (P2 - P1) / (r1 - r2);
//
// from there on the larger is the better. It is +Inf where the larger codes no better, so that it never is, and NaN of two of one
// size. Against a classical rate r0 this is bytesPerParam P / (r0 - r).
func BreakEven(a, b Coder, bytesPerParam float64) (rawBytes float64) {
	if a.Params > b.Params {
		a, b = b, a
	}
	switch {
	case a.Params == b.Params:
		return math.NaN()
	case b.Ratio >= a.Ratio:
		return math.Inf(1)
	}
	return bytesPerParam * (b.Params - a.Params) / (a.Ratio - b.Ratio)
}

// Coder is what the law expects of a model.
func (f *Fit) Coder(params, steps float64) Coder { return Coder{params, f.Value(params, steps)} }
