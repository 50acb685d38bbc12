package kernels

import "math"

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
	sums   []float32 // (queryRows, K), room for whole panels
}

// Attend computes what a group of heads reads from the cache that they share, as that of a Cache does, for n queries q,
// (n, K): group of each of the last n/group positions in the cache, position by position and in these head by head; each reads
// the positions up to its own. What query r reads is written to out[(r/group)*stride + (r%group)*K:], (K).
//
// All sums have a written order: see docs/numerics.md, "Attention in floats". It panics with NotFinite where a score is
// infinite or NaN.
func (c *FloatCache) Attend(out []float32, stride, group int, q []float32, n int, s *FloatScratch) {
	a := newQueries(out, stride, group, n, c.positions, c.width)
	sameLength("Attend", len(q), n*c.width)
	if room := panels(c.positions) * panelWidth; len(s.scores) < queryRows*room {
		s.scores = make([]float32, queryRows*2*room)
	}
	if wide := panels(c.width) * panelWidth; len(s.sums) < queryRows*wide {
		s.sums = make([]float32, queryRows*wide)
	}
	for r := 0; r < n; r += queryRows {
		c.attendRows(a, r, min(queryRows, n-r), q[r*c.width:], s)
	}
}

// attendRows computes what n queries read, at most queryRows, those from number first on.
func (c *FloatCache) attendRows(a queries, first, n int, q []float32, s *FloatScratch) {
	last := a.reads(first + n - 1)
	room := panels(last) * panelWidth
	active.panelProduct(panelProduct{
		n: n, panels: panels(last), terms: c.width, y: s.scores, x: q, w: c.k,
		yStride: room, xStride: c.width, wStride: c.width * panelWidth,
	})

	root := float32(inverseRoot(float32(c.width)) * log2e)
	var share [queryRows]float32 // of a weight of 1
	for r := range n {
		own, row := a.reads(first+r), s.scores[r*room:][:room]
		highest, magnitude := active.floatScores(row, own, root)
		if magnitude >= infinity {
			panic(NotFinite("kernels: Attend: a score that is infinite or NaN"))
		}
		share[r] = 1 / active.floatWeights(row, own, highest)
		clear(row[own:]) // weights of later positions, which queries after this one read
	}

	wide := panels(c.width) * panelWidth
	active.panelProduct(panelProduct{
		n: n, panels: panels(c.width), terms: last, y: s.sums, x: s.scores, w: c.v,
		yStride: wide, xStride: room, wStride: c.room * panelWidth,
	})
	for r := range n {
		row := a.row(first + r)
		for i := range row {
			row[i] = float32(s.sums[r*wide+i] * share[r])
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
