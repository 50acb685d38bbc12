package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"lmz/internal/lab/gemm"
)

// TestAttendAgainstDefinition computes softmax(q k / sqrt(K)) v in float64, over more than two blocks.
func TestAttendAgainstDefinition(t *testing.T) {
	const length = 2*queryBlock + 7
	c := tiny
	d, k := c.Hidden, c.HeadWidth
	rng := rand.New(rand.NewPCG(5, 6))
	qkv := make([]float32, length*3*d)
	randomise(qkv, rng)
	for i := range qkv {
		qkv[i] *= 5 // so that the probabilities differ
	}
	rot := newRotary(c, length)
	want := make([]float64, length*d)
	for h := range c.Heads {
		part := func(pos, which int) []float32 { // query, key or value of a position
			x := append([]float32(nil), qkv[pos*3*d+(3*h+which)*k:][:k]...)
			if which < 2 {
				rot.rotate(x, pos, 1)
			}
			return x
		}
		for pos := range length {
			p, sum := make([]float64, pos+1), 0.0
			q := part(pos, 0)
			for i := range p {
				var score float64
				for j, x := range part(i, 1) {
					score += float64(x) * float64(q[j])
				}
				p[i] = math.Exp(score / math.Sqrt(float64(k)))
				sum += p[i]
			}
			for i := range p {
				for j, x := range part(i, 2) {
					want[pos*d+h*k+j] += p[i] / sum * float64(x)
				}
			}
		}
	}
	got := make([]float32, length*d)
	attend(gemm.Mul, got, make([]float32, c.Heads*length), qkv, make([]float32, queryBlock*length), c, rot, length)
	for i, x := range got {
		if math.Abs(float64(x)-want[i]) > 1e-5 {
			t.Fatalf("position %d, %d: %g, want %g", i/d, i%d, x, want[i])
		}
	}
}
