package gemm

import (
	"math"
	"math/rand/v2"
	"testing"

	"lmz/internal/amx"
)

// TestMulBFloat16: the product is that of rounded values, summed in float32, wherever it is computed.
func TestMulBFloat16(t *testing.T) {
	t.Run("here", func(t *testing.T) { testBFloat16(t, MulBFloat16) })
	t.Run("portable", func(t *testing.T) { testBFloat16(t, mulRounded) })
}

func testBFloat16(t *testing.T, mul Product) {
	r := rand.New(rand.NewPCG(1, 2))
	sizes := []int{0, 1, 2, 15, 16, 17, 31, 32, 33, 64, 97, 130, 257, 300, 530, 1100}
	cases := 300
	if testing.Short() {
		cases = 30
	}
	for range cases {
		m, n, k := sizes[r.IntN(len(sizes))], sizes[r.IntN(len(sizes))], sizes[r.IntN(len(sizes))]
		transA, transB, accumulate := r.IntN(2) == 0, r.IntN(2) == 0, r.IntN(2) == 0
		lda, ldb, ldc := pick(transA, m, k)+r.IntN(5), pick(transB, k, n)+r.IntN(5), n+r.IntN(5)
		a, allA := guarded(r, pick(transA, k, m)*lda)
		b, allB := guarded(r, pick(transB, n, k)*ldb)
		c, allC := guarded(r, m*ldc)
		was := append([]float32(nil), c...)
		mul(transA, transB, m, n, k, a, lda, b, ldb, accumulate, c, ldc)
		a, b = rounded(1, len(a), a, len(a)), rounded(1, len(b), b, len(b))
		for range 200 {
			if m*ldc == 0 {
				break
			}
			i, j := r.IntN(m), r.IntN(ldc)
			want, size := float64(was[i*ldc+j]), 0.0
			if j < n {
				if !accumulate {
					want = 0
				}
				for p := range k {
					x := float64(a[pick(transA, p*lda+i, i*lda+p)]) * float64(b[pick(transB, j*ldb+p, p*ldb+j)])
					want += x
					size += math.Abs(x)
				}
			}
			if got := float64(c[i*ldc+j]); math.Abs(got-want) > 1e-6*(size+math.Abs(want)) {
				t.Fatalf("m %d n %d k %d, trans %v %v, accumulate %v: C[%d,%d] is %g, want %g", m, n, k, transA, transB, accumulate, i, j, got, want)
			}
		}
		checkGuards(t, allA)
		checkGuards(t, allB)
		checkGuards(t, allC)
	}
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
