package kernels

import "math"

const (
	// Below least a row is taken for zeros: 127/a, or 2032/a, would come near infinity.
	least = 0x1p-100
	// Adding toInteger to x, |x| < 2^22, rounds x to an integer, to nearest, ties to even: the sum lies
	// in [2^23, 2^24), where floats are integers. Its lowest bits are the integer.
	toInteger = 0x1.8p23
)

// QuantizeRow writes x as int8 in [-127, 127] and returns the scale: x[i] is about scale*q[i]. With a
// the largest |x[i]|, the scale is a/127 and q[i] is x[i] * (127/a), rounded to nearest, ties to even.
// A row of zeros, or with a below 2^-100, gives zeros and the scale 0. It panics if x is not finite:
// so what is not finite in a model ends here.
func QuantizeRow(q []int8, x []float32) (scale float32) {
	sameLength("QuantizeRow", len(q), len(x))
	return active.quantize(q, x)
}

// SplitOutliers moves the elements of x whose magnitude is threshold or more to outliers, as LLM.int8 does
// (Dettmers et al. 2022, arXiv 2208.07339): the rest, quantised by itself, has a finer scale. Each of the two rows has 0 where
// the other has the element. rest may be x. It reports whether there are any.
func SplitOutliers(rest, outliers, x []float32, threshold float32) (any bool) {
	sameLength("SplitOutliers", len(rest), len(x))
	sameLength("SplitOutliers", len(outliers), len(x))
	return active.splitOutliers(rest, outliers, x, threshold)
}

func splitOutliersGeneric(rest, outliers, x []float32, threshold float32) (any bool) {
	for i, v := range x {
		rest[i], outliers[i] = v, 0
		if v >= threshold || v <= -threshold {
			rest[i], outliers[i] = 0, v
			any = true
		}
	}
	return any
}

func quantizeGeneric(q []int8, x []float32) float32 { return quantize(q, x, 127) }

// quantize writes integers in [-most, most].
func quantize[T int8 | int16](q []T, x []float32, most float32) float32 {
	// The bits of magnitudes are in their order, infinity and NaN last.
	var bits uint32
	for _, v := range x {
		bits = max(bits, math.Float32bits(v)&^(1<<31))
	}
	inverse, scale := scales(bits, most)
	for i, v := range x {
		q[i] = T(round(float32(v * inverse))) // at most most (1+2^-24)^2, which rounds to most
	}
	return scale
}

// scales gives most/a and a/most, both 0 for a row of zeros, for the bits of a.
func scales(bits uint32, most float32) (inverse, scale float32) {
	a := math.Float32frombits(bits)
	if bits >= 0x7f800000 {
		panic(NotFinite("kernels: a number to quantise is infinite or NaN"))
	}
	if a < least {
		return 0, 0
	}
	return most / a, a / most
}

// round returns the integer nearest to x, the even one of two; |x| < 2^22.
func round(x float32) int32 {
	return int32(math.Float32bits(x+toInteger)) - int32(math.Float32bits(toInteger))
}
