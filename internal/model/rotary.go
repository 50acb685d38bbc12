package model

import (
	"fmt"

	"lmz/internal/kernels"
)

// rope reads how a model turns positions into angles, in rope_scaling or, as newer versions of transformers have it,
// rope_parameters. It returns what is in there, for an architecture to ask for more.
func (s *settings) rope(c *Config) *settings {
	name := "rope_scaling"
	if s.has("rope_parameters") {
		name = "rope_parameters"
	}
	r := s.object(name)
	c.RotaryBase = r.float("rope_theta", c.RotaryBase)
	kind := r.string("rope_type", r.string("type", "default"))
	switch kind {
	case "default":
	case "linear":
		c.RotaryScaling = kernels.RotaryScaling{Type: kind, Factor: r.float("factor", 0)}
	case "llama3":
		c.RotaryScaling = kernels.RotaryScaling{
			Type: kind, Factor: r.float("factor", 0),
			LowFreqFactor: r.float("low_freq_factor", 0), HighFreqFactor: r.float("high_freq_factor", 0),
			OriginalPositions: r.int("original_max_position_embeddings", 0),
		}
	default:
		s.refuse(name+".rope_type", fmt.Sprintf("%q", kind), `"default", "linear" or "llama3"`)
	}
	return r
}
