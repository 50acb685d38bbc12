package kernels

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// wideIntegers are n rows of cols numbers as QuantizeWide makes them.
func wideIntegers(r *rand.Rand, n, cols int) []int16 {
	x, most := make([]int16, n*cols), wideBound(cols)
	for i := range x {
		x[i] = int16(r.IntN(2*most+1) - most)
	}
	return x
}

// A wideProduct is arguments of MulWide, and what it is to give.
type wideProduct struct {
	n, rows, cols         int
	w                     []int8
	x                     []int16
	scale, sx, bias, want []float32
}

func newWideProduct(r *rand.Rand, n, rows, cols int) *wideProduct {
	return &wideProduct{
		n: n, rows: rows, cols: cols, w: integers(r, rows*cols), x: wideIntegers(r, n, cols),
		scale: scalesOf(r, rows), sx: scalesOf(r, n), bias: floats(r, rows, 1),
	}
}

// extreme makes the sums as large as they can be: of both signs, and of rows of either.
func (p *wideProduct) extreme() {
	most := int16(wideBound(p.cols))
	for i := range p.w {
		p.w[i] = 127
		if i/p.cols%2 == 1 {
			p.w[i] = -127
		}
	}
	for i := range p.x {
		p.x[i] = most
		if i/p.cols%3 == 1 {
			p.x[i] = -most
		}
	}
}

// define computes want by the definition.
func (p *wideProduct) define(t *testing.T) {
	p.want = make([]float32, p.n*p.rows)
	for i := range p.n {
		for o := range p.rows {
			var sum int64
			for c := range p.cols {
				sum += int64(p.x[i*p.cols+c]) * int64(p.w[o*p.cols+c])
			}
			if sum != int64(int32(sum)) {
				t.Fatalf("%d columns: the sum %d is too large for an int32", p.cols, sum)
			}
			p.want[i*p.rows+o] = float32(float32(sum)*float32(p.sx[i]*p.scale[o])) + p.bias[o]
		}
	}
}

func (p *wideProduct) check(t *testing.T, offset int) {
	t.Helper()
	m := NewMatrix(p.w, p.scale, p.rows, p.cols)
	y := guarded[float32](t, p.n*p.rows, offset)
	m.MulWide(y, place(t, p.x, offset*7%16), place(t, p.sx, offset*5%7), place(t, p.bias, offset*3%5), p.n)
	equal(t, fmt.Sprintf("%d rows times %d rows of %d", p.n, p.rows, p.cols), y, p.want)
}

// TestMulWide compares with the definition, for all widths and many heights and numbers of rows.
func TestMulWide(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(31, 32))
		for cols := 1; cols <= 130; cols++ {
			p := newWideProduct(r, 1+cols*5%13, 1+cols*7%40, cols)
			if cols%10 == 0 {
				p.extreme()
			}
			p.define(t)
			p.check(t, cols%9)
			if cols%3 == 0 { // without a bias
				clear(p.bias)
				p.define(t)
				y := guarded[float32](t, p.n*p.rows, cols%4)
				NewMatrix(p.w, p.scale, p.rows, cols).MulWide(y, p.x, p.sx, nil, p.n)
				equal(t, fmt.Sprintf("%d rows of %d without a bias", p.n, cols), y, p.want)
			}
		}
	})
}

// TestMulWideEach has every number that QuantizeWide gives, by itself, times some weights.
func TestMulWideEach(t *testing.T) {
	const most = 2032
	p := &wideProduct{n: 2*most + 1, rows: 5, cols: 1, w: []int8{127, -127, 1, -1, 0}, scale: []float32{1, 1, 1, 1, 1}, bias: make([]float32, 5)}
	for q := int16(-most); q <= most; q++ {
		p.x, p.sx = append(p.x, q), append(p.sx, 1)
	}
	p.define(t)
	testImplementations(t, func(t *testing.T) { p.check(t, 1) })
}

// TestMulWideLong has rows so long that the bound is below 2032, and sums at the limit of int32, and more rows and longer ones than an
// implementation takes at once.
func TestMulWideLong(t *testing.T) {
	r := rand.New(rand.NewPCG(33, 34))
	var products []*wideProduct
	for _, s := range [][3]int{{3, 2, 8321}, {2, 3, 8322}, {7, 2, 9000}, {6, 5, 20000}, {3, 2, MaxCols}, {1, 3, MaxCols - 5}} {
		p := newWideProduct(r, s[0], s[1], s[2])
		p.extreme()
		products = append(products, p)
	}
	for _, s := range [][3]int{{191, 67, 9}, {2, 64, 6145}, {7, 66, 2051}, {3, 65, 4096}, {97, 5, 2052}, {100, 64, 70}, {5, 65, 9000}} {
		products = append(products, newWideProduct(r, s[0], s[1], s[2]))
	}
	for _, p := range products {
		p.define(t)
	}
	testImplementations(t, func(t *testing.T) {
		for i, p := range products {
			p.check(t, i)
		}
	})
}

func TestMulWidePanics(t *testing.T) {
	m := NewMatrix(make([]int8, 4), make([]float32, 2), 2, 2)
	for name, f := range map[string]func(){
		"no rows":  func() { m.MulWide(nil, nil, nil, nil, 0) },
		"y short":  func() { m.MulWide(make([]float32, 3), make([]int16, 4), make([]float32, 2), nil, 2) },
		"x short":  func() { m.MulWide(make([]float32, 4), make([]int16, 3), make([]float32, 2), nil, 2) },
		"sx short": func() { m.MulWide(make([]float32, 4), make([]int16, 4), make([]float32, 1), nil, 2) },
		"bias":     func() { m.MulWide(make([]float32, 4), make([]int16, 4), make([]float32, 2), make([]float32, 1), 2) },
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

// BenchmarkMulWide has products of 8 and of 12 bits by turns, in GMAC/s as BenchmarkMul.
func BenchmarkMulWide(b *testing.B) {
	for _, name := range Implementations() {
		for _, shape := range [][2]int{{768, 256}, {256, 1024}, {576, 576}, {1536, 576}, {2048, 2048}} {
			for _, n := range []int{1, 8, 64} {
				if name == "generic" && n < 64 {
					continue
				}
				r := rand.New(rand.NewPCG(1, 2))
				o, i := shape[0], shape[1]
				run := func(bits int, mul func(m *Matrix, y, sx, bias []float32)) {
					b.Run(fmt.Sprintf("kernel=%s/outputs=%d/inputs=%d/rows=%d/bits=%d", name, o, i, n, bits), func(b *testing.B) {
						defer Use(active.name)
						Use(name)
						m := NewMatrix(integers(r, o*i), scalesOf(r, o), o, i)
						sx, y, bias := scalesOf(r, n), make([]float32, n*o), make([]float32, o)
						for b.Loop() {
							mul(m, y, sx, bias)
						}
						b.ReportMetric(float64(b.N)*float64(n*o*i)/float64(b.Elapsed().Nanoseconds()), "GMAC/s")
					})
				}
				x, wide := integers(r, n*i), wideIntegers(r, n, i)
				run(8, func(m *Matrix, y, sx, bias []float32) { m.Mul(y, x, sx, bias, n) })
				run(12, func(m *Matrix, y, sx, bias []float32) { m.MulWide(y, wide, sx, bias, n) })
			}
		}
	}
}
