package kernels

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestSwiGLU(t *testing.T) {
	testLengths(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		gate, up := awkward(r, n), floats(r, n, 4)
		y := place(t, gate, offset)
		SwiGLU(y, place(t, up, offset/2))
		swiGLUGeneric(gate, up)
		equal(t, "SwiGLU", y, gate)
	})
}

func TestGELUTanh(t *testing.T) {
	testLengths(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		x := awkward(r, n)
		y := place(t, x, offset)
		GELUTanh(y)
		geluTanhGeneric(x)
		equal(t, "GELUTanh", y, x)
	})
}

// TestLogisticNaN: what is not a number stays so, for others to find.
func TestLogisticNaN(t *testing.T) {
	testLengths(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		if n == 0 {
			return
		}
		at := r.IntN(n)
		for name, f := range map[string]func(x []float32){"SwiGLU": func(x []float32) { SwiGLU(x, make([]float32, n)) }, "GELUTanh": GELUTanh} {
			x := make([]float32, n)
			x[at] = float32(math.NaN())
			f(x)
			if x[at] == x[at] {
				t.Fatalf("%s of NaN, element %d of %d, is %v", name, at, n, x[at])
			}
		}
	})
}

// The accuracies of docs/numerics.md.
func TestSiLUAccuracy(t *testing.T) {
	for x := float32(-64); x <= 100; x += 0.00137 {
		y := []float32{x}
		swiGLUGeneric(y, []float32{1})
		want := float64(x) / (1 + math.Exp(-float64(x)))
		limit := 2.1e-7 * want
		if x < 0 {
			limit = min((3.5e-7-8e-8*float64(x))*-want, 1.4e-7)
		}
		if e := math.Abs(float64(y[0]) - want); e > limit {
			t.Fatalf("SiLU(%v) = %v, want %v, the error is %.3g of it", x, y[0], want, e/math.Abs(want))
		}
	}
}

func TestGELUTanhAccuracy(t *testing.T) {
	for x := float32(-15); x <= 15; x += 0.000237 {
		y := []float32{x}
		geluTanhGeneric(y)
		v := float64(x)
		want := v / (1 + math.Exp(-2*math.Sqrt(2/math.Pi)*(v+0.044715*v*v*v)))
		if e := math.Abs(float64(y[0]) - want); e > 1.5e-7+1.5e-7*math.Abs(want) {
			t.Fatalf("GELUTanh(%v) = %v, want %v", x, y[0], want)
		}
	}
}

// TestLogisticEnds: the greatest floats give neither infinities nor more than 1e-25 below zero, and zeros keep their sign.
func TestLogisticEnds(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		negativeZero := float32(math.Copysign(0, -1))
		for name, f := range map[string]func(x []float32){
			"SiLU": func(x []float32) { SwiGLU(x, []float32{1, 1, 1, 1, 1, 1, 1, 1}) }, "GELUTanh": GELUTanh,
		} {
			x := []float32{math.MaxFloat32, -math.MaxFloat32, 1e20, -1e20, 1e10, -1e10, 0, negativeZero}
			y := append([]float32(nil), x...)
			f(y)
			for i := range x {
				if x[i] >= 0 && math.Float32bits(y[i]) != math.Float32bits(x[i]) || x[i] < 0 && !(y[i] <= 0 && y[i] > -1e-25) ||
					math.Signbit(float64(y[i])) != math.Signbit(float64(x[i])) {
					t.Errorf("%s(%v) = %v", name, x[i], y[i])
				}
			}
		}
	})
}
