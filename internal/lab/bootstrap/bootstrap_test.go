package bootstrap_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"lmz/internal/lab/bootstrap"
)

// autoregressive makes n numbers of mean 0, each rho times the one before and noise of variance 1.
func autoregressive(r *rand.Rand, n int, rho float64) []float64 {
	x := make([]float64, n)
	last := r.NormFloat64() / math.Sqrt(1-rho*rho)
	for i := range x {
		x[i] = last
		last = rho*last + r.NormFloat64()
	}
	return x
}

func repeated(n int, x float64) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = x
	}
	return list
}

// TestCoverage: the interval holds the true rate about 95 times of 100, for chunks that are alike their neighbours too.
func TestCoverage(t *testing.T) {
	const draws, n = 300, 500
	for _, c := range []struct{ rho, least, most float64 }{{0, 0.91, 0.98}, {0.5, 0.89, 0.98}, {0.8, 0.86, 0.98}} {
		r := rand.New(rand.NewPCG(3, uint64(c.rho*10)))
		held := 0
		for range draws {
			bits := autoregressive(r, n, c.rho)
			for i := range bits {
				bits[i] = 4000 + 200*bits[i]
			}
			low, high := bootstrap.Interval(bits, repeated(n, 2048))
			if low <= 4000.0/2048 && 4000.0/2048 <= high {
				held++
			}
		}
		if got := float64(held) / draws; got < c.least || got > c.most {
			t.Errorf("correlation %v: the interval holds the truth %v of the time, want %v to %v", c.rho, got, c.least, c.most)
		}
	}
}

func TestBlockLength(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		rho         float64
		least, most int
	}{{0, 1, 6}, {0.5, 5, 30}, {0.9, 20, 140}} {
		if got := bootstrap.BlockLength(autoregressive(r, 2048, c.rho)); got < c.least || got > c.most {
			t.Errorf("correlation %v: blocks of %d, want %d to %d", c.rho, got, c.least, c.most)
		}
	}
	for _, x := range [][]float64{{0}, {0, 0, 0}, {1, -1}, {1, -1, 1, -1, 1, -1, 1, -1, 1, -1}} {
		if got := bootstrap.BlockLength(x); got < 1 || got > len(x) {
			t.Errorf("%v: blocks of %d", x, got)
		}
	}
}

func TestInterval(t *testing.T) {
	if low, high := bootstrap.Interval(repeated(7, 1), repeated(7, 1)); !math.IsNaN(low) || !math.IsNaN(high) {
		t.Errorf("7 chunks: [%v, %v], want none", low, high)
	}
	if low, high := bootstrap.Interval(repeated(8, 3), repeated(8, 2)); low != 1.5 || high != 1.5 {
		t.Errorf("equal chunks: [%v, %v], want 1.5 and 1.5", low, high)
	}
	// The same chunks give the same interval, and the rate is a ratio of sums: a chunk of half the size counts half.
	bits, bytes := []float64{8, 8, 8, 8, 8, 8, 8, 8, 2}, []float64{4, 4, 4, 4, 4, 4, 4, 4, 1}
	low, high := bootstrap.Interval(bits, bytes)
	if low != 2 || high != 2 {
		t.Errorf("equal rates: [%v, %v], want 2 and 2", low, high)
	}
}

func BenchmarkInterval(b *testing.B) {
	x := autoregressive(rand.New(rand.NewPCG(1, 2)), 2048, 0.5)
	for b.Loop() {
		bootstrap.Interval(x, repeated(2048, 2048))
	}
}
