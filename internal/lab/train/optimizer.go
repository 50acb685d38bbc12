package train

import "math"

// AdamW is the optimizer of Loshchilov and Hutter (2017, arXiv 1711.05101): Adam with the decay of
// the weights apart from the gradient. Its fields are the settings; the moments live in Run.
type AdamW struct {
	Beta1, Beta2 float64
	Eps          float64
	Decay        float64 // weight decay of matrices; gains and biases do not decay
}

// update takes one step (counted from 1) for one parameter: w, its gradient g times gradScale,
// and its moments m and v, all of one length.
func (o AdamW) update(w, g, m, v []float32, step int, rate, decay float64, gradScale float32) {
	b1, b2 := float32(o.Beta1), float32(o.Beta2)
	// The corrections of the moments' start at zero, folded into the rate and eps.
	c1, c2 := 1-math.Pow(o.Beta1, float64(step)), math.Sqrt(1-math.Pow(o.Beta2, float64(step)))
	alpha, eps := float32(rate*c2/c1), float32(o.Eps*c2)
	keep := float32(1 - rate*decay)
	for i, gi := range g {
		gi *= gradScale
		m[i] = b1*m[i] + (1-b1)*gi
		v[i] = b2*v[i] + (1-b2)*gi*gi
		w[i] = w[i]*keep - alpha*m[i]/(float32(math.Sqrt(float64(v[i])))+eps)
	}
}

// Schedule is the learning rate: a linear warm-up to Peak, then half a cosine down to Final at the
// last step.
type Schedule struct {
	Peak, Final   float64
	Warmup, Steps int
}

// Rate is the learning rate of a step counted from 1.
func (s Schedule) Rate(step int) float64 {
	if step <= s.Warmup {
		return s.Peak * float64(step) / float64(s.Warmup)
	}
	progress := min(1, float64(step-s.Warmup)/float64(max(1, s.Steps-s.Warmup)))
	return s.Final + (s.Peak-s.Final)*(1+math.Cos(math.Pi*progress))/2
}
