package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// head is a random head with t positions.
type head struct {
	q      []int8
	sq     float32
	k, v   []int8
	sk, sv []float32
}

func newHead(r *rand.Rand, t, width int) head {
	h := head{integers(r, width), 0.03, integers(r, t*width), integers(r, t*width), scalesOf(r, t), scalesOf(r, t)}
	switch r.IntN(8) {
	case 0:
		clear(h.sk) // all scores equal
	case 1:
		clear(h.sv)
	case 2: // the largest sums
		for i := range h.v {
			h.v[i] = 127
		}
		for i := range h.sv {
			h.sk[i], h.sv[i] = 0, 1
		}
	}
	return h
}

// cache is a Cache of the head's keys and values.
func (h head) cache() *Cache {
	c := NewCache(len(h.q))
	for t := range h.sk {
		c.put(h.k[t*len(h.q):][:len(h.q)], h.v[t*len(h.q):][:len(h.q)], h.sk[t], h.sv[t])
	}
	return &c
}

func (h head) attend(t *testing.T, offset int, scratch *AttendScratch) []float32 {
	out := guarded[float32](t, len(h.q), offset)
	h.cache().Attend(out, len(h.q), 1, place(t, h.q, offset), []float32{h.sq}, nil, scratch)
	return out
}

// defined is what docs/numerics.md says, "Attention", to the letter.
func (h head) defined() []float32 {
	k := len(h.q)
	root := float32(1 / float32(math.Sqrt(float64(float32(k)))) * 1.44269504088896341)
	scores, m := make([]float32, len(h.sk)), float32(-math.MaxFloat32)
	vm := float32(0)
	for t := range scores {
		scores[t] = float32(float32(dot(h.q, h.k[t*k:][:k])) * float32(float32(h.sq*h.sk[t])*root))
		m, vm = max(m, scores[t]), max(vm, h.sv[t])
	}
	out := make([]float32, k)
	if vm == 0 {
		return out
	}
	var z int64
	sums := make([]int64, k)
	for t, score := range scores {
		e := round(float32(weightOne * exp2(score-m)))
		z += int64(e)
		c := round(float32(float32(e) * float32(h.sv[t]/vm)))
		for i := range sums {
			sums[i] += int64(c) * int64(h.v[t*k+i])
		}
	}
	for i, sum := range sums {
		out[i] = float32(float32(sum) * float32(vm/float32(z)))
	}
	return out
}

// exact is attention in float64, of the same keys and values.
func (h head) exact() []float64 {
	out := make([]float64, len(h.q))
	if len(h.sk) == 0 {
		return out
	}
	scores := make([]float64, len(h.sk))
	highest := math.Inf(-1)
	for t := range scores {
		scores[t] = float64(dot(h.q, h.k[t*len(h.q):][:len(h.q)])) * float64(h.sq) * float64(h.sk[t]) / math.Sqrt(float64(len(h.q)))
		highest = max(highest, scores[t])
	}
	var z float64
	for t := range scores {
		scores[t] = math.Exp(scores[t] - highest)
		z += scores[t]
	}
	for t, e := range scores {
		for i := range out {
			out[i] += e / z * float64(h.sv[t]) * float64(h.v[t*len(h.q)+i])
		}
	}
	return out
}

func TestAttend(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(7, 8))
		var scratch AttendScratch
		for positions := 1; positions <= 130; positions++ {
			for _, width := range []int{positions, []int{16, 32, 48, 64, 80, 128}[positions%6], 32} {
				h := newHead(r, positions, width)
				out := h.attend(t, positions*5%16, &scratch)
				equal(t, fmt.Sprintf("%d positions, width %d", positions, width), out, h.defined())
				var size float64 // of the values
				for _, s := range h.sv {
					size = max(size, 127*float64(s))
				}
				for i, exact := range h.exact() {
					if math.Abs(float64(out[i])-exact) > size*0.01 {
						t.Fatalf("%d positions, width %d: element %d is %v, in float64 %v", positions, width, i, out[i], exact)
					}
				}
			}
		}
	})
}

// TestAttendRows has queries at several positions, which read what each would read alone.
func TestAttendRows(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(15, 16))
		var scratch AttendScratch
		for positions := 1; positions <= 130; positions++ {
			width := []int{32, 5, 64, 40}[positions%4]
			newHead(r, positions, width).attendRows(t, r, 1+r.IntN(min(positions, 64)), 1, positions, &scratch)
		}
	})
}

// TestAttendGroups has several queries at each position.
func TestAttendGroups(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(23, 24))
		var scratch AttendScratch
		for group := 1; group <= 8; group++ {
			for i, positions := range []int{1, 2, 4, 7, 8, 9, 15, 16, 17, 18, 31, 32, 33, 50} {
				width := []int{32, 5, 64, 40, 16}[(group+i)%5]
				for _, rows := range []int{1, 2, 3, 4, 5, 17} {
					if rows <= positions {
						newHead(r, positions, width).attendRows(t, r, rows, group, i, &scratch)
					}
				}
			}
		}
	})
}

// attendRows has group queries at each of the last positions of a head, so many, and compares what each reads.
func (h head) attendRows(t *testing.T, r *rand.Rand, rows, group, offset int, scratch *AttendScratch) {
	t.Helper()
	width, positions, n, gap := len(h.q), len(h.sk), rows*group, r.IntN(3)
	other := newHead(r, 1+r.IntN(3), width) // is read next, wherever it ends
	q, sq := place(t, integers(r, n*width), offset%16), place(t, scalesOf(r, n), offset%5)
	stride := group*width + gap
	out := guarded[float32](t, (rows-1)*stride+group*width, offset*3%16)
	h.cache().Attend(out, stride, group, q, sq, other.cache(), scratch)
	for i := range n {
		own, at := positions-rows+i/group+1, i/group*stride+i%group*width
		alone := head{q[i*width:][:width], sq[i], h.k, h.v, h.sk[:own], h.sv[:own]}
		equal(t, fmt.Sprintf("query %d of %d in groups of %d, %d positions, width %d", i, n, group, own, width), out[at:][:width], alone.defined())
	}
	unwritten(t, out, stride, group*width)
}

// unwritten fails if what stands after the first used elements of a row of guarded memory was written.
func unwritten(t *testing.T, rows []float32, stride, used int) {
	t.Helper()
	for i, x := range rows {
		if i%stride >= used && x != 77 {
			t.Fatalf("rows of %d by strides of %d: wrote between them", used, stride)
		}
	}
}

// TestCache appends what it quantises, and begins again.
func TestCache(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(17, 18))
		var scratch AttendScratch
		for _, width := range []int{1, 8, 24, 32} {
			c := NewCache(width)
			for _, positions := range []int{100, 5, 33} { // shorter ones find what the longer one left
				c.Reset()
				h := head{q: integers(r, width), sq: 0.01}
				key, value := make([]int8, width), make([]int8, width)
				for at := range positions {
					k, v := floats(r, width, 2), floats(r, width, float32(1+at%7))
					c.Append(k, v, &scratch)
					h.sk, h.sv = append(h.sk, QuantizeRow(key, k)), append(h.sv, QuantizeRow(value, v))
					h.k, h.v = append(h.k, key...), append(h.v, value...)
					if c.Len() != at+1 {
						t.Fatalf("%d positions, want %d", c.Len(), at+1)
					}
					taken := len(c.k) + len(c.v) + 4*(len(c.kScale)+len(c.vScale)+len(c.kMost)+len(c.vMost)+len(c.vShare))
					if want := CacheSize(width, c.Len()); positions == 100 && int64(taken) != want {
						t.Fatalf("%d positions take %d bytes, want %d", c.Len(), taken, want)
					}
					out := make([]float32, width)
					c.Attend(out, width, 1, h.q, []float32{h.sq}, nil, &scratch)
					equal(t, fmt.Sprintf("width %d, position %d of %d", width, at, positions), out, h.defined())
				}
			}
		}
	})
}

// TestAttendLong has more positions than an int32 could sum, with the largest coefficients and values.
func TestAttendLong(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(9, 10))
		for _, positions := range []int{2047, 2048, 2049, 2064, 2065, 4096, 6145} {
			h := newHead(r, positions, 16)
			clear(h.sk)
			for i := range h.v {
				h.v[i] = -127
			}
			for i := range h.sv {
				h.sv[i] = 1
			}
			for i, got := range h.attend(t, 3, new(AttendScratch)) {
				if want := float32(float32(-127*weightOne*int64(positions)) * float32(1/float32(weightOne*int64(positions)))); got != want {
					t.Fatalf("%d positions: element %d is %v, want %v", positions, i, got, want)
				}
			}
			h = newHead(r, positions, 16)
			equal(t, fmt.Sprintf("%d positions", positions), h.attend(t, 1, new(AttendScratch)), h.defined())
			for _, group := range []int{1, 3, 4} {
				newHead(r, positions, 16).attendRows(t, r, 2+r.IntN(3), group, 0, new(AttendScratch))
			}
		}
	})
}

// TestAttendScratch: attention writes no sums after those that it made room for.
func TestAttendScratch(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(21, 22))
		for _, width := range []int{5, 16, 32, 48} {
			for _, positions := range []int{1, 4, 8, 17, 50} {
				var s AttendScratch
				s.grow(positions, (width+15)&^15)
				sums, end := make([]int32, len(s.sum)+64), len(s.sum)
				for i := range sums {
					sums[i] = 77
				}
				s.sum = sums[:end]
				newHead(r, positions, width).attendRows(t, r, 1, 1+r.IntN(4), 0, &s)
				for i, x := range sums[end:] {
					if x != 77 {
						t.Fatalf("%d positions, width %d: wrote element %d of %d sums", positions, width, end+i, end)
					}
				}
			}
		}
	})
}

func TestAttendScales(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		for _, positions := range []int{1, 8, 21} {
			for at := range 3 {
				h := newHead(rand.New(rand.NewPCG(1, 2)), positions, 32)
				h.sk[positions-1] = 0x1p40
				sq := []float32{1, 1, 1}
				sq[at] = 0x1p50
				mustPanic(t, fmt.Sprintf("%d positions, scores of query %d that could be infinite", positions, at), func() {
					h.cache().Attend(make([]float32, 3*32), 3*32, 3, make([]int8, 3*32), sq, nil, new(AttendScratch))
				})
			}
		}
	})
}

// BenchmarkAttend reports the rate in GMAC/s: 2 T K products a query.
func BenchmarkAttend(b *testing.B) {
	for _, name := range Implementations() {
		for _, width := range []int{32, 64} {
			for _, positions := range []int{64, 256, 512} {
				for _, n := range []int{1, 64} {
					b.Run(fmt.Sprintf("kernel=%s/width=%d/positions=%d/queries=%d", name, width, positions, n), func(b *testing.B) {
						defer Use(active.name)
						Use(name)
						r := rand.New(rand.NewPCG(1, 2))
						h := head{integers(r, width), 0.03, integers(r, positions*width), integers(r, positions*width), scalesOf(r, positions), scalesOf(r, positions)}
						q, sq, out := integers(r, n*width), scalesOf(r, n), make([]float32, n*width)
						c := h.cache()
						var scratch AttendScratch
						for b.Loop() {
							c.Attend(out, width, 1, q, sq, nil, &scratch)
						}
						own := float64(positions) - float64(n-1)/2
						b.ReportMetric(float64(b.N)*float64(2*n*width)*own/float64(b.Elapsed().Nanoseconds()), "GMAC/s")
					})
				}
			}
		}
	}
}

// BenchmarkAttendGroup is a decoder's step at 2,000 positions: 90 caches in turn, which no core's own caches hold, are read by
// groups of 3 heads, each by itself or together. It reports the rate at which keys and values would be read once, in GB/s.
func BenchmarkAttendGroup(b *testing.B) {
	const width, positions, group, caches = 64, 2000, 3, 90
	r := rand.New(rand.NewPCG(1, 2))
	h := newHead(r, positions, width)
	h.sk, h.sv = scalesOf(r, positions), scalesOf(r, positions)
	all := make([]*Cache, caches)
	for i := range all {
		all[i] = h.cache()
	}
	q, sq, out := integers(r, group*width), scalesOf(r, group), make([]float32, group*width)
	var scratch AttendScratch
	for _, name := range Implementations() {
		for _, together := range []int{1, group} {
			b.Run(fmt.Sprintf("kernel=%s/together=%d", name, together), func(b *testing.B) {
				defer Use(active.name)
				Use(name)
				at := 0
				for b.Loop() {
					c := all[at%caches]
					at++
					for i := 0; i < group; i += together {
						next := c
						if i+together == group {
							next = all[at%caches]
						}
						c.Attend(out[i*width:], together*width, together, q[i*width:][:together*width], sq[i:][:together], next, &scratch)
					}
				}
				b.ReportMetric(float64(b.N)*2*positions*width/float64(b.Elapsed().Nanoseconds()), "GB/s")
			})
		}
	}
}
