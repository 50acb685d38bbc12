package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// awkward has zeros, powers, halves, and the ends of exp among random numbers.
func awkward(r *rand.Rand, n int) []float32 {
	x := floats(r, n, 8)
	special := []float32{0, float32(math.Copysign(0, -1)), 1, -1, 0.5, -0.5, 1e-30, -1e-30, 1e-42, 87, -87, -88, 88.5, 1e6, -1e6, 3.4e9}
	for i := range x {
		if r.IntN(4) == 0 {
			x[i] = special[r.IntN(len(special))]
		}
	}
	return x
}

// testLengths runs a test for lengths 0 to 130, each at another offset.
func testLengths(t *testing.T, test func(t *testing.T, r *rand.Rand, n, offset int)) {
	testImplementations(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		for n := 0; n <= 130; n++ {
			test(t, r, n, (n*5+n/16)%16)
		}
	})
}

func TestQuantizeRow(t *testing.T) {
	testLengths(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		x := floats(r, n, float32(math.Ldexp(1, r.IntN(250)-125)))
		if n%3 == 0 {
			x = awkward(r, n)
		}
		if n%16 == 5 {
			clear(x)
		}
		want := make([]int8, n)
		wantScale := quantizeGeneric(want, x)
		q := guarded[int8](t, n, offset)
		scale := QuantizeRow(q, place(t, x, offset))
		if scale != wantScale {
			t.Fatalf("%d elements: scale %v, want %v", n, scale, wantScale)
		}
		var a float64
		for _, v := range x {
			a = max(a, math.Abs(float64(v)))
		}
		if a < 0x1p-100 {
			a = 0
		}
		if math.Abs(float64(scale)*127-a) > a*1e-6 {
			t.Fatalf("%d elements: scale %v for the greatest of %v", n, scale, a)
		}
		for i, v := range x {
			if q[i] != want[i] {
				t.Fatalf("element %d of %d: %d, want %d", i, n, q[i], want[i])
			}
			if e := math.Abs(float64(v) - float64(q[i])*float64(scale)); e > float64(scale)*0.50001+0x1p-100 {
				t.Fatalf("element %d of %d: %d times %v for %v", i, n, q[i], scale, v)
			}
		}
	})
}

func TestQuantizeTies(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		x := []float32{127, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 126.5}
		want := []int8{127, 0, 2, 2, 0, -2, -2, 126}
		q := make([]int8, len(x))
		if scale := QuantizeRow(q, x); scale != 1 || fmt.Sprint(q) != fmt.Sprint(want) {
			t.Errorf("%v times %v, want %v", q, scale, want)
		}
	})
}

func TestQuantizeNotFinite(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			for n := 1; n < 40; n++ {
				x := make([]float32, n)
				x[n*7%n] = float32(bad)
				func() {
					defer func() {
						if recover() == nil {
							t.Errorf("%v among %d elements: no panic", bad, n)
						}
					}()
					QuantizeRow(make([]int8, n), x)
				}()
			}
		}
	})
}

func TestLayerNorm(t *testing.T) {
	testLengths(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		x, gain, bias := floats(r, n, 100), floats(r, n, 2), floats(r, n, 2)
		want := make([]float32, n)
		if n > 0 {
			layerNormGeneric(want, x, gain, bias, 1e-5)
		}
		y := guarded[float32](t, n, offset)
		LayerNorm(y, place(t, x, offset/2), place(t, gain, offset/3), place(t, bias, 1), 1e-5)
		equal(t, "LayerNorm", y, want)
		same := place(t, x, offset)
		LayerNorm(same, same, gain, bias, 1e-5)
		equal(t, "LayerNorm in place", same, want)

		var mean, variance float64
		for _, v := range x {
			mean += float64(v) / float64(n)
		}
		for _, v := range x {
			variance += (float64(v) - mean) * (float64(v) - mean) / float64(n)
		}
		for i, v := range x {
			exact := (float64(v)-mean)/math.Sqrt(variance+1e-5)*float64(gain[i]) + float64(bias[i])
			if n > 1 && math.Abs(float64(y[i])-exact) > 1e-4 {
				t.Fatalf("element %d of %d: %v, in float64 %v", i, n, y[i], exact)
			}
		}
	})
}

func TestRMSNorm(t *testing.T) {
	testLengths(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		x, gain := floats(r, n, 100), floats(r, n, 2)
		want := make([]float32, n)
		if n > 0 {
			rmsNormGeneric(want, x, gain, 1e-5)
		}
		y := guarded[float32](t, n, offset)
		RMSNorm(y, place(t, x, offset/2), place(t, gain, offset/3), 1e-5)
		equal(t, "RMSNorm", y, want)
		same := place(t, x, offset)
		RMSNorm(same, same, gain, 1e-5)
		equal(t, "RMSNorm in place", same, want)

		var square float64
		for _, v := range x {
			square += float64(v) * float64(v) / float64(n)
		}
		for i, v := range x {
			exact := float64(v) / math.Sqrt(square+1e-5) * float64(gain[i])
			if math.Abs(float64(y[i])-exact) > 1e-6*(1+math.Abs(exact)) {
				t.Fatalf("element %d of %d: %v, in float64 %v", i, n, y[i], exact)
			}
		}
	})
}

func TestGELU(t *testing.T) {
	testLengths(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		x := awkward(r, n)
		y := place(t, x, offset)
		GELU(y)
		geluGeneric(x)
		equal(t, "GELU", y, x)
	})
}

func TestRotate(t *testing.T) {
	testLengths(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		x, cos, sin := floats(r, 2*n, 8), floats(r, n, 1), floats(r, n, 1)
		y := place(t, x, offset)
		Rotate(y, place(t, cos, offset/2), place(t, sin, offset/3))
		rotateGeneric(x, cos, sin)
		equal(t, "Rotate", y, x)
	})
}

// TestExp2Accuracy, TestGELUAccuracy and TestRotaryTable compare with float64.
func TestExp2Accuracy(t *testing.T) {
	for x := float32(-126); x <= 0; x += 0.00171 {
		want := math.Exp2(float64(x))
		if e := math.Abs(float64(exp2(x))-want) / want; e > 2.1e-7 {
			t.Fatalf("exp2(%v) = %v, want %v", x, exp2(x), want)
		}
	}
	for n := range 127 {
		if got, want := exp2(float32(-n)), float32(math.Ldexp(1, -n)); got != want {
			t.Errorf("exp2(%d) = %v, want %v", -n, got, want)
		}
	}
	for _, x := range []float32{-1e30, float32(math.Inf(-1))} {
		if exp2(x) != exp2(-126) {
			t.Errorf("exp2(%v) = %v, want %v", x, exp2(x), exp2(-126))
		}
	}
}

func TestGELUAccuracy(t *testing.T) {
	for x := float32(-12); x <= 12; x += 0.00137 {
		y := []float32{x}
		geluGeneric(y)
		want := float64(x) * 0.5 * math.Erfc(-float64(x)/math.Sqrt2)
		if e := math.Abs(float64(y[0]) - want); e > 4e-7+6e-8*math.Abs(want) {
			t.Fatalf("GELU(%v) = %v, want %v", x, y[0], want)
		}
	}
}

func TestRotaryTable(t *testing.T) {
	for _, c := range []struct {
		positions, d int
		base         float64
	}{{2048, 16, 10000}, {513, 32, 10000}, {100, 8, 1e6}, {70000, 4, 3.5}, {100, 2, 0.01}, {1, 0, 1}} {
		half := c.d / 2
		cos, sin := make([]float32, c.positions*half), make([]float32, c.positions*half)
		RotaryTable(cos, sin, c.positions, c.d, c.base, RotaryScaling{})
		for p := range c.positions {
			for i := range half {
				angle := float64(p) * math.Pow(c.base, -2*float64(i)/float64(c.d))
				cosine, sine := float64(cos[p*half+i]), float64(sin[p*half+i])
				if math.Abs(cosine-math.Cos(angle)) > 3.1e-8 || math.Abs(sine-math.Sin(angle)) > 3.1e-8 {
					t.Fatalf("base %v, width %d: position %d, angle %d: %v, %v, want %v, %v",
						c.base, c.d, p, i, cosine, sine, math.Cos(angle), math.Sin(angle))
				}
			}
		}
	}
}

func TestAdd(t *testing.T) {
	x := []float32{1, 2, 3}
	Add(x, []float32{0.5, 0.25, -4})
	equal(t, "Add", x, []float32{1.5, 2.25, -1})
}

func BenchmarkFloat(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	x, y, z := floats(r, 1024, 4), make([]float32, 1024), make([]float32, 1024)
	q, wide := make([]int8, 1024), make([]int16, 1024)
	for _, name := range Implementations() {
		for _, f := range []struct {
			name string
			n    int
			run  func()
		}{
			{"quantize", 32, func() { QuantizeRow(q[:32], x[:32]) }},
			{"quantize", 1024, func() { QuantizeRow(q, x) }},
			{"layernorm", 256, func() { LayerNorm(y[:256], x[:256], x[:256], x[:256], 1e-5) }},
			{"rmsnorm", 1024, func() { RMSNorm(y, x, x, 1e-5) }},
			{"gelu", 1024, func() { copy(z, x); GELU(z) }},
			{"geluTanh", 1024, func() { copy(z, x); GELUTanh(z) }},
			{"swiGLU", 1024, func() { copy(z, x); SwiGLU(z, x) }},
			{"quantizeWide", 1024, func() { QuantizeWide(wide, x) }},
			{"outliers", 1024, func() { SplitOutliers(y, z, x, 3.9) }},
			{"rotate", 8, func() { Rotate(y[:8], x[:4], x[4:8]) }},
		} {
			b.Run(fmt.Sprintf("kernel=%s/function=%s/n=%d", name, f.name, f.n), func(b *testing.B) {
				defer Use(active.name)
				Use(name)
				for b.Loop() {
					f.run()
				}
			})
		}
	}
}
