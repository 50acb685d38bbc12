//go:build !purego

package kernels

import (
	"math"
	"unsafe"
)

// together is how many queries share what is loaded of keys and values.
const together = 4

func attendNEON(a queries, q []int8, sq []float32, c *Cache, s *AttendScratch) {
	c.attendFours(rowSumsNEON, a, q, sq, s)
}

func attendDotprod(a queries, q []int8, sq []float32, c *Cache, s *AttendScratch) {
	c.attendFours(rowSumsDotprod, a, q, sq, s)
}

// rowSums writes exact sums of products, 16 lanes of a panel abreast, for 1, 2 or 4 rows of x: of a block of 16 columns in
// a row of x with 8 rows of w, step apart, each of 16 lanes by a pair of columns. Panels lie panel apart in w, rows of x
// xStride, those of sums sumStride.
//
// For keys a lane is a position, and x has queries. For values it is a component, and x has coefficients c = 128 h + l of
// positions, the row of h before that of l: both fit in an int8, so that the same instructions do.
type rowSums func(rows int, sum []int32, sumStride int, x []int8, xStride int, w []int8, step, panel, blocks, panels int)

func (c *Cache) attendFours(sums rowSums, a queries, q []int8, sq []float32, s *AttendScratch) {
	for r := 0; r < a.n; r += together {
		c.attendRows(sums, a, r, min(together, a.n-r), q[r*c.width:], sq[r:], s)
	}
}

// attendRows computes what n queries, at most 4, read from a cache, those from number first on. The keys' products of 3 are
// computed as those of 4, of which one has what the scratch memory holds, and nobody reads its sums.
func (c *Cache) attendRows(sums rowSums, a queries, first, n int, q []int8, sq []float32, s *AttendScratch) {
	width, padded := c.width, c.padded
	rows := n
	if n == 3 {
		rows = together
	}
	if padded > width || rows > n {
		query := bytesOf(s.query)[:rows*padded]
		for r := range n {
			row := query[r*padded:][:padded]
			clear(row[copy(row, q[r*width:][:width]):])
		}
		q = query
	}
	var reads [together]int // positions
	for r := range n {
		reads[r] = a.reads(first + r)
	}
	last := reads[n-1]
	panels := (last + cachePanel - 1) / cachePanel
	room := panels * cachePanel
	sums(rows, s.dot, room, q, padded, c.k, 2*cachePanel, cachePanel*padded, padded/16, panels)

	root := c.bitsPerProduct()
	coeff := bytesOf(s.coeff)[:n*2*room] // (n, 2, room)
	var z [together]float32              // sums of weights, exact
	for r := range n {
		own := reads[r]
		highest := scores(s.score[:room], s.dot[r*room:], c.kScale, own, sq[r], root)
		share := c.sharesUpTo(own, s)
		z[r] = float32(coefficientsNEON(&coeff[2*r*room], &s.score[0], &share[0], room, highest))
	}
	// Two queries have four rows of coefficients.
	for r := 0; r < n; r += 2 {
		some := min(2, n-r)
		var by [2]float32
		for i := range some {
			by[i] = c.vMost[reads[r+i]-1] / z[r+i]
		}
		c.readValues(sums, a, first+r, coeff[2*r*room:], room, last, by[:some], s)
	}
}

// scores writes those of t positions, the lowest number after them, and returns the highest.
func scores(score []float32, dots []int32, sk []float32, t int, sq, root float32) float32 {
	highest := float32(-math.MaxFloat32)
	whole := t &^ 3
	if whole > 0 {
		highest = scoresNEON(&score[0], &dots[0], &sk[0], whole, sq, root)
	}
	for i := whole; i < t; i++ {
		score[i] = float32(float32(dots[i]) * float32(float32(sq*sk[i])*root))
		highest = max(highest, score[i])
	}
	for i := t; i < len(score); i++ {
		score[i] = -math.MaxFloat32 // its weight is 0
	}
	return highest
}

// readValues writes sums of values of n positions times coefficients, times by, for one or two queries, from number first on.
func (c *Cache) readValues(sums rowSums, a queries, first int, coeff []int8, room, n int, by []float32, s *AttendScratch) {
	padded, rows := c.padded, 2*len(by)
	sum, total := s.sum[:rows*padded], s.total[:len(by)*padded]
	if n > sumPositions {
		clear(total)
	}
	for from := 0; from < n; from += sumPositions {
		blocks := (min(sumPositions, n-from) + 15) / 16
		sums(rows, sum, padded, coeff[from:], room, c.v[from*padded:], 2*padded, 2*cachePanel, blocks, padded/cachePanel)
		if n <= sumPositions {
			break
		}
		for i := range total {
			at := i/padded*2*padded + i%padded
			total[i] += 128*int64(sum[at]) + int64(sum[at+padded])
		}
	}
	for r := range by {
		row, high, low := a.row(first+r), sum[2*r*padded:][:padded], sum[(2*r+1)*padded:][:padded]
		if n > sumPositions {
			for i := range row {
				row[i] = float32(float32(total[r*padded+i]) * by[r])
			}
			continue
		}
		whole := c.width &^ 3
		if whole > 0 {
			timesNEON(&row[0], &high[0], &low[0], whole, by[r])
		}
		for i := whole; i < c.width; i++ {
			row[i] = float32(float32(128*high[i]+low[i]) * by[r])
		}
	}
}

// bytesOf is the memory of x, for two int8 each.
func bytesOf(x []int16) []int8 { return unsafe.Slice((*int8)(unsafe.Pointer(&x[0])), 2*len(x)) }

func rowSumsNEON(rows int, sum []int32, sumStride int, x []int8, xStride int, w []int8, step, panel, blocks, panels int) {
	switch rows {
	case 1:
		rowSums1NEON(&sum[0], &x[0], &w[0], step, panel, blocks, panels)
	case 2:
		rowSums2NEON(&sum[0], sumStride, &x[0], xStride, &w[0], step, panel, blocks, panels)
	default:
		rowSums4NEON(&sum[0], sumStride, &x[0], xStride, &w[0], step, panel, blocks, panels)
	}
}

func rowSumsDotprod(rows int, sum []int32, sumStride int, x []int8, xStride int, w []int8, step, panel, blocks, panels int) {
	switch rows {
	case 1:
		rowSums1Dotprod(&sum[0], &x[0], &w[0], step, panel, blocks, panels)
	case 2:
		rowSums2Dotprod(&sum[0], sumStride, &x[0], xStride, &w[0], step, panel, blocks, panels)
	default:
		rowSums4Dotprod(&sum[0], sumStride, &x[0], xStride, &w[0], step, panel, blocks, panels)
	}
}

//go:noescape
func rowSums1NEON(sum *int32, x, w *int8, step, panel, blocks, panels int)

//go:noescape
func rowSums2NEON(sum *int32, sumStride int, x *int8, xStride int, w *int8, step, panel, blocks, panels int)

//go:noescape
func rowSums4NEON(sum *int32, sumStride int, x *int8, xStride int, w *int8, step, panel, blocks, panels int)

//go:noescape
func rowSums1Dotprod(sum *int32, x, w *int8, step, panel, blocks, panels int)

//go:noescape
func rowSums2Dotprod(sum *int32, sumStride int, x *int8, xStride int, w *int8, step, panel, blocks, panels int)

//go:noescape
func rowSums4Dotprod(sum *int32, sumStride int, x *int8, xStride int, w *int8, step, panel, blocks, panels int)

// scoresNEON takes t positions, a multiple of 4, and at least 4.
//
//go:noescape
func scoresNEON(scores *float32, dots *int32, sk *float32, t int, sq, root float32) (highest float32)

// coefficientsNEON writes the rows h and l, (2, n), and returns the sum of the weights; n is a multiple of 16, and at least 16.
//
//go:noescape
func coefficientsNEON(coeff *int8, scores, share *float32, n int, highest float32) (z int64)

// timesNEON writes (128 high + low) * by, n a multiple of 4, and at least 4.
//
//go:noescape
func timesNEON(out *float32, high, low *int32, n int, by float32)
