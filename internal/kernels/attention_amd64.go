//go:build !purego

package kernels

import "math"

// together is how many queries share what is loaded of keys and values.
const together = 4

// attendLoops are the inner loops of attention, in the instructions of one implementation.
type attendLoops struct {
	lanes int // elements abreast in all but pairSums, a power of 2 up to 16

	// pairSums writes sums of products of pairs, 16 of a panel abreast, for n rows of x, 1 to 4. The pairs of a panel lie
	// step apart in w, panels lie panel apart; rows of x are xStride apart, those of sums sumStride. Where n is 2 or 3, both
	// have memory for 4 rows: the others may be computed in vain. What is read after w, as many bytes, is next, and memory
	// is asked for it; where n is 4, next may be nil.
	pairSums func(n int, sum []int32, sumStride int, x []int16, xStride int, w []int8, step, panel, pairs, panels int, next []int8)

	// scores takes t positions, at least 1, and fills the last lanes up with the lowest number.
	scores func(scores *float32, dots *int32, sk *float32, t int, sq, root float32) (highest float32)

	// coefficients returns the sum of the weights. n is a multiple of lanes, and at least that.
	coefficients func(coeff *int16, scores, share *float32, n int, highest float32) (z int64)

	// times writes float32(sum) * by. n is a multiple of lanes, and at least that.
	times func(out *float32, sum *int32, n int, by float32)
}

var attendLoopsAVX2 = attendLoops{8, pairSumsAVX2, scoresAVX2, coefficientsAVX2, timesAVX2}

func attendAVX2(a queries, q []int8, sq []float32, c *Cache, s *AttendScratch) {
	c.attendFours(&attendLoopsAVX2, a, q, sq, s)
}

func (c *Cache) attendFours(loops *attendLoops, a queries, q []int8, sq []float32, s *AttendScratch) {
	for r := 0; r < a.n; r += together {
		c.attendRows(loops, a, r, min(together, a.n-r), q[r*c.width:], sq[r:], s)
	}
}

// attendRows computes what n queries, at most 4, read from a cache, those from number first on. Keys and values come from memory
// once for all of them; the first also ask for values, and the last for what is read next.
func (c *Cache) attendRows(loops *attendLoops, a queries, first, n int, q []int8, sq []float32, s *AttendScratch) {
	width, padded := c.width, c.padded
	var values, next []int8
	if first == 0 || n < together { // fewer than 4 ask in any case
		values = c.v
	}
	if first+n == a.n {
		next = s.next
	}
	for r := range n {
		row := s.query[r*padded:][:padded]
		widen(row, q[r*width:][:width])
		clear(row[width:])
	}
	var reads [together]int // positions
	for r := range n {
		reads[r] = a.reads(first + r)
	}
	last := reads[n-1]
	panels := (last + cachePanel - 1) / cachePanel
	room := panels * cachePanel
	loops.pairSums(n, s.dot, room, s.query, padded, c.k, 2*cachePanel, cachePanel*padded, padded/2, panels, values)

	root := c.bitsPerProduct()
	past := loops.lanes - 1
	end := (last + past) &^ past
	var z [together]float32 // sums of weights, exact
	for r := range n {
		own := reads[r]
		highest := loops.scores(&s.score[0], &s.dot[r*room], &c.kScale[0], own, sq[r], root)
		for i := (own + past) &^ past; i < end; i++ {
			s.score[i] = -math.MaxFloat32 // its weight is 0
		}
		share := c.sharesUpTo(own, s)
		z[r] = float32(loops.coefficients(&s.coeff[r*room], &s.score[0], &share[0], end, highest))
	}

	sum, total := s.sum[:together*padded], s.total[:n*padded]
	for from := 0; from < last; from += sumPositions {
		pairs := (min(sumPositions, last-from) + 1) / 2
		loops.pairSums(n, sum, padded, s.coeff[from:], room, c.v[from*padded:], 2*padded, 2*cachePanel, pairs, padded/cachePanel, next)
		if len(next) > sumPositions*padded {
			next = next[sumPositions*padded:]
		}
		if last <= sumPositions {
			break
		}
		if from == 0 {
			clear(total)
		}
		for i := range total {
			total[i] += int64(sum[i])
		}
	}
	for r := range n {
		by := c.vMost[reads[r]-1] / z[r]
		row := a.row(first + r)
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
	switch {
	case n == 1:
		pairSums1AVX2(&sum[0], &x[0], &w[0], step, panel, pairs, panels, &next[0])
	case n < together:
		pairSums3NextAVX2(&sum[0], sumStride, &x[0], xStride, &w[0], step, panel, pairs, panels, &next[0])
	case next != nil:
		pairSums4NextAVX2(&sum[0], sumStride, &x[0], xStride, &w[0], step, panel, pairs, panels, &next[0])
	default:
		pairSums4AVX2(&sum[0], sumStride, &x[0], xStride, &w[0], step, panel, pairs, panels)
	}
}

//go:noescape
func pairSums4AVX2(sum *int32, sumStride int, x *int16, xStride int, w *int8, step, panel, pairs, panels int)

//go:noescape
func pairSums4NextAVX2(sum *int32, sumStride int, x *int16, xStride int, w *int8, step, panel, pairs, panels int, next *int8)

//go:noescape
func pairSums3NextAVX2(sum *int32, sumStride int, x *int16, xStride int, w *int8, step, panel, pairs, panels int, next *int8)

//go:noescape
func pairSums1AVX2(sum *int32, x *int16, w *int8, step, panel, pairs, panels int, next *int8)

//go:noescape
func scoresAVX2(scores *float32, dots *int32, sk *float32, t int, sq, root float32) (highest float32)

//go:noescape
func coefficientsAVX2(coeff *int16, scores, share *float32, n int, highest float32) (z int64)

//go:noescape
func timesAVX2(out *float32, sum *int32, n int, by float32)
