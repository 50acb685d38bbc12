package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestQuantizeRow2(t *testing.T) {
	testLengths(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		x := floats(r, n, float32(math.Ldexp(1, r.IntN(200)-80)))
		if n%16 == 5 {
			clear(x)
		}
		want1, want2, rest := make([]int8, n), make([]int8, n), make([]float32, n)
		wantS1 := quantizeGeneric(want1, x)
		for i, v := range x {
			rest[i] = v - float32(float32(want1[i])*wantS1)
		}
		wantS2 := quantizeGeneric(want2, rest)

		q1, q2, y := guarded[int8](t, n, offset), guarded[int8](t, n, offset/2), place(t, x, offset/3)
		s1, s2 := QuantizeRow2(q1, q2, y)
		if s1 != wantS1 || s2 != wantS2 {
			t.Fatalf("%d elements: scales %v, %v, want %v, %v", n, s1, s2, wantS1, wantS2)
		}
		equal(t, "residual", y, rest)
		for i, v := range x {
			if q1[i] != want1[i] || q2[i] != want2[i] {
				t.Fatalf("element %d of %d: %d, %d, want %d, %d", i, n, q1[i], q2[i], want1[i], want2[i])
			}
			two := float64(q1[i])*float64(s1) + float64(q2[i])*float64(s2)
			if e := math.Abs(float64(v) - two); e > float64(s1)/127*0.26+0x1p-100 {
				t.Fatalf("element %d of %d: %d times %v and %d times %v for %v", i, n, q1[i], s1, q2[i], s2, v)
			}
		}
	})
}

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

// TestMulAdd compares with two products, some of whose second rows are zero.
func TestMulAdd(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(23, 24))
		for cols := 1; cols <= 130; cols++ {
			rows, n := 1+cols*7%40, 1+cols*5%13
			scale := scalesOf(r, rows)
			m := NewMatrix(integers(r, rows*cols), scale, rows, cols)
			x1, x2, s1, s2, bias := integers(r, n*cols), integers(r, n*cols), scalesOf(r, n), scalesOf(r, n), floats(r, rows, 1)
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
			m.Mul(second, x2, s2, nil, n)
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

// TestTwoSteps: two steps come near the product of floats.
func TestTwoSteps(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 26))
	const rows, cols = 20, 300
	w, scale, x := integers(r, rows*cols), scalesOf(r, rows), floats(r, cols, 3)
	exact := make([]float64, rows)
	for o := range exact {
		for i, v := range x {
			exact[o] += float64(v) * float64(w[o*cols+i]) * float64(scale[o])
		}
	}
	q1, q2, y := make([]int8, cols), make([]int8, cols), make([]float32, rows)
	s1, s2 := QuantizeRow2(q1, q2, x)
	m := NewMatrix(w, scale, rows, cols)
	m.Mul(y, q1, []float32{s1}, nil, 1)
	m.MulAdd(y, q2, []float32{s2}, 1)
	for o, want := range exact {
		if e := math.Abs(float64(y[o]) - want); e > 127*float64(scale[o])*3*math.Sqrt(cols)/(127*254)*2 {
			t.Errorf("output %d is %v, in float64 %v", o, y[o], want)
		}
	}
}
