package kernels

import "fmt"

// mostWide is 16 * 127: such a number is 16 h + l, with two int8, h in [-127, 127] and l in [-8, 7]. So a processor that multiplies
// bytes takes it in two products.
const mostWide = 16 * 127

// wideBound is A, the greatest magnitude in a wide row of n numbers: so many products with a weight of 127 stay within an int32.
func wideBound(n int) int { return min(mostWide, (1<<31-1)/(127*max(1, n))) }

// QuantizeWide writes x as integers of some 12 bits and returns the scale, as QuantizeRow does with 8: of I numbers they lie in [-A, A],
//
//	A = min(2032, floor((2^31-1) / (127 I))),
//
// which is 2032 up to I = 8321, and 127 for MaxCols, the most there may be. With a the largest |x[i]|, the scale is a/A and q[i] is
// x[i] * (A/a), rounded to nearest, ties to even. Zeros, small and broken rows are those of QuantizeRow.
func QuantizeWide(q []int16, x []float32) (scale float32) {
	sameLength("QuantizeWide", len(q), len(x))
	if len(x) > MaxCols {
		panic(fmt.Sprintf("kernels: QuantizeWide: %d numbers, want at most %d", len(x), MaxCols))
	}
	return active.quantizeWide(q, x)
}

func quantizeWideGeneric(q []int16, x []float32) float32 {
	return quantize(q, x, float32(wideBound(len(x))))
}
