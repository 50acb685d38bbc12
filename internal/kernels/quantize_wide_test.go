package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// boundOf is A of docs/numerics.md for rows of n numbers.
func boundOf(n int) int64 {
	a := int64(2032)
	for a*127*int64(n) > math.MaxInt32 {
		a--
	}
	return a
}

func TestWideBound(t *testing.T) {
	for _, n := range []int{0, 1, 100, 8321, 8322, 9000, 20000, MaxCols - 1, MaxCols} {
		if a := int64(wideBound(n)); a != boundOf(n) {
			t.Errorf("of %d numbers: %d, want %d", n, a, boundOf(n))
		}
	}
	if wideBound(8321) != 2032 || wideBound(8322) != 2031 || wideBound(MaxCols) != 127 {
		t.Error("the examples of QuantizeWide do not hold")
	}
}

func TestQuantizeWide(t *testing.T) {
	testLengths(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		x := floats(r, n, float32(math.Ldexp(1, r.IntN(250)-125)))
		if n%3 == 0 {
			x = awkward(r, n)
		}
		if n%16 == 5 {
			clear(x)
		}
		checkWide(t, x, offset)
	})
}

func TestQuantizeWideLong(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(27, 28))
		for _, n := range []int{8320, 8321, 8328, 9000, 20000, MaxCols, MaxCols - 8} {
			x := floats(r, n, 5)
			for i := range x {
				if i%7 == 0 {
					x[i] = 5
				}
			}
			checkWide(t, x, n%16)
		}
	})
}

// checkWide compares QuantizeWide with the definition, and what it gives with x.
func checkWide(t *testing.T, x []float32, offset int) {
	n, most := len(x), boundOf(len(x))
	var a float32
	for _, v := range x {
		a = max(a, v, -v)
	}
	var scale, inverse float32
	if a >= 0x1p-100 {
		scale, inverse = a/float32(most), float32(most)/a
	}
	q := guarded[int16](t, n, offset)
	if s := QuantizeWide(q, place(t, x, offset)); s != scale {
		t.Fatalf("%d elements: scale %v, want %v", n, s, scale)
	}
	for i, v := range x {
		if want := math.RoundToEven(float64(float32(v * inverse))); float64(q[i]) != want {
			t.Fatalf("element %d of %d: %d, want %v", i, n, q[i], want)
		}
		if q := int64(q[i]); q > most || q < -most {
			t.Fatalf("element %d of %d: %d, want at most %d", i, n, q, most)
		}
		if e := math.Abs(float64(v) - float64(q[i])*float64(scale)); e > float64(scale)*0.5005+0x1p-100 {
			t.Fatalf("element %d of %d: %d times %v for %v", i, n, q[i], scale, v)
		}
	}
}

// TestQuantizeWideMost has rows whose greatest is any of many floats: it becomes A, however the inverse is rounded.
func TestQuantizeWideMost(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(29, 30))
		x, q := make([]float32, 16), make([]int16, 16)
		for range 20000 {
			a := math.Float32frombits(r.Uint32N(0x7f800000-0x0d800000) + 0x0d800000) // 2^-100 and more
			x[3], x[9] = a, -a
			if QuantizeWide(q, x); q[3] != 2032 || q[9] != -2032 {
				t.Fatalf("%v and %v become %d and %d, want 2032 and -2032", a, -a, q[3], q[9])
			}
		}
	})
}

func TestQuantizeWideTies(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		x := []float32{2032, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2031.5}
		want := []int16{2032, 0, 2, 2, 0, -2, -2, 2032}
		q := make([]int16, len(x))
		if scale := QuantizeWide(q, x); scale != 1 || fmt.Sprint(q) != fmt.Sprint(want) {
			t.Errorf("%v times %v, want %v", q, scale, want)
		}
	})
}

func TestQuantizeWidePanics(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		panics := func(what string, x []float32) {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", what)
				}
			}()
			QuantizeWide(make([]int16, len(x)), x)
		}
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			for n := 1; n < 40; n++ {
				x := make([]float32, n)
				x[n*7%n] = float32(bad)
				x[n/2] = float32(bad)
				panics(fmt.Sprintf("%v among %d elements", bad, n), x)
			}
		}
		panics("too long", make([]float32, MaxCols+1))
	})
}
