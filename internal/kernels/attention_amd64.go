//go:build !purego

package kernels

import "math"

// together is how many queries share what is loaded of keys and values.
const together = 4

// attendLoops are the inner loops of attention, in the instructions of one implementation.
type attendLoops struct {
	lanes int // elements abreast in all but pairSums, a power of 2 up to 16

	// pairSums writes sums of products of pairs, 16 of a panel abreast, for 4 rows of x or 1. The pairs of a panel lie
	// step apart in w, panels lie panel apart; rows of x are xStride apart, those of sums sumStride. What is read after w,
	// as many bytes, is next.
	pairSums func(n int, sum []int32, sumStride int, x []int16, xStride int, w []int8, step, panel, pairs, panels int, next []int8)

	// scores takes t positions, at least 1, and fills the last lanes up with the lowest number.
	scores func(scores *float32, dots *int32, sk *float32, t int, sq, root float32) (highest float32)

	// coefficients returns the sum of the weights. n is a multiple of lanes, and at least that.
	coefficients func(coeff *int16, scores, share *float32, n int, highest float32) (z int64)

	// times writes float32(sum) * by. n is a multiple of lanes, and at least that.
	times func(out *float32, sum *int32, n int, by float32)
}

var attendLoopsAVX2 = attendLoops{8, pairSumsAVX2, scoresAVX2, coefficientsAVX2, timesAVX2}

func attendAVX2(out []float32, stride int, q []int8, sq []float32, c *Cache, s *AttendScratch) {
	c.attendGroups(&attendLoopsAVX2, out, stride, q, sq, s)
}

func (c *Cache) attendGroups(loops *attendLoops, out []float32, stride int, q []int8, sq []float32, s *AttendScratch) {
	width := c.width
	for r := 0; r < len(sq); {
		n := 1
		if r+together <= len(sq) {
			n = together
		}
		c.attendGroup(loops, out[r*stride:], stride, q[r*width:][:n*width], sq[r:][:n], c.positions-len(sq)+r+1, s)
		r += n
	}
}

// attendGroup computes what 4 queries read from a cache, or 1. The first reads t positions, each of the others one
// more than the one before.
func (c *Cache) attendGroup(loops *attendLoops, out []float32, stride int, q []int8, sq []float32, t int, s *AttendScratch) {
	n, width, padded := len(sq), c.width, c.padded
	for r := range n {
		row := s.query[r*padded:][:padded]
		widen(row, q[r*width:][:width])
		clear(row[width:])
	}
	last := t + n - 1
	panels := (last + cachePanel - 1) / cachePanel
	room := panels * cachePanel
	loops.pairSums(n, s.dot, room, s.query, padded, c.k, 2*cachePanel, cachePanel*padded, padded/2, panels, c.v)

	root := c.bitsPerProduct()
	past := loops.lanes - 1
	end := (last + past) &^ past
	var z [together]float32 // sums of weights, exact
	for r := range n {
		own := t + r
		highest := loops.scores(&s.score[0], &s.dot[r*room], &c.kScale[0], own, sq[r], root)
		for i := (own + past) &^ past; i < end; i++ {
			s.score[i] = -math.MaxFloat32 // its weight is 0
		}
		share := c.sharesUpTo(own, s)
		z[r] = float32(loops.coefficients(&s.coeff[r*room], &s.score[0], &share[0], end, highest))
	}

	sum, total := s.sum[:n*padded], s.total[:n*padded]
	for first := 0; first < last; first += sumPositions {
		pairs := (min(sumPositions, last-first) + 1) / 2
		loops.pairSums(n, sum, padded, s.coeff[first:], room, c.v[first*padded:], 2*padded, 2*cachePanel, pairs, padded/cachePanel, s.next)
		if last <= sumPositions {
			break
		}
		if first == 0 {
			clear(total)
		}
		for i, x := range sum {
			total[i] += int64(x)
		}
	}
	for r := range n {
		by := c.vMost[t+r-1] / z[r]
		row := out[r*stride:][:width]
		if last > sumPositions {
			for i := range row {
				row[i] = float32(float32(total[r*padded+i]) * by)
			}
			continue
		}
		whole := width &^ past
		if whole > 0 {
			loops.times(&row[0], &sum[r*padded], whole, by)
		}
		for i := whole; i < width; i++ {
			row[i] = float32(float32(sum[r*padded+i]) * by)
		}
	}
}

func pairSumsAVX2(n int, sum []int32, sumStride int, x []int16, xStride int, w []int8, step, panel, pairs, panels int, next []int8) {
	if n == together {
		pairSums4AVX2(&sum[0], sumStride, &x[0], xStride, &w[0], step, panel, pairs, panels)
	} else {
		pairSums1AVX2(&sum[0], &x[0], &w[0], step, panel, pairs, panels, &next[0])
	}
}

//go:noescape
func pairSums4AVX2(sum *int32, sumStride int, x *int16, xStride int, w *int8, step, panel, pairs, panels int)

//go:noescape
func pairSums1AVX2(sum *int32, x *int16, w *int8, step, panel, pairs, panels int, next *int8)

//go:noescape
func scoresAVX2(scores *float32, dots *int32, sk *float32, t int, sq, root float32) (highest float32)

//go:noescape
func coefficientsAVX2(coeff *int16, scores, share *float32, n int, highest float32) (z int64)

//go:noescape
func timesAVX2(out *float32, sum *int32, n int, by float32)
