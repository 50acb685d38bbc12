package gemm

import (
	"math"
	"math/rand/v2"
	"testing"

	"lmz/internal/amx"
)

// TestMulBFloat16: the product is that of rounded values, summed in float32, wherever it is computed.
func TestMulBFloat16(t *testing.T) {
	seen := func(x []float32) []float32 { return rounded(1, len(x), x, len(x)) }
	t.Run("here", func(t *testing.T) { testProduct(t, MulBFloat16, seen) })
	t.Run("portable", func(t *testing.T) { testProduct(t, mulRounded, seen) })
}

func TestRounded(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	values := []float32{0, 1, -1, 1.00390625, 1.01171875, 1.004, 3.4e38, inf, -inf, nan}
	want := []float32{0, 1, -1, 1, 1.015625, 1.0078125, inf, inf, -inf, nan}
	for i, got := range rounded(1, len(values), values, len(values)) {
		if got != want[i] && (got == got || want[i] == want[i]) {
			t.Errorf("%g is rounded to %g, want %g", values[i], got, want[i])
		}
	}
}

// TestMulBFloat16Alike: with AMX or without, the same values are rounded the same way.
func TestMulBFloat16Alike(t *testing.T) {
	if !amx.Available() {
		t.Skip("this processor has no AMX, or the system does not let it be used")
	}
	r := rand.New(rand.NewPCG(3, 4))
	const n = 64
	one := make([]float32, n*n)
	for i := range n {
		one[i*n+i] = 1
	}
	x := make([]float32, n*n)
	for i := range x {
		x[i] = math.Float32frombits(r.Uint32()&0x807fffff | uint32(1+r.IntN(253))<<23)
	}
	want := rounded(n, n, x, n)
	for _, transA := range []bool{false, true} {
		for _, transB := range []bool{false, true} {
			got := make([]float32, n*n)
			MulBFloat16(transA, transB, n, n, n, x, n, one, n, false, got, n)
			for i := range n {
				for j := range n {
					if w := want[pick(transA, j*n+i, i*n+j)]; got[i*n+j] != w {
						t.Fatalf("trans %v %v: %g is rounded to %g, want %g", transA, transB, x[pick(transA, j*n+i, i*n+j)], got[i*n+j], w)
					}
				}
			}
		}
	}
}

func BenchmarkMulBFloat16(b *testing.B) { benchmarkProduct(b, "bfloat16", MulBFloat16) }
