package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestSplitOutliers(t *testing.T) {
	testLengths(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		size := []float32{5.9, 6.5, 20, 1e30}[n%4]
		x := floats(r, n, size)
		if n > 3 {
			x[n/2], x[n/3] = 6, -6 // these are outliers too
		}
		wantRest, wantOut, want := make([]float32, n), make([]float32, n), false
		for i, v := range x {
			if math.Abs(float64(v)) >= 6 {
				wantOut[i], want = v, true
			} else {
				wantRest[i] = v
			}
		}
		rest, out := guarded[float32](t, n, offset/2), guarded[float32](t, n, offset/3)
		if any := SplitOutliers(rest, out, place(t, x, offset), 6); any != want {
			t.Fatalf("%d elements: outliers %v, want %v", n, any, want)
		}
		equal(t, "rest", rest, wantRest)
		equal(t, "outliers", out, wantOut)
		same := place(t, x, offset)
		SplitOutliers(same, out, same, 6)
		equal(t, "rest in place", same, wantRest)
	})
}

// TestMulAdd compares with two products, some of whose second rows have a scale of 0.
func TestMulAdd(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(23, 24))
		for cols := 1; cols <= 130; cols++ {
			rows, n := 1+cols*7%40, 1+cols*5%13
			scale := scalesOf(r, rows)
			m := NewMatrix(integers(r, rows*cols), scale, rows, cols)
			x1, x2, s1, s2, bias := integers(r, n*cols), wideIntegers(r, n, cols), scalesOf(r, n), scalesOf(r, n), floats(r, rows, 1)
			for i := range s2 {
				if r.IntN(3) == 0 {
					s2[i] = 0
				}
			}
			if cols%20 == 0 {
				clear(s2)
			}
			want, second := make([]float32, n*rows), make([]float32, n*rows)
			m.Mul(want, x1, s1, bias, n)
			m.MulWide(second, x2, s2, nil, n)
			for i := range want {
				if s2[i/rows] != 0 {
					want[i] += second[i]
				}
			}
			y := guarded[float32](t, n*rows, cols%9)
			m.Mul(y, place(t, x1, cols%16), s1, bias, n)
			m.MulAdd(y, place(t, x2, cols%11), s2, n)
			equal(t, fmt.Sprintf("%d rows times %d rows of %d", n, rows, cols), y, want)
		}
	})
}
