package kernels

import (
	"fmt"
	"math"
)

const (
	// queryRows is how many queries read a FloatCache together: each of its panels is loaded once for all of them, and as many
	// positions at most are computed in vain because a query does not look ahead.
	queryRows = 12

	// weightLeast is the least exponent of a weight; a score below has none. So no product of a weight and a value is subnormal, for
	// which processors can take a hundred cycles, unless the value is below 2^-62.
	weightLeast = -64
)

// FloatScratch is memory that Attend of a FloatCache uses again from call to call. The zero value is ready. One goroutine
// uses it at a time.
type FloatScratch struct {
	scores []float32 // (queryRows, T), room for whole panels
	tile   []float32 // (queryRows, 16), the last columns
}

// Attend computes what one head reads from a cache: for each of n queries softmax over t of (q.k_t / sqrt K), times v_t
// (Vaswani et al. 2017, arXiv 1706.03762, eq. 1). The queries q, (n, K), are those of the last n positions in the cache; each
// reads the positions up to its own. What query r reads is written to out[r*stride:], (K).
//
// All sums have a written order: see docs/numerics.md, "Attention in floats". It panics with NotFinite where a score is
// infinite or NaN.
func (c *FloatCache) Attend(out []float32, stride int, q []float32, n int, s *FloatScratch) {
	if n < 1 || n > c.positions || stride < c.width || len(out) < (n-1)*stride+c.width {
		panic(fmt.Sprintf("kernels: Attend: %d queries in a cache of %d positions, %d outputs by strides of %d", n, c.positions, len(out), stride))
	}
	sameLength("Attend", len(q), n*c.width)
	if room := panels(c.positions) * panelWidth; len(s.scores) < queryRows*room {
		s.scores, s.tile = make([]float32, queryRows*2*room), make([]float32, queryRows*panelWidth)
	}
	for r := 0; r < n; r += queryRows {
		rows := min(queryRows, n-r)
		c.attendRows(out[r*stride:], stride, q[r*c.width:], rows, c.positions-n+r+1, s)
	}
}

// attendRows computes what n queries read, at most queryRows. The first reads t positions, each of the others one more than
// the one before.
func (c *FloatCache) attendRows(out []float32, stride int, q []float32, n, t int, s *FloatScratch) {
	last := t + n - 1
	room := panels(last) * panelWidth
	active.panelProduct(panelProduct{
		n: n, panels: panels(last), terms: c.width, y: s.scores, x: q, w: c.k,
		yStride: room, xStride: c.width, wStride: c.width * panelWidth,
	})

	root := float32(inverseRoot(float32(c.width)) * log2e)
	var share [queryRows]float32 // of a weight of 1
	for r := range n {
		own, row := t+r, s.scores[r*room:][:room]
		highest, magnitude := active.floatScores(row, own, root)
		if magnitude >= infinity {
			panic(NotFinite("kernels: Attend: a score that is infinite or NaN"))
		}
		share[r] = 1 / active.floatWeights(row, own, highest)
		clear(row[own:]) // weights of later positions, which queries after this one read
	}

	reads := panelProduct{
		n: n, panels: c.width / panelWidth, terms: last, y: out, x: s.scores, w: c.v,
		yStride: stride, xStride: room, wStride: c.room * panelWidth,
	}
	active.panelProduct(reads)
	if whole := c.width &^ (panelWidth - 1); whole < c.width {
		reads.panels, reads.y, reads.yStride, reads.w = 1, s.tile, panelWidth, c.values(whole, 0)
		active.panelProduct(reads)
		for r := range n {
			copy(out[r*stride+whole:r*stride+c.width], s.tile[r*panelWidth:])
		}
	}
	for r := range n {
		row := out[r*stride:][:c.width]
		for i := range row {
			row[i] *= share[r]
		}
	}
}

// floatScoresGeneric makes scores, in bits, of products: the first n are multiplied by root. It gives the highest and the
// bits of the greatest magnitude, of which those of infinity and NaN are the greatest of all. What follows the first n, up
// to a whole panel, may be changed.
func floatScoresGeneric(scores []float32, n int, root float32) (highest float32, magnitude uint32) {
	highest = float32(math.Inf(-1))
	for t, x := range scores[:n] {
		x *= root
		scores[t] = x
		highest = max(highest, x)
		magnitude = max(magnitude, math.Float32bits(x)&^(1<<31))
	}
	return highest, magnitude
}

// floatWeightsGeneric makes softmax weights of the first n scores, 1 of the highest, and gives their sum, which is that of 16
// partial sums. What follows the first n, up to a whole panel, may be changed.
func floatWeightsGeneric(scores []float32, n int, highest float32) (sum float32) {
	var p [partials]float32
	for t, x := range scores[:n] {
		scores[t] = floatWeight(x - highest)
	}
	addTo(&p, scores[:n], 0)
	return sumOf(&p)
}

func floatWeight(x float32) float32 {
	if x < weightLeast {
		return 0
	}
	return exp2(x)
}
