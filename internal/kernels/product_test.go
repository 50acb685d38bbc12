package kernels

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// TestMul compares with the definition, for all widths and many heights and numbers of rows.
func TestMul(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		for cols := 1; cols <= 130; cols++ {
			rows, n := 1+cols*7%40, 1+cols*5%13
			w, x := integers(r, rows*cols), place(t, integers(r, n*cols), cols%16)
			if cols%10 == 0 { // the largest sums
				for i := range w {
					w[i] = -127
				}
				for i := range x {
					x[i] = 127
				}
			}
			scale, sx := scalesOf(r, rows), place(t, scalesOf(r, n), cols%7)
			bias := place(t, floats(r, rows, 1), cols%5)
			if cols%3 == 0 {
				clear(bias)
			}
			want := make([]float32, n*rows)
			for i := range n {
				for o := range rows {
					var sum int64
					for c := range cols {
						sum += int64(x[i*cols+c]) * int64(w[o*cols+c])
					}
					want[i*rows+o] = float32(float32(sum)*float32(sx[i]*scale[o])) + bias[o]
				}
			}
			y := guarded[float32](t, n*rows, cols%9)
			m := NewMatrix(w, scale, rows, cols)
			clear(w) // NewMatrix has copied it
			if cols%3 == 0 {
				bias = nil
			}
			m.Mul(y, x, sx, bias, n)
			equal(t, fmt.Sprintf("%d rows times %d rows of %d", n, rows, cols), y, want)
		}
	})
}

// TestMulManyRows compares with the portable product, for shapes that go by in blocks of rows, outputs and columns, and what lies between.
func TestMulManyRows(t *testing.T) {
	heights := []int{31, 32, 33, 63, 96, 97, 130}
	if testing.Short() {
		heights = []int{33}
	}
	testImplementations(t, func(t *testing.T) {
		name := active.name
		r := rand.New(rand.NewPCG(5, 6))
		for _, cols := range []int{48, 64, 192} {
			for _, rows := range []int{1, 33, 100, 192} {
				for _, n := range heights {
					w, x := integers(r, rows*cols), integers(r, n*cols)
					wide := make([]int16, len(x))
					for i := range wide {
						wide[i] = int16(r.IntN(2*wideBound(cols)+1) - wideBound(cols))
					}
					scale, sx, bias := scalesOf(r, rows), scalesOf(r, n), floats(r, rows, 1)
					mul := func(implementation string, y []float32, check func(string)) {
						if err := Use(implementation); err != nil {
							t.Fatal(err)
						}
						m := NewMatrix(w, scale, rows, cols)
						m.Mul(y, x, sx, bias, n)
						check("bytes")
						m.MulWide(y, wide, sx, bias, n)
						check("wide")
					}
					want := map[string][]float32{}
					y := make([]float32, n*rows)
					mul("generic", y, func(what string) { want[what] = slices.Clone(y) })
					y = guarded[float32](t, n*rows, cols%9)
					mul(name, y, func(what string) {
						equal(t, fmt.Sprintf("%s: %d rows times %d rows of %d", what, n, rows, cols), y, want[what])
					})
				}
			}
		}
	})
}

// TestMulLargest has sums at the limit of int32.
func TestMulLargest(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		w, x := make([]int8, 3*MaxCols), make([]int8, 5*MaxCols)
		for i := range w {
			w[i] = -127
		}
		for i := range x {
			x[i] = 127
		}
		y := make([]float32, 15)
		NewMatrix(w, []float32{1, 1, 1}, 3, MaxCols).Mul(y, x, []float32{1, 1, 1, 1, 1}, nil, 5)
		for _, v := range y {
			if v != -127*127*MaxCols {
				t.Fatalf("%v, want %d", v, -127*127*MaxCols)
			}
		}
	})
}

// TestMulBlocks has more rows and longer ones than an implementation takes at once.
func TestMulBlocks(t *testing.T) {
	type product struct {
		n, rows, cols         int
		w, x                  []int8
		scale, sx, bias, want []float32
	}
	products := []product{{n: 191, rows: 67, cols: 9}, {n: 2, rows: 64, cols: 6145}, {n: 7, rows: 66, cols: 2051}, {n: 20, rows: 65, cols: 4096}, {n: 97, rows: 64, cols: 2052}}
	r := rand.New(rand.NewPCG(15, 16))
	for i := range products {
		p := &products[i]
		p.w, p.scale, p.bias = integers(r, p.rows*p.cols), scalesOf(r, p.rows), floats(r, p.rows, 1)
		p.x, p.sx, p.want = integers(r, p.n*p.cols), scalesOf(r, p.n), make([]float32, p.n*p.rows)
		mulGeneric(p.want, &Matrix{rows: p.rows, cols: p.cols, stride: p.rows, scale: p.scale, packed: p.w}, p.x, p.sx, p.bias, p.n)
	}
	testImplementations(t, func(t *testing.T) {
		for _, p := range products {
			y := guarded[float32](t, p.n*p.rows, 3)
			NewMatrix(p.w, p.scale, p.rows, p.cols).Mul(y, p.x, p.sx, p.bias, p.n)
			equal(t, fmt.Sprintf("%d rows times %d rows of %d", p.n, p.rows, p.cols), y, p.want)
		}
	})
}

// TestMulConcurrent shares a Matrix among goroutines.
func TestMulConcurrent(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(13, 14))
		const rows, cols = 40, 66
		m := NewMatrix(integers(r, rows*cols), scalesOf(r, rows), rows, cols)
		var done sync.WaitGroup
		for n := 1; n <= 8; n++ {
			x, sx, want := integers(r, n*cols), scalesOf(r, n), make([]float32, n*rows)
			m.Mul(want, x, sx, nil, n)
			done.Go(func() {
				for range 50 {
					y := make([]float32, n*rows)
					m.Mul(y, x, sx, nil, n)
					if !slices.Equal(y, want) {
						t.Errorf("%d rows: another result beside other goroutines", n)
					}
				}
			})
		}
		done.Wait()
	})
}

// TestPart: parts of the outputs, one after another, are the whole product.
func TestPart(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(31, 32))
		for _, rows := range []int{64, 65, 130, 200, 256} {
			for _, n := range []int{1, 4, 9} {
				const cols = 37
				m := NewMatrix(integers(r, rows*cols), scalesOf(r, rows), rows, cols)
				x, sx, bias := integers(r, n*cols), scalesOf(r, n), floats(r, rows, 1)
				wide := make([]int16, len(x))
				for i, v := range x {
					wide[i] = 13 * int16(v)
				}
				want, wantWide := make([]float32, n*rows), make([]float32, n*rows)
				m.Mul(want, x, sx, bias, n)
				m.MulWide(wantWide, wide, sx, bias, n)
				m.MulAdd(want, wide, sx, n)
				got, gotWide := guarded[float32](t, n*rows, 3), guarded[float32](t, n*rows, 5)
				for from := 0; from < rows; from += 2 * PartMultiple {
					to := min(from+2*PartMultiple, rows)
					part := m.Part(from, to)
					part.Mul(got[from:], x, sx, bias[from:to], n)
					part.MulWide(gotWide[from:], wide, sx, bias[from:to], n)
					part.MulAdd(got[from:], wide, sx, n)
				}
				equal(t, fmt.Sprintf("%d rows times %d of parts", n, rows), got, want)
				equal(t, fmt.Sprintf("%d wide rows times %d of parts", n, rows), gotWide, wantWide)
			}
		}
	})
}

func TestMatrixPanics(t *testing.T) {
	for name, f := range map[string]func(){
		"too long": func() { NewMatrix(make([]int8, MaxCols+1), make([]float32, 1), 1, MaxCols+1) },
		"-128":     func() { NewMatrix([]int8{1, -128}, make([]float32, 1), 1, 2) },
		"no rows":  func() { NewMatrix(nil, nil, 0, 4) },
		"odd part": func() { NewMatrix(make([]int8, 200), make([]float32, 200), 200, 1).Part(10, 200) },
		"x short": func() {
			NewMatrix(make([]int8, 4), make([]float32, 2), 2, 2).Mul(make([]float32, 4), make([]int8, 3), make([]float32, 2), nil, 2)
		},
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

// BenchmarkMul reports the rate in GMAC/s: products of the definition, padding not counted.
func BenchmarkMul(b *testing.B) {
	for _, name := range Implementations() {
		for _, shape := range [][2]int{{768, 256}, {1024, 256}, {256, 1024}, {256, 256}, {1024, 1024}, {50304, 512}} {
			for _, n := range []int{1, 8, 16, 64} {
				if name == "generic" && n < 64 {
					continue
				}
				b.Run(fmt.Sprintf("kernel=%s/outputs=%d/inputs=%d/rows=%d", name, shape[0], shape[1], n), func(b *testing.B) {
					defer Use(active.name)
					Use(name)
					r := rand.New(rand.NewPCG(1, 2))
					o, i := shape[0], shape[1]
					m := NewMatrix(integers(r, o*i), scalesOf(r, o), o, i)
					x, sx, y, bias := integers(r, n*i), scalesOf(r, n), make([]float32, n*o), make([]float32, o)
					for b.Loop() {
						m.Mul(y, x, sx, bias, n)
					}
					b.ReportMetric(float64(b.N)*float64(n*o*i)/float64(b.Elapsed().Nanoseconds()), "GMAC/s")
				})
			}
		}
	}
}
