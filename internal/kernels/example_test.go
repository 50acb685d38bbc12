package kernels

import (
	"math"
	"testing"
)

// TestExamples are the examples of docs/numerics.md.
func TestExamples(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		silu, gelu := []float32{1, -3}, []float32{1, -3}
		SwiGLU(silu, []float32{1, 1})
		GELUTanh(gelu)
		norm := make([]float32, 2)
		RMSNorm(norm, []float32{1, -2}, []float32{1, 3}, 1e-5)
		head := NewFloatCache(2)
		for _, x := range [][4]float32{{1, 0, 1, 2}, {0, 1, 3, -4}, {1, 1, 5, 6}} {
			head.Append(x[:2], x[2:])
		}
		read := make([]float32, 2)
		head.Attend(read, 2, 1, []float32{1, 2}, 1, new(FloatScratch))
		for _, c := range []struct {
			name string
			got  float32
			want uint32
		}{
			{"SiLU(1)", silu[0], 0x3f3b26a7}, {"SiLU(-3)", silu[1], 0xbe11b13b},
			{"GELUTanh(1)", gelu[0], 0x3f57585c}, {"GELUTanh(-3)", gelu[1], 0xbb6e614c},
			{"RMSNorm", norm[0], 0x3f21e886}, {"RMSNorm", norm[1], 0xc072dcc9},
			{"attention in floats", read[0], 0x4077cd16}, {"attention in floats", read[1], 0x4026653d},
		} {
			if math.Float32bits(c.got) != c.want {
				t.Errorf("%s is %v, [%08x], want [%08x]", c.name, c.got, math.Float32bits(c.got), c.want)
			}
		}
	})
	f := exp64(-float64(60.0 / 128 * log64(500000)))
	if got := llama31.scale(f); math.Float64bits(f) != 0x3f61754816e07d6d || math.Float64bits(got) != 0x3f567a238074c42f {
		t.Errorf("frequency [%016x] is scaled to [%016x]", math.Float64bits(f), math.Float64bits(got))
	}
}
