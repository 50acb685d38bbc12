//go:build !purego

package kernels

import "math"

func attendAVX2(out []float32, q []int8, sq float32, k []int8, sk []float32, v []int8, sv []float32, s *AttendScratch) {
	t, width := len(sk), len(q)
	if t < 8 || width%16 != 0 {
		attendGeneric(out, q, sq, k, sk, v, sv, s)
		return
	}
	checkScales(sq, largestAVX2(&sk[0], t))
	widenAVX2(&s.query[0], &q[0], width)
	dotsAVX2(&s.dot[0], &s.query[0], &k[0], width, t)
	highest := scaleAVX2(&s.score[0], &s.dot[0], &sk[0], t, sq, inverseRoot(float32(width)))
	padded := (t + 7) &^ 7
	for i := t; i < padded; i++ {
		s.score[i] = -math.MaxFloat32 // its weight is 0
	}
	var sums [8]int32
	softmaxAVX2(&s.weight[0], &s.score[0], padded, highest, &sums)
	var z int64
	for _, sum := range sums {
		z += int64(sum)
	}
	greatest := largestAVX2(&sv[0], t)
	if greatest == 0 {
		clear(out)
		return
	}
	coefficientsAVX2(&s.coeff[0], &s.weight[0], &sv[0], t, greatest)
	s.coeff[t] = 0
	last := greatest / float32(z)
	sum := s.sum[:width]
	clear(sum)
	if t <= sumPositions {
		sumsOf(sum, s.coeff, v, width, t)
		timesAVX2(&out[0], &sum[0], width, last)
		return
	}
	total := s.total[:width]
	clear(total)
	for first := 0; first < t; first += sumPositions {
		sumsOf(sum, s.coeff[first:], v[first*width:], width, min(sumPositions, t-first))
		for i, x := range sum {
			total[i] += int64(x)
		}
		clear(sum)
	}
	for i, x := range total {
		out[i] = float32(float32(x) * last)
	}
}

// sumsOf adds coefficients times values of t positions to sum. coeff has one element more, 0 if t is odd.
func sumsOf(sum []int32, coeff []int16, v []int8, width, t int) {
	if t >= 2 {
		sumsAVX2(&sum[0], &coeff[0], &v[0], width, t/2, width)
	}
	if t%2 != 0 {
		sumsAVX2(&sum[0], &coeff[t-1], &v[(t-1)*width], width, 1, 0)
	}
}

//go:noescape
func dotsAVX2(dots *int32, q *int16, k *int8, width, t int)

//go:noescape
func scaleAVX2(scores *float32, dots *int32, sk *float32, t int, sq, inverseRootK float32) (highest float32)

//go:noescape
func largestAVX2(x *float32, t int) (a float32)

//go:noescape
func softmaxAVX2(weights *int32, scores *float32, n int, highest float32, sums *[8]int32)

//go:noescape
func coefficientsAVX2(coeff *int16, weights *int32, sv *float32, t int, greatest float32)

//go:noescape
func sumsAVX2(sum *int32, coeff *int16, v *int8, width, pairs, second int)

//go:noescape
func timesAVX2(out *float32, sum *int32, n int, by float32)
