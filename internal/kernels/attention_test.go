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

func (h head) attend(t *testing.T, offset int, scratch *AttendScratch) []float32 {
	out := guarded[float32](t, len(h.q), offset)
	Attend(out, place(t, h.q, offset), h.sq, place(t, h.k, offset/2), place(t, h.sk, offset/3),
		place(t, h.v, offset/4), place(t, h.sv, offset/5), scratch)
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
		var scratch, scratchGeneric AttendScratch
		for positions := 0; positions <= 130; positions++ {
			for _, width := range []int{positions, []int{16, 32, 48, 64, 80, 128}[positions%6], 32} {
				h := newHead(r, positions, width)
				out := h.attend(t, positions*5%16, &scratch)
				want := make([]float32, width)
				if positions > 0 && width > 0 {
					scratchGeneric.grow(positions, width)
					attendGeneric(want, h.q, h.sq, h.k, h.sk, h.v, h.sv, &scratchGeneric)
				}
				equal(t, fmt.Sprintf("%d positions, width %d", positions, width), out, want)
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
			want := make([]float32, 16)
			var s AttendScratch
			s.grow(positions, 16)
			attendGeneric(want, h.q, h.sq, h.k, h.sk, h.v, h.sv, &s)
			equal(t, fmt.Sprintf("%d positions", positions), h.attend(t, 1, &s), want)
		}
	})
}

func TestAttendScales(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		for _, positions := range []int{1, 8, 21} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%d positions, scores that could be infinite: no panic", positions)
					}
				}()
				h := newHead(rand.New(rand.NewPCG(1, 2)), positions, 32)
				h.sq, h.sk[positions-1] = 0x1p50, 0x1p40
				h.attend(t, 0, new(AttendScratch))
			}()
		}
	})
}

// BenchmarkAttend reports the rate in GMAC/s: 2 T K products.
func BenchmarkAttend(b *testing.B) {
	for _, name := range Implementations() {
		for _, width := range []int{32, 64} {
			for _, positions := range []int{64, 256, 512} {
				b.Run(fmt.Sprintf("kernel=%s/width=%d/positions=%d", name, width, positions), func(b *testing.B) {
					defer Use(active.name)
					Use(name)
					r := rand.New(rand.NewPCG(1, 2))
					h := head{integers(r, width), 0.03, integers(r, positions*width), integers(r, positions*width), scalesOf(r, positions), scalesOf(r, positions)}
					out := make([]float32, width)
					var scratch AttendScratch
					for b.Loop() {
						Attend(out, h.q, h.sq, h.k, h.sk, h.v, h.sv, &scratch)
					}
					b.ReportMetric(float64(b.N)*float64(2*positions*width)/float64(b.Elapsed().Nanoseconds()), "GMAC/s")
				})
			}
		}
	}
}
