package kernels

import (
	"math"
	"strings"
	"testing"
)

var llama31 = RotaryScaling{Type: "llama3", Factor: 8, LowFreqFactor: 1, HighFreqFactor: 4, OriginalPositions: 8192}

// scaledFrequency is the formula of transformers' modeling_rope_utils, with the functions of package math.
func scaledFrequency(s RotaryScaling, i, d int, base float64) float64 {
	f := 1 / math.Pow(base, float64(2*i)/float64(d))
	switch s.Type {
	case "linear":
		return f / s.Factor
	case "llama3":
		low, high := float64(s.OriginalPositions)/s.LowFreqFactor, float64(s.OriginalPositions)/s.HighFreqFactor
		wavelength := 2 * math.Pi / f
		switch {
		case wavelength < high:
			return f
		case wavelength > low:
			return f / s.Factor
		}
		smooth := (float64(s.OriginalPositions)/wavelength - s.LowFreqFactor) / (s.HighFreqFactor - s.LowFreqFactor)
		return (1-smooth)*f/s.Factor + smooth*f
	}
	return f
}

func TestRotaryScaling(t *testing.T) {
	for _, c := range []struct {
		scaling RotaryScaling
		d       int
		base    float64
	}{
		{RotaryScaling{}, 64, 10000},
		{RotaryScaling{Type: "linear", Factor: 4}, 128, 10000},
		{RotaryScaling{Type: "linear", Factor: 2.5}, 64, 1e6},
		{llama31, 128, 500000},
		{RotaryScaling{Type: "llama3", Factor: 32, LowFreqFactor: 1, HighFreqFactor: 4, OriginalPositions: 8192}, 64, 500000},
		{RotaryScaling{Type: "llama3", Factor: 3, LowFreqFactor: 0.7, HighFreqFactor: 11, OriginalPositions: 2048}, 96, 10000},
	} {
		var kept, smooth, divided int
		const positions = 300
		half := c.d / 2
		cos, sin := make([]float32, positions*half), make([]float32, positions*half)
		RotaryTable(cos, sin, positions, c.d, c.base, c.scaling)
		for i := range half {
			plain := exp64(-float64(float64(2*i) / float64(c.d) * log64(c.base)))
			got, want := c.scaling.scale(plain), scaledFrequency(c.scaling, i, c.d, c.base)
			if math.Abs(got-want) > 1e-12*want {
				t.Fatalf("%+v: frequency %d is %v, want %v", c.scaling, i, got, want)
			}
			switch got {
			case plain:
				kept++
			case plain / c.scaling.Factor:
				divided++
			default:
				smooth++
			}
			for p := range positions {
				angle := float64(p) * want
				if math.Abs(float64(cos[p*half+i])-math.Cos(angle)) > 3.1e-8 || math.Abs(float64(sin[p*half+i])-math.Sin(angle)) > 3.1e-8 {
					t.Fatalf("%+v: position %d, angle %d: %v, %v, want %v, %v",
						c.scaling, p, i, cos[p*half+i], sin[p*half+i], math.Cos(angle), math.Sin(angle))
				}
			}
		}
		if c.scaling.Type == "llama3" && (kept == 0 || smooth == 0 || divided == 0) {
			t.Errorf("%+v: %d frequencies kept, %d between, %d divided: want some of each", c.scaling, kept, smooth, divided)
		}
	}
}

// TestRotaryScalingOne: a factor of 1 and a window as long as the waves change no bit.
func TestRotaryScalingOne(t *testing.T) {
	const positions, d = 50, 32
	var tables [3][2][]float32
	for i, scaling := range []RotaryScaling{{}, {Type: "linear", Factor: 1}, {Type: "llama3", Factor: 8, LowFreqFactor: 1, HighFreqFactor: 2, OriginalPositions: 1 << 30}} {
		cos, sin := make([]float32, positions*d/2), make([]float32, positions*d/2)
		RotaryTable(cos, sin, positions, d, 10000, scaling)
		tables[i] = [2][]float32{cos, sin}
		equal(t, scaling.Type+" cos", cos, tables[0][0])
		equal(t, scaling.Type+" sin", sin, tables[0][1])
	}
}

func TestRotaryScalingValidate(t *testing.T) {
	if err := llama31.Validate(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(s *RotaryScaling){
		"the type":                         func(s *RotaryScaling) { s.Type = "yarn" },
		"the type is \"\"":                 func(s *RotaryScaling) { s.Type = "" },
		"factor is 0.5":                    func(s *RotaryScaling) { s.Factor = 0.5 },
		"factor is NaN":                    func(s *RotaryScaling) { s.Factor = math.NaN() },
		"factor is +Inf":                   func(s *RotaryScaling) { s.Factor = math.Inf(1) },
		"low_freq_factor":                  func(s *RotaryScaling) { s.LowFreqFactor = 0 },
		"high_freq_factor":                 func(s *RotaryScaling) { s.HighFreqFactor = 1 },
		"original_max_position_embeddings": func(s *RotaryScaling) { s.OriginalPositions = 0 },
	} {
		s := llama31
		change(&s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want one about %q", s, err, want)
		}
	}
}
