package kernels

import (
	"fmt"
	"math"
	"slices"
)

const (
	// weightOne is the softmax weight of the highest score. 8191 times 127 times sumPositions fits in an int32.
	weightOne    = 8191
	sumPositions = 2048
)

// AttendScratch is memory that Append and Attend use again from call to call. The zero value is ready.
// One goroutine uses it at a time.
type AttendScratch struct {
	key, value []int8    // (K) quantised
	query      []int16   // (4, K) queries, wider
	dot        []int32   // (4, T) products of queries and keys
	score      []float32 // (T)
	share      []float32 // (T) as in Cache
	coeff      []int16   // (4, T) c, weights times the values' scales
	sum        []int32   // (4, K) of one block of positions
	total      []int64   // (4, K)
	next       []int8    // keys that are read after these values
}

// grow makes room for t positions and k columns, and for vectors that reach beyond.
func (s *AttendScratch) grow(t, k int) {
	if t > len(s.score) {
		n := (t + t/2 + 31) &^ 15
		s.dot, s.score, s.share, s.coeff = make([]int32, 4*n), make([]float32, n), make([]float32, n), make([]int16, 4*n)
	}
	if k > len(s.key) {
		s.key, s.value = make([]int8, k), make([]int8, k)
		s.query, s.sum, s.total = make([]int16, 4*k), make([]int32, 4*k), make([]int64, 4*k)
	}
}

// Attend computes what a group of heads reads from the cache that they share: for each query softmax over t of
// (q.k_t / sqrt K), times v_t (Vaswani et al. 2017, arXiv 1706.03762, eq. 1; for groups Ainslie et al. 2023, arXiv 2305.13245).
// The queries q, (n, K), are int8 as QuantizeRow makes them, with scales sq, (n): group of each of the last n/group positions in
// the cache, position by position and in these head by head; each reads the positions up to its own. What query r reads is
// written to out[(r/group)*stride + (r%group)*K:], (K). If next is not nil, it is the cache that will be read after this one:
// memory may be asked for it in time.
//
// Scores are exact integer products times their scales. Softmax weights are integers e_t, 8191 for
// the highest score, and values are summed with integer coefficients c_t = e_t sv_t / max sv:
// both sums are exact, whatever their order. It panics where sq times the greatest sk is 2^90 or more:
// scores could be infinite.
func (c *Cache) Attend(out []float32, stride, group int, q []int8, sq []float32, next *Cache, s *AttendScratch) {
	a := newQueries(out, stride, group, len(sq), c.positions, c.width)
	sameLength("Attend", len(q), a.n*c.width)
	for r, t := 0, a.reads(0); r < a.n; r, t = r+group, t+1 {
		if most, sk := slices.Max(sq[r:r+group]), c.kMost[t-1]; float32(most*sk) >= 0x1p90 {
			panic(NotFinite(fmt.Sprintf("kernels: Attend: scales of query and key %v and %v, want a product below 2^90", most, sk)))
		}
	}
	s.grow(c.positions, c.padded)
	s.next = c.k
	if next != nil && next.k != nil {
		s.next = next.k
	}
	active.attend(a, q, sq, c, s)
}

func attendGeneric(a queries, q []int8, sq []float32, c *Cache, s *AttendScratch) {
	for r := range a.n {
		c.attendOne(a.row(r), q[r*c.width:][:c.width], sq[r], a.reads(r), s)
	}
}

// attendOne computes what a query reads from the first n positions.
func (c *Cache) attendOne(out []float32, q []int8, sq float32, n int, s *AttendScratch) {
	root := c.bitsPerProduct()
	scores, highest := s.score[:n], float32(-math.MaxFloat32)
	for t := range scores {
		scores[t] = float32(float32(c.dot(q, t)) * float32(float32(sq*c.kScale[t])*root))
		highest = max(highest, scores[t])
	}
	share := c.sharesUpTo(n, s)
	coeff := s.coeff[:n]
	var z int64
	for t, score := range scores {
		e := round(float32(weightOne * exp2(score-highest)))
		z += int64(e)
		coeff[t] = int16(round(float32(float32(e) * share[t])))
	}
	total := s.total[:c.width]
	clear(total)
	for t, x := range coeff {
		v := c.v[c.valueAt(t, 0):]
		for i := range total {
			total[i] += int64(x) * int64(v[2*i])
		}
	}
	last := c.vMost[n-1] / float32(z)
	for i, sum := range total {
		out[i] = float32(float32(sum) * last)
	}
}

// bitsPerProduct is what a product of query and key weighs in scores, which are in bits: log2 e / sqrt K.
func (c *Cache) bitsPerProduct() float32 { return float32(inverseRoot(float32(c.width)) * log2e) }

// dot is the exact product of a query and the key of position t.
func (c *Cache) dot(q []int8, t int) (sum int32) {
	k := c.k[c.keyAt(t, 0):]
	for i, x := range q {
		sum += int32(x) * int32(k[i/2*2*cachePanel+i%2])
	}
	return sum
}

// sharesUpTo is the scales of the first n values in parts of the greatest of them.
func (c *Cache) sharesUpTo(n int, s *AttendScratch) []float32 {
	greatest := c.vMost[n-1]
	if greatest == c.vMost[c.positions-1] {
		return c.vShare
	}
	shares(s.share[:n], c.vScale, greatest)
	return s.share
}
