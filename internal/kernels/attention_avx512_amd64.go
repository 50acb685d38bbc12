//go:build !purego

package kernels

var attendLoopsAVX512 = attendLoops{16, pairSumsAVX512, scoresAVX512, coefficientsAVX512, timesAVX512}

func attendAVX512(a queries, q []int8, sq []float32, c *Cache, s *AttendScratch) {
	c.attendFours(&attendLoopsAVX512, a, q, sq, s)
}

// pairSumsAVX512 computes 2 or 3 rows as 4, for which two ports have time while memory is waited for.
func pairSumsAVX512(n int, sum []int32, sumStride int, x []int16, xStride int, w []int8, step, panel, pairs, panels int, next []int8) {
	switch {
	case n == 1:
		// A row of keys has a multiple of 8 pairs. Values have room for whole panels of positions, and their coefficients
		// are zero there.
		pairs = (pairs + 3) &^ 3
		pairSums1AVX512(&sum[0], &x[0], &w[0], step, panel, pairs, panels, &next[0])
	case next != nil:
		pairSums4NextAVX512(&sum[0], sumStride, &x[0], xStride, &w[0], step, panel, pairs, panels, &next[0])
	default:
		pairSums4AVX512(&sum[0], sumStride, &x[0], xStride, &w[0], step, panel, pairs, panels)
	}
}

//go:noescape
func pairSums4AVX512(sum *int32, sumStride int, x *int16, xStride int, w *int8, step, panel, pairs, panels int)

//go:noescape
func pairSums4NextAVX512(sum *int32, sumStride int, x *int16, xStride int, w *int8, step, panel, pairs, panels int, next *int8)

// pairSums1AVX512 takes a multiple of 4 pairs.
//
//go:noescape
func pairSums1AVX512(sum *int32, x *int16, w *int8, step, panel, pairs, panels int, next *int8)

//go:noescape
func scoresAVX512(scores *float32, dots *int32, sk *float32, t int, sq, root float32) (highest float32)

//go:noescape
func coefficientsAVX512(coeff *int16, scores, share *float32, n int, highest float32) (z int64)

//go:noescape
func timesAVX512(out *float32, sum *int32, n int, by float32)
