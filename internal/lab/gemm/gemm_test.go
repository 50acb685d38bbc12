package gemm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const guard = 1e30

// guarded gives n random values between others that must stay what they are.
func guarded(r *rand.Rand, n int) (inner, all []float32) {
	all = make([]float32, n+64)
	for i := range all {
		all[i] = guard
	}
	inner = all[32 : 32+n]
	for i := range inner {
		inner[i] = float32(r.NormFloat64())
	}
	return inner, all
}

func checkGuards(t *testing.T, all []float32) {
	t.Helper()
	for i := range 32 {
		if all[i] != guard || all[len(all)-1-i] != guard {
			t.Fatalf("wrote outside of the slice")
		}
	}
}

func each(t *testing.T, test func(t *testing.T)) {
	before := Implementations()[0]
	for _, name := range Implementations() {
		t.Run(name, func(t *testing.T) {
			if err := Use(name); err != nil {
				t.Fatal(err)
			}
			defer Use(before)
			test(t)
		})
	}
}

func TestMul(t *testing.T) {
	each(t, func(t *testing.T) { testProduct(t, Mul, func(x []float32) []float32 { return x }) })
}

// testProduct compares products of many shapes with the sum that they are defined by, of the factors as the product sees them.
func testProduct(t *testing.T, mul Product, seen func([]float32) []float32) {
	r := rand.New(rand.NewPCG(1, 2))
	sizes := []int{0, 1, 2, 5, 6, 7, 12, 13, 15, 16, 17, 31, 32, 33, 64, 97, 130, 257, 300, 530, 1100}
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
		was := slices.Clone(c)
		mul(transA, transB, m, n, k, a, lda, b, ldb, accumulate, c, ldc)
		a, b = seen(a), seen(b)
		step := 1 + m*ldc*k/1_000_000 // of large products, some entries
		for at := r.IntN(step); at < m*ldc; at += 1 + r.IntN(2*step-1) {
			i, j := at/ldc, at%ldc
			want, size := float64(was[at]), 0.0
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
			if got := float64(c[at]); math.Abs(got-want) > 1e-6*(size+math.Abs(want)) {
				t.Fatalf("m %d n %d k %d, trans %v %v, accumulate %v: C[%d,%d] is %g, want %g", m, n, k, transA, transB, accumulate, i, j, got, want)
			}
		}
		checkGuards(t, allA)
		checkGuards(t, allB)
		checkGuards(t, allC)
	}
}

// TestPeak: the result is proportional to the steps, and the loop runs: no processor makes 1000
// multiply-adds in a nanosecond.
func TestPeak(t *testing.T) {
	each(t, func(t *testing.T) {
		if n := Peak(0); n != 0 {
			t.Errorf("no steps are %d multiply-adds", n)
		}
		one, start := Peak(1), time.Now()
		n := Peak(1000000)
		if ns := time.Since(start).Nanoseconds(); one < 1 || n != 1000000*one || n > 1000*ns {
			t.Errorf("a step is %d multiply-adds, a million of them %d in %d ns", one, n, ns)
		}
	})
}

func TestMulRefusesShortSlices(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a product that does not fit did not panic")
		}
	}()
	Mul(false, false, 2, 2, 2, make([]float32, 4), 2, make([]float32, 3), 2, false, make([]float32, 4), 2)
}

func TestVectors(t *testing.T) {
	near := func(t *testing.T, what string, got float32, want float64) {
		t.Helper()
		if math.Abs(float64(got)-want) > 2e-6*(1+math.Abs(want)) {
			t.Fatalf("%s is %g, want %g", what, got, want)
		}
	}
	each(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		for n := range 131 {
			x, allX := guarded(r, n)
			y, allY := guarded(r, n)
			for i := range x {
				x[i] *= 4
			}
			was, wasY := append([]float32(nil), x...), append([]float32(nil), y...)

			Add(y, x)
			for i := range y {
				near(t, "Add", y[i], float64(was[i])+float64(wasY[i]))
			}

			GELU(y, x)
			for i, v := range was {
				near(t, "GELU", y[i], float64(v)*0.5*math.Erfc(-float64(v)/math.Sqrt2))
			}

			copy(y, wasY)
			GELUBackward(y, y, x)
			for i, v := range was {
				z := float64(v)
				slope := 0.5*math.Erfc(-z/math.Sqrt2) + z*math.Exp(-z*z/2)/math.Sqrt(2*math.Pi)
				near(t, "GELUBackward", y[i], slope*float64(wasY[i]))
			}

			logSum, again := Softmax(x), append([]float32(nil), was...)
			SoftmaxAgain(again, logSum)
			var sum float64
			for _, v := range was {
				sum += math.Exp(float64(v))
			}
			if n > 0 {
				near(t, "the logarithm of the sum", logSum, math.Log(sum))
			}
			var dot float64
			for i, v := range was {
				near(t, "Softmax", x[i], math.Exp(float64(v))/sum)
				near(t, "SoftmaxAgain", again[i], math.Exp(float64(v))/sum)
				dot += float64(x[i]) * float64(wasY[i])
			}

			copy(y, wasY)
			SoftmaxBackward(y, x)
			for i := range y {
				near(t, "SoftmaxBackward", y[i], float64(x[i])*(float64(wasY[i])-dot))
			}
			checkGuards(t, allX)
			checkGuards(t, allY)
		}
		extremes := []float32{-1e30, 3, -200, 3, 1, -88, 3, -50, -20}
		Softmax(extremes)
		for i, want := range []float64{0, 0.3186, 0, 0.3186, 0.0431, 0, 0.3186, 0, 0} {
			if math.Abs(float64(extremes[i])-want) > 1e-3 {
				t.Errorf("Softmax of extremes [%d] is %g, want %g", i, extremes[i], want)
			}
		}
	})
}

func TestLayerNorm(t *testing.T) {
	near := func(t *testing.T, n int, what string, got float32, want float64) {
		t.Helper()
		if math.Abs(float64(got)-want) > 2e-5*(1+math.Abs(want)) {
			t.Fatalf("%d values: %s is %g, want %g", n, what, got, want)
		}
	}
	each(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		for n := 1; n < 131; n++ {
			const eps = 1e-5
			var rows, all [7][]float32 // x, gain, bias, y; dy, dx, dGain
			for i := range rows {
				rows[i], all[i] = guarded(r, n)
			}
			x, gain, bias, y, dy, dx, dGain := rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], rows[6]
			dBias, allBias := guarded(r, n)
			dx0, dGain0, dBias0 := slices.Clone(dx), slices.Clone(dGain), slices.Clone(dBias)

			gotMean, gotRstd := LayerNorm(y, x, gain, bias, eps)
			var mean, variance, sum, sumHat float64
			for _, v := range x {
				mean += float64(v) / float64(n)
			}
			for _, v := range x {
				variance += (float64(v) - mean) * (float64(v) - mean) / float64(n)
			}
			rstd := 1 / math.Sqrt(variance+eps)
			hat := func(i int) float64 { return (float64(x[i]) - mean) * rstd }
			for i := range x {
				sum += float64(dy[i]) * float64(gain[i]) / float64(n)
				sumHat += float64(dy[i]) * float64(gain[i]) * hat(i) / float64(n)
			}
			near(t, n, "the mean", gotMean, mean)
			if n > 1 { // of one value, the deviation is nothing
				near(t, n, "1/deviation", gotRstd/float32(rstd), 1)
			}
			LayerNormBackward(dx, dGain, dBias, dy, x, gain, gotMean, gotRstd)
			for i := range x {
				near(t, n, "y", y[i], hat(i)*float64(gain[i])+float64(bias[i]))
				near(t, n, "dBias", dBias[i], float64(dBias0[i])+float64(dy[i]))
				near(t, n, "dGain", dGain[i], float64(dGain0[i])+float64(dy[i])*hat(i))
				if n > 2 { // of two values, the deviation cancels all but rounding
					near(t, n, "dx", dx[i], float64(dx0[i])+rstd*(float64(dy[i])*float64(gain[i])-sum-hat(i)*sumHat))
				}
			}
			for _, a := range append(all[:], allBias) {
				checkGuards(t, a)
			}
		}
	})
}

// benchmarkProduct takes the shapes of a layer 192 wide: a linear layer forward, its weights' gradient, and the two products of a
// head's attention.
func benchmarkProduct(b *testing.B, name string, mul Product) {
	for _, s := range []struct {
		transA, transB bool
		m, n, k        int
	}{{false, true, 512, 768, 192}, {true, false, 768, 192, 512}, {false, true, 128, 512, 32}, {false, false, 128, 32, 512}} {
		b.Run(fmt.Sprintf("%s/%v-%v/%dx%dx%d", name, s.transA, s.transB, s.m, s.n, s.k), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 2))
			x, _ := guarded(r, s.m*s.k)
			y, _ := guarded(r, s.n*s.k)
			z := make([]float32, s.m*s.n)
			for b.Loop() {
				mul(s.transA, s.transB, s.m, s.n, s.k, x, pick(s.transA, s.m, s.k), y, pick(s.transB, s.k, s.n), false, z, s.n)
			}
			b.ReportMetric(float64(s.m*s.n*s.k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
		})
	}
}

func BenchmarkMul(b *testing.B) {
	before := Implementations()[0]
	defer Use(before)
	for _, name := range Implementations() {
		Use(name)
		benchmarkProduct(b, name, Mul)
		b.Run(name+"/peak", func(b *testing.B) {
			var multiplyAdds int64
			for b.Loop() {
				multiplyAdds += Peak(10000)
			}
			b.ReportMetric(float64(multiplyAdds)/b.Elapsed().Seconds()/1e9, "GMAC/s")
		})
	}
}
