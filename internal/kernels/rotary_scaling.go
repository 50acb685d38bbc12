package kernels

import (
	"fmt"
	"math"
)

// RotaryScaling lowers the frequencies of rotary positions, by which a model reads longer contexts than it was first
// trained on. The zero value changes nothing.
type RotaryScaling struct {
	// Type is rope_type of config.json: "linear" divides all frequencies (Chen et al. 2023, arXiv 2306.15595), "llama3"
	// those of long waves only (Grattafiori et al. 2024, arXiv 2407.21783, and transformers' _compute_llama3_parameters).
	Type   string
	Factor float64 // by which a frequency is divided, at least 1

	// For "llama3". Waves longer than OriginalPositions / LowFreqFactor positions are divided, those shorter than
	// OriginalPositions / HighFreqFactor stay, and between them is a smooth transition.
	LowFreqFactor, HighFreqFactor float64
	OriginalPositions             int
}

// Validate says what is wrong with a scaling, nil if nothing is.
func (s RotaryScaling) Validate() error {
	const most = 1 << 20
	bad := func(name string, got any, want string) error {
		return fmt.Errorf("kernels: rotary scaling: %s is %v, want %s", name, got, want)
	}
	switch {
	case s == RotaryScaling{}:
		return nil
	case s.Type != "linear" && s.Type != "llama3":
		return bad("the type", fmt.Sprintf("%q", s.Type), `"linear" or "llama3"`)
	case !(s.Factor >= 1 && s.Factor <= most):
		return bad("factor", s.Factor, fmt.Sprintf("1 to %d", most))
	case s.Type == "linear":
		return nil
	case !(s.LowFreqFactor > 0 && s.LowFreqFactor <= most):
		return bad("low_freq_factor", s.LowFreqFactor, fmt.Sprintf("above 0, and at most %d", most))
	case !(s.HighFreqFactor > s.LowFreqFactor && s.HighFreqFactor <= most):
		return bad("high_freq_factor", s.HighFreqFactor, fmt.Sprintf("above low_freq_factor, %v, and at most %d", s.LowFreqFactor, most))
	case s.OriginalPositions < 1 || s.OriginalPositions > 1<<30:
		return bad("original_max_position_embeddings", s.OriginalPositions, "1 to 2^30")
	}
	return nil
}

// scale is what a frequency, in radians a position, becomes.
func (s RotaryScaling) scale(frequency float64) float64 {
	switch s.Type {
	case "linear":
		return frequency / s.Factor
	case "llama3":
		original, wavelength := float64(s.OriginalPositions), 2*math.Pi/frequency
		if wavelength < original/s.HighFreqFactor {
			return frequency
		}
		if wavelength > original/s.LowFreqFactor {
			return frequency / s.Factor
		}
		smooth := (original/wavelength - s.LowFreqFactor) / (s.HighFreqFactor - s.LowFreqFactor)
		return float64((1-smooth)*frequency)/s.Factor + float64(smooth*frequency)
	}
	return frequency
}
