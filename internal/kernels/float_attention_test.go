package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// floatHead is a random head with t positions, all in floats.
type floatHead struct{ q, k, v []float32 }

func newFloatHead(r *rand.Rand, t, width int) floatHead {
	h := floatHead{floats(r, width, 4), floats(r, t*width, 4), floats(r, t*width, 3)}
	switch r.IntN(6) {
	case 0:
		clear(h.q) // all scores equal
	case 1: // most weights vanish
		for i := range h.k {
			h.k[i] *= 300
		}
	}
	return h
}

func (h floatHead) cache() *FloatCache {
	width := len(h.q)
	c := NewFloatCache(width)
	for t := range len(h.k) / width {
		c.Append(h.k[t*width:][:width], h.v[t*width:][:width])
	}
	return &c
}

// defined is what docs/numerics.md says, "Attention in floats", to the letter.
func (h floatHead) defined() []float32 {
	width := len(h.q)
	positions := len(h.k) / width
	root := float32(1 / float32(math.Sqrt(float64(float32(width)))) * 1.44269504088896341)
	e, m := make([]float32, positions), float32(-math.MaxFloat32)
	for t := range e {
		var s float32
		for i, x := range h.q {
			s = s + float32(x*h.k[t*width+i])
		}
		e[t] = float32(s * root)
		m = max(m, e[t])
	}
	var p [16]float32
	for t := range e {
		if d := e[t] - m; d >= -64 {
			e[t] = exp2(d)
		} else {
			e[t] = 0
		}
		p[t%16] = p[t%16] + e[t]
	}
	for _, half := range []int{8, 4, 2, 1} {
		for j := range half {
			p[j] = p[j] + p[j+half]
		}
	}
	out := make([]float32, width)
	for i := range out {
		var s float32
		for t, x := range e {
			s = s + float32(x*h.v[t*width+i])
		}
		out[i] = float32(s * (1 / p[0]))
	}
	return out
}

// exact is attention in float64.
func (h floatHead) exact() []float64 {
	width := len(h.q)
	scores := make([]float64, len(h.k)/width)
	highest := math.Inf(-1)
	for t := range scores {
		for i, x := range h.q {
			scores[t] += float64(x) * float64(h.k[t*width+i]) / math.Sqrt(float64(width))
		}
		highest = max(highest, scores[t])
	}
	var z float64
	for t := range scores {
		scores[t] = math.Exp(scores[t] - highest)
		z += scores[t]
	}
	out := make([]float64, width)
	for t, e := range scores {
		for i := range out {
			out[i] += e / z * float64(h.v[t*width+i])
		}
	}
	return out
}

func TestFloatAttend(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(31, 32))
		var scratch FloatScratch
		for positions := 1; positions <= 130; positions++ {
			for _, width := range []int{positions, []int{16, 32, 48, 64, 80, 128}[positions%6]} {
				h := newFloatHead(r, positions, width)
				out := guarded[float32](t, width, positions*5%16)
				h.cache().Attend(out, width, 1, place(t, h.q, positions%7), 1, &scratch)
				what := fmt.Sprintf("%d positions, width %d", positions, width)
				equal(t, what, out, h.defined())
				for i, exact := range h.exact() {
					if math.Abs(float64(out[i])-exact) > 3*2e-3 {
						t.Fatalf("%s: element %d is %v, in float64 %v", what, i, out[i], exact)
					}
				}
			}
		}
	})
}

// TestFloatAttendRows has queries at several positions, which read what each would read alone.
func TestFloatAttendRows(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(33, 34))
		var scratch FloatScratch
		for positions := 1; positions <= 130; positions++ {
			width := []int{32, 5, 64, 40}[positions%4]
			newFloatHead(r, positions, width).attendRows(t, r, 1+r.IntN(min(positions, 64)), 1, positions, &scratch)
		}
	})
}

// TestFloatAttendGroups has several queries at each position.
func TestFloatAttendGroups(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(37, 38))
		var scratch FloatScratch
		for group := 1; group <= 8; group++ {
			for i, positions := range []int{1, 2, 4, 7, 8, 9, 15, 16, 17, 18, 31, 32, 33, 50} {
				width := []int{32, 5, 64, 40, 16}[(group+i)%5]
				for _, rows := range []int{1, 2, 3, 4, 5, 17} {
					if rows <= positions {
						newFloatHead(r, positions, width).attendRows(t, r, rows, group, i, &scratch)
					}
				}
			}
		}
	})
}

// attendRows has group queries at each of the last positions of a head, so many, and compares what each reads.
func (h floatHead) attendRows(t *testing.T, r *rand.Rand, rows, group, offset int, scratch *FloatScratch) {
	t.Helper()
	width, n, gap := len(h.q), rows*group, r.IntN(3)
	positions := len(h.k) / width
	q := place(t, floats(r, n*width, 4), offset%16)
	stride := group*width + gap
	out := guarded[float32](t, (rows-1)*stride+group*width, offset*3%16)
	h.cache().Attend(out, stride, group, q, n, scratch)
	for i := range n {
		own, at := positions-rows+i/group+1, i/group*stride+i%group*width
		alone := floatHead{q[i*width:][:width], h.k[:own*width], h.v[:own*width]}
		equal(t, fmt.Sprintf("query %d of %d in groups of %d, %d positions, width %d", i, n, group, own, width), out[at:][:width], alone.defined())
	}
	unwritten(t, out, stride, group*width)
}

// TestFloatCache grows, and begins again: what a longer context left has no effect.
func TestFloatCache(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(35, 36))
		var scratch FloatScratch
		for _, width := range []int{1, 8, 24, 32} {
			c := NewFloatCache(width)
			for _, positions := range []int{100, 5, 33} {
				c.Reset()
				all := newFloatHead(r, positions, width)
				for at := range positions {
					c.Append(all.k[at*width:][:width], all.v[at*width:][:width])
					if c.Len() != at+1 {
						t.Fatalf("%d positions, want %d", c.Len(), at+1)
					}
					if want := FloatCacheSize(width, c.Len()); positions == 100 && int64(4*(len(c.k)+len(c.v))) != want {
						t.Fatalf("%d positions take %d bytes, want %d", c.Len(), 4*(len(c.k)+len(c.v)), want)
					}
					h := floatHead{all.q, all.k[:(at+1)*width], all.v[:(at+1)*width]}
					out := make([]float32, width)
					c.Attend(out, width, 1, h.q, 1, &scratch)
					equal(t, fmt.Sprintf("width %d, position %d of %d", width, at, positions), out, h.defined())
				}
			}
		}
	})
}

// TestFloatAttendNotFinite: a score that is not finite is a panic, wherever it stands, and those of later positions are not.
func TestFloatAttendNotFinite(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		for _, positions := range []int{1, 8, 16, 21, 33} {
			for at := range positions {
				k := make([]float32, positions*16)
				k[at*16+3] = 3e38
				h := floatHead{make([]float32, 16), k, make([]float32, positions*16)}
				h.q[3] = -1e38
				c := h.cache()
				mustPanic(t, fmt.Sprintf("score %d of %d", at, positions), func() { c.Attend(make([]float32, 16), 16, 1, h.q, 1, new(FloatScratch)) })
				if at > 0 {
					// Of two queries the first reads no later key.
					q := append(append(make([]float32, 0, 32), h.q...), make([]float32, 16)...)
					early := floatHead{h.q, k[:(at+1)*16], h.v[:(at+1)*16]}
					early.cache().Attend(make([]float32, 32), 16, 1, q, 2, new(FloatScratch))
				}
			}
		}
		c := NewFloatCache(5)
		for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
			for i := range 5 {
				x := make([]float32, 5)
				x[i] = bad
				mustPanic(t, "a key", func() { c.Append(x, make([]float32, 5)) })
				mustPanic(t, "a value", func() { c.Append(make([]float32, 5), x) })
			}
		}
	})
}

// mustPanic fails unless f panics with NotFinite.
func mustPanic(t *testing.T, what string, f func()) {
	t.Helper()
	defer func() {
		if _, ok := recover().(NotFinite); !ok {
			t.Errorf("%s: no panic with NotFinite", what)
		}
	}()
	f()
}

// BenchmarkFloatAttend reports the rate in GMAC/s: 2 T K products a query.
func BenchmarkFloatAttend(b *testing.B) {
	for _, name := range Implementations() {
		for _, positions := range []int{64, 512} {
			for _, n := range []int{1, 64} {
				const width = 64
				b.Run(fmt.Sprintf("kernel=%s/width=%d/positions=%d/queries=%d", name, width, positions, n), func(b *testing.B) {
					defer Use(active.name)
					Use(name)
					r := rand.New(rand.NewPCG(1, 2))
					h := floatHead{floats(r, width, 1), floats(r, positions*width, 1), floats(r, positions*width, 1)}
					q, out, c := floats(r, n*width, 1), make([]float32, n*width), h.cache()
					var scratch FloatScratch
					for b.Loop() {
						c.Attend(out, width, 1, q, n, &scratch)
					}
					own := float64(positions) - float64(n-1)/2
					b.ReportMetric(float64(b.N)*float64(2*n*width)*own/float64(b.Elapsed().Nanoseconds()), "GMAC/s")
				})
			}
		}
	}
}
