package fit

import (
	"fmt"
	"math"
)

// Adjusted is the size of model that makes the adjusted ratio least, where the model is sent with the data.
type Adjusted struct {
	Params float64
	Ratio  float64 // the law's
	Rate   float64 // Ratio + bytesPerParam Params / rawBytes
}

// AdjustedOptimum is N*(D): the size P of least CR(P, S) + bytesPerParam P / rawBytes, for models of so many steps (of forms in tokens,
// tokens) and so many raw bytes of data. The adjusted ratio as a function of P is the U curve of Deletang et al. 2023, section 3.3.
//
// It is where the ratio falls by as much as the model's part grows, -dCR/dP = bytesPerParam / rawBytes. For a term b P^-alpha that is
// P = (alpha b rawBytes / bytesPerParam)^(1/(1+alpha)); the sum is convex for every form that falls with size, so that the root
// is sought by bisection of log P. A law that does not fall with size has no optimum but no model: an error.
func AdjustedOptimum(f *Fit, steps, rawBytes, bytesPerParam float64) (*Adjusted, error) {
	for _, v := range []float64{steps, rawBytes, bytesPerParam} {
		if !(v > 0) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("fit: %g steps, %g raw bytes and %g bytes a parameter, expected positive numbers", steps, rawBytes, bytesPerParam)
		}
	}
	y := math.Log(steps / f.Reference.Steps)
	price := math.Log(bytesPerParam) - math.Log(rawBytes) + math.Log(f.Reference.Params)
	excess := func(x float64) float64 { // log(-dCR/dlog P) - log(cost's), which falls with x
		return math.Log(f.gain(x, y)) - price - x
	}
	const farthest = 256 // a factor of 10^111 from the reference
	low, high := -1.0, 1.0
	for excess(low) < 0 && low > -farthest {
		low *= 2
	}
	for excess(high) > 0 && high < farthest {
		high *= 2
	}
	if !(excess(low) >= 0 && excess(high) <= 0) {
		if f.gain(0, y) > 0 {
			return nil, fmt.Errorf("fit: the size of least adjusted ratio for %g raw bytes is farther than a factor of %.0e from %g parameters, where the points are",
				rawBytes, math.Exp(farthest), f.Reference.Params)
		}
		return nil, fmt.Errorf("fit: this law of the form %s does not fall with size after %g steps: there is no size of least adjusted ratio", f.Form.Name, steps)
	}
	for range 100 {
		middle := low + (high-low)/2
		if excess(middle) > 0 {
			low = middle
		} else {
			high = middle
		}
	}
	p := f.Reference.Params * math.Exp(low)
	a := &Adjusted{Params: p, Ratio: f.Value(p, steps)}
	a.Rate = a.Ratio + bytesPerParam*p/rawBytes
	return a, nil
}

// gain is -dCR/dlog P at x = log(P/P0), y = log(S/S0).
func (f *Fit) gain(x, y float64) (sum float64) {
	for j, t := range f.Form.terms {
		switch {
		case t.coupled: // alphaN times the part that size has in the parenthesis
			odds := f.Exponents[2] - x*f.Exponents[0]/f.Exponents[1] + y
			sum += f.AtReference[j] * math.Exp(t.logarithm(x, y, f.Exponents)) * f.Exponents[0] / (1 + math.Exp(-odds))
		case t.size >= 0:
			sum += f.AtReference[j] * math.Exp(t.logarithm(x, y, f.Exponents)) * f.Exponents[t.size]
		}
	}
	return sum
}
