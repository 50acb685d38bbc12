package kernels

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// floatProduct is what docs/numerics.md says, "Products of floats", to the letter.
func floatProduct(w, x, bias []float32, rows, cols, n int) []float32 {
	y := make([]float32, n*rows)
	for r := range n {
		for o := range rows {
			var s float32
			for i, v := range x[r*cols:][:cols] {
				s = s + float32(v*w[o*cols+i])
			}
			y[r*rows+o] = s + bias[o]
		}
	}
	return y
}

// TestFloatMatrix has all widths, and many heights and numbers of rows.
func TestFloatMatrix(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(27, 28))
		for cols := 1; cols <= 130; cols++ {
			for _, rows := range []int{1 + cols*7%40, 16, 48} {
				n := 1 + (cols*5+rows)%13
				w, x, bias := awkwardProducts(r, rows*cols), awkwardProducts(r, n*cols), floats(r, rows, 1)
				if cols%3 == 0 {
					clear(bias)
				}
				want := floatProduct(w, x, bias, rows, cols, n)
				y := guarded[float32](t, n*rows, cols%9)
				m := NewFloatMatrix(w, rows, cols)
				clear(w) // NewFloatMatrix has copied it
				b := place(t, bias, cols%5)
				if cols%3 == 0 {
					b = nil
				}
				m.Mul(y, place(t, x, cols%16), b, n)
				equal(t, fmt.Sprintf("%d rows times %d rows of %d", n, rows, cols), y, want)
			}
		}
	})
}

// awkwardProducts are of all sizes that have finite products, with zeros of both signs, and subnormal products.
func awkwardProducts(r *rand.Rand, n int) []float32 {
	x := floats(r, n, 1)
	for i := range x {
		switch r.IntN(8) {
		case 0:
			x[i] *= 1e18
		case 1:
			x[i] *= 1e-20
		case 2:
			x[i] *= 0
		}
	}
	return x
}

// TestFloatMatrixBlocks has more rows and longer ones than are taken at once.
func TestFloatMatrixBlocks(t *testing.T) {
	type product struct {
		n, rows, cols    int
		w, x, bias, want []float32
	}
	products := []product{
		{n: 191, rows: 67, cols: 9}, {n: 1, rows: 64, cols: 1500}, {n: 6, rows: 40, cols: 2051}, {n: 7, rows: 66, cols: 255},
		{n: 7, rows: 66, cols: 256}, {n: 7, rows: 66, cols: 257}, {n: 64, rows: 33, cols: 1024}, {n: 13, rows: 16, cols: 513},
	}
	r := rand.New(rand.NewPCG(29, 30))
	for i := range products {
		p := &products[i]
		p.w, p.x, p.bias = floats(r, p.rows*p.cols, 1), floats(r, p.n*p.cols, 1), floats(r, p.rows, 1)
		p.want = floatProduct(p.w, p.x, p.bias, p.rows, p.cols, p.n)
	}
	testImplementations(t, func(t *testing.T) {
		for _, p := range products {
			y := guarded[float32](t, p.n*p.rows, 3)
			NewFloatMatrix(p.w, p.rows, p.cols).Mul(y, p.x, p.bias, p.n)
			equal(t, fmt.Sprintf("%d rows times %d rows of %d", p.n, p.rows, p.cols), y, p.want)
		}
	})
}

func TestFloatMatrixPanics(t *testing.T) {
	m := NewFloatMatrix(make([]float32, 6), 2, 3)
	for name, f := range map[string]func(){
		"no rows":    func() { NewFloatMatrix(nil, 0, 3) },
		"w short":    func() { NewFloatMatrix(make([]float32, 5), 2, 3) },
		"no x":       func() { m.Mul(nil, nil, nil, 0) },
		"x short":    func() { m.Mul(make([]float32, 4), make([]float32, 5), nil, 2) },
		"y short":    func() { m.Mul(make([]float32, 3), make([]float32, 6), nil, 2) },
		"bias short": func() { m.Mul(make([]float32, 4), make([]float32, 6), make([]float32, 1), 2) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}

// BenchmarkFloatMatrix reports the rate in GMAC/s, of which BenchmarkFloatPeak is the bound.
func BenchmarkFloatMatrix(b *testing.B) {
	for _, name := range Implementations() {
		for _, shape := range [][2]int{{576, 576}, {1536, 576}, {576, 1536}, {2048, 8192}, {49152, 576}} {
			for _, n := range []int{1, 8, 16, 64} {
				if name == "generic" && (n < 64 || shape[0] > 1536 || shape[1] > 1536) {
					continue
				}
				b.Run(fmt.Sprintf("kernel=%s/outputs=%d/inputs=%d/rows=%d", name, shape[0], shape[1], n), func(b *testing.B) {
					defer Use(active.name)
					Use(name)
					r := rand.New(rand.NewPCG(1, 2))
					o, i := shape[0], shape[1]
					m := NewFloatMatrix(floats(r, o*i, 1), o, i)
					x, y, bias := floats(r, n*i, 1), make([]float32, n*o), make([]float32, o)
					for b.Loop() {
						m.Mul(y, x, bias, n)
					}
					b.ReportMetric(float64(b.N)*float64(n*o*i)/float64(b.Elapsed().Nanoseconds()), "GMAC/s")
				})
			}
		}
	}
}
