package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// softmaxLogits are of many spreads, with ties, zeros of both signs and the greatest floats among them.
func softmaxLogits(r *rand.Rand, n int) []float32 {
	spread := []float32{0, 1e-6, 1, 8, 40, 1e20, 3e38}[r.IntN(7)]
	x := floats(r, n, spread)
	special := []float32{0, float32(math.Copysign(0, -1)), spread, -spread, 3e38, -3e38, math.MaxFloat32, -math.MaxFloat32, 1e-42, -20.7, -20.8}
	special = special[:2+r.IntN(len(special)-1)]
	share := 1 + r.IntN(40)
	for i := range x {
		if r.IntN(share) == 0 {
			x[i] = special[r.IntN(len(special))]
		}
	}
	return x
}

// checkSoftmax compares SoftmaxWeights, in guarded memory, with its definition.
func checkSoftmax(t *testing.T, x []float32, offset int) {
	t.Helper()
	n := len(x)
	const guard = 4
	weights := make([]uint32, offset+n+2*guard)
	before := make([]uint64, (n+SoftmaxBlock-1)/SoftmaxBlock+1+2*guard)
	for i := range weights {
		weights[i] = 77
	}
	for i := range before {
		before[i] = 77
	}
	w, b := weights[guard+offset:][:n], before[guard:len(before)-guard]
	mode := SoftmaxWeights(w, b, place(t, x, offset))
	for i, v := range weights {
		if (i < guard+offset || i >= guard+offset+n) && v != 77 {
			t.Fatalf("weight %d of %d was written", i-guard-offset, n)
		}
	}
	for i, v := range before {
		if (i < guard || i >= len(before)-guard) && v != 77 {
			t.Fatalf("sum %d of %d was written", i-guard, len(b))
		}
	}

	want := 0
	for i := range x {
		if x[i] > x[want] {
			want = i
		}
	}
	if mode != want || w[mode] != SoftmaxOne {
		t.Fatalf("the mode of %d logits is %d, with weight %d; want %d, with %d", n, mode, w[mode], want, SoftmaxOne)
	}
	var sum uint64
	for i := range x {
		if i%SoftmaxBlock == 0 && b[i/SoftmaxBlock] != sum {
			t.Fatalf("before weight %d of %d: sum %d, want %d", i, n, b[i/SoftmaxBlock], sum)
		}
		if e := math.Trunc(float64(exp2(float32((x[i]-x[mode])*log2e))) * SoftmaxOne); float64(w[i]) != e {
			t.Fatalf("weight %d of %d is %d, want %v", i, n, w[i], e)
		}
		if e := SoftmaxOne * math.Exp(float64(x[i]-x[mode])); math.Abs(float64(w[i])-e) > 1+2e-6*e {
			t.Fatalf("weight %d of %d is %d, in float64 %v", i, n, w[i], e)
		}
		sum += uint64(w[i])
	}
	if b[len(b)-1] != sum {
		t.Fatalf("the sum of %d weights is %d, want %d", n, b[len(b)-1], sum)
	}
}

func TestSoftmaxWeights(t *testing.T) {
	testLengths(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		for range 20 {
			if n > 0 {
				checkSoftmax(t, softmaxLogits(r, n), offset)
			}
		}
	})
	testImplementations(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(7, 8))
		for _, n := range []int{255, 256, 257, 300, 1000, 4097, 50304, 65535, 65536, 131072, 262143, 262144} {
			checkSoftmax(t, softmaxLogits(r, n), n%16)
			checkSoftmax(t, make([]float32, n), 0) // the greatest sum, and ties everywhere
		}
	})
}

// TestSoftmaxMode has the highest logit, and its lowest index, in every place.
func TestSoftmaxMode(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		for n := 1; n <= 130; n++ {
			for i := range n {
				x := make([]float32, n)
				for j := range x {
					x[j] = -math.MaxFloat32
				}
				x[i], x[(i+n)/2], x[n-1] = 0, float32(math.Copysign(0, -1)), 0
				checkSoftmax(t, x, i%8)
				x[i] = 1e-45 // of weight 2^30 like its rivals, and yet the mode
				checkSoftmax(t, x, i%8)
			}
		}
		// Long ones are searched by pieces.
		for _, i := range []int{8191, 8192, 16383, 16384, 20010} {
			x := make([]float32, 20011)
			x[i], x[len(x)-1] = 1, 1
			checkSoftmax(t, x, i%8)
		}
	})
}

func TestSoftmaxNotFinite(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		for _, bad := range []uint32{0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff, 0x7f800000, 0xff800000} {
			for n := 1; n <= 80; n++ {
				for i := range n {
					x := make([]float32, n)
					x[i] = math.Float32frombits(bad)
					func() {
						defer func() {
							e, ok := recover().(NotFinite)
							if want := fmt.Sprintf("logit %d is %v,", i, x[i]); !ok || !strings.Contains(string(e), want) {
								t.Fatalf("panic %q of %d logits, want one that says %q", e, n, want)
							}
						}()
						SoftmaxWeights(make([]uint32, n), make([]uint64, (n+SoftmaxBlock-1)/SoftmaxBlock+1), x)
					}()
				}
			}
		}
	})
}

func BenchmarkSoftmaxWeights(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, name := range Implementations() {
		for _, n := range []int{256, 300, 50304} {
			b.Run(fmt.Sprintf("kernel=%s/symbols=%d", name, n), func(b *testing.B) {
				defer Use(active.name)
				Use(name)
				x := floats(r, n, 10)
				weights, before := make([]uint32, n), make([]uint64, (n+SoftmaxBlock-1)/SoftmaxBlock+1)
				for b.Loop() {
					SoftmaxWeights(weights, before, x)
				}
			})
		}
	}
}

// TestExp2Order: where a greater number has the lesser power, it is by the last bit, and none is above 1. It looks where 2^n
// changes and round 0.
func TestExp2Order(t *testing.T) {
	for n := range 36 {
		middle := math.Float32bits(float32(float64(n) - 0.5))
		if n == 0 {
			middle = 1 << 15 // the least numbers
		}
		for b := middle - 1<<15; b < middle+1<<15; b++ {
			x, y := -math.Float32frombits(b+1), -math.Float32frombits(b)
			if float64(exp2(x)) > float64(exp2(y))*(1+0x1p-23) || exp2(y) > 1 {
				t.Fatalf("exp2(%v) = %v, exp2(%v) = %v", x, exp2(x), y, exp2(y))
			}
		}
	}
}
