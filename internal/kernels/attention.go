package kernels

import (
	"fmt"
	"math"
)

const (
	// weightOne is the softmax weight of the highest score. 8191 times 127 times sumPositions fits in an int32.
	weightOne    = 8191
	sumPositions = 2048
)

// AttendScratch is memory that Attend uses again from call to call. The zero value is ready.
// One goroutine uses it at a time.
type AttendScratch struct {
	query  []int16   // (K) the query, wider
	dot    []int32   // (T) products of query and keys
	score  []float32 // (T)
	weight []int32   // (T) e, in [0, weightOne]
	coeff  []int16   // (T) c, weights times the values' scales
	sum    []int32   // (K) of one block of positions
	total  []int64   // (K)
}

// grow makes room for t positions and k columns, and for vectors of up to 16 elements beyond.
func (s *AttendScratch) grow(t, k int) {
	if len(s.score) < t+16 {
		n := t + t/2 + 16
		s.dot, s.score, s.weight, s.coeff = make([]int32, n), make([]float32, n), make([]int32, n), make([]int16, n)
	}
	if len(s.sum) < k {
		s.query, s.sum, s.total = make([]int16, k), make([]int32, k), make([]int64, k)
	}
}

// Attend computes what one head reads for one query from T positions: softmax over t of (q.k_t / sqrt K),
// times v_t (Vaswani et al. 2017, arXiv 1706.03762, eq. 1). out is (K). The query q, (K), the keys k and the
// values v, (T, K), are int8 as QuantizeRow makes them, with scales sq, sk (T) and sv (T).
//
// Scores are exact integer products times their scales. Softmax weights are integers e_t, 8191 for
// the highest score, and values are summed with integer coefficients c_t = e_t sv_t / max sv:
// both sums are exact, whatever their order. It panics where sq times the greatest sk is 2^90 or more:
// scores could be infinite.
func Attend(out []float32, q []int8, sq float32, k []int8, sk []float32, v []int8, sv []float32, scratch *AttendScratch) {
	t, width := len(sk), len(q)
	sameLength("Attend", len(out), width)
	sameLength("Attend", len(k), t*width)
	sameLength("Attend", len(v), t*width)
	sameLength("Attend", len(sv), t)
	if t == 0 || width == 0 {
		clear(out)
		return
	}
	scratch.grow(t, width)
	active.attend(out, q, sq, k, sk, v, sv, scratch)
}

func attendGeneric(out []float32, q []int8, sq float32, k []int8, sk []float32, v []int8, sv []float32, s *AttendScratch) {
	checkScales(sq, largest(sk))
	width := len(q)
	dots := s.dot[:len(sk)]
	for t := range dots {
		dots[t] = dot(q, k[t*width:][:width])
	}
	scores := s.score[:len(sk)]
	highest := scale(scores, dots, sq, sk, inverseRoot(float32(width)))
	weights := s.weight[:len(sk)]
	z := softmax(weights, scores, highest)
	greatest := largest(sv)
	if greatest == 0 {
		clear(out)
		return
	}
	coeff := s.coeff[:len(sk)]
	coefficients(coeff, weights, sv, greatest)
	total := s.total[:width]
	clear(total)
	for t, c := range coeff {
		for i, x := range v[t*width:][:width] {
			total[i] += int64(c) * int64(x)
		}
	}
	last := greatest / float32(z)
	for i, sum := range total {
		out[i] = float32(float32(sum) * last)
	}
}

func checkScales(sq, sk float32) {
	if float32(sq*sk) >= 0x1p90 {
		panic(NotFinite(fmt.Sprintf("kernels: Attend: scales of query and key %v and %v, want a product below 2^90", sq, sk)))
	}
}

// scale writes the scores, dot_t * (sq sk_t / sqrt K), and returns the highest.
func scale(scores []float32, dots []int32, sq float32, sk []float32, inverseRootK float32) (highest float32) {
	highest = -math.MaxFloat32
	for t, d := range dots {
		scores[t] = float32(float32(d) * float32(float32(sq*sk[t])*inverseRootK))
		highest = max(highest, scores[t])
	}
	return highest
}

// softmax writes the integer weights, and returns their sum.
func softmax(weights []int32, scores []float32, highest float32) (z int64) {
	for t, score := range scores {
		weights[t] = round(float32(weightOne * exp(score-highest)))
		z += int64(weights[t])
	}
	return z
}

// coefficients writes weights times scales of values, of which greatest is the greatest.
func coefficients(coeff []int16, weights []int32, sv []float32, greatest float32) {
	for t, e := range weights {
		coeff[t] = int16(round(float32(float32(e) * float32(sv[t]/greatest))))
	}
}

// largest is the largest of scales, which are not negative.
func largest(scales []float32) (a float32) {
	for _, s := range scales {
		a = max(a, s)
	}
	return a
}
