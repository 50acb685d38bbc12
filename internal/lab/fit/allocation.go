package fit

import (
	"fmt"
	"math"
)

// Range is where points were measured. What a law says outside is extrapolation.
type Range struct{ LowParams, HighParams, LowSteps, HighSteps float64 }

// RangeOf is that of points; of none, its numbers are 0 and all is outside.
func RangeOf(points []Point) Range {
	var r Range
	for i, p := range points {
		if i == 0 {
			r = Range{p.Params, p.Params, p.Steps, p.Steps}
		}
		r.LowParams, r.HighParams = min(r.LowParams, p.Params), max(r.HighParams, p.Params)
		r.LowSteps, r.HighSteps = min(r.LowSteps, p.Steps), max(r.HighSteps, p.Steps)
	}
	return r
}

// Warnings say how far (params, steps) is outside; steps of a law in tokens are tokens.
func (r Range) Warnings(params, steps float64) []string {
	var list []string
	outside := func(name string, v, low, high float64) {
		switch {
		case v > high*(1+1e-9):
			list = append(list, fmt.Sprintf("%s %.4g is %.3g times the largest measured, %.4g: extrapolated", name, v, v/high, high))
		case v < low*(1-1e-9):
			list = append(list, fmt.Sprintf("%s %.4g is %.3g times the smallest measured, %.4g: extrapolated", name, v, v/low, low))
		}
	}
	outside("size", params, r.LowParams, r.HighParams)
	outside("training", steps, r.LowSteps, r.HighSteps)
	return list
}

// Allocation is how to spend a budget of compute.
type Allocation struct {
	FLOPs  float64
	Params float64
	Tokens float64 // of training, D
	Steps  float64
	Ratio  float64 // the law's

	// The frontier, over all budgets: Params grows as FLOPs^ParamsExponent, Tokens as FLOPs^(1 - ParamsExponent).
	ParamsExponent float64
}

// FLOPsPerParam is what training costs for each parameter and token (Kaplan et al. 2020, section 2.1): C = 6 P D.
const FLOPsPerParam = 6

// ComputeOptimal is the size and the tokens of least ratio for so many FLOPs of training, C = 6 P D, D being steps times tokensPerStep.
// Where the law is a + b P^-alpha + c S^-beta, the two terms fall equally fast there, alpha b P^-alpha = beta c S^-beta, so that
//
//	P = (alpha b / (beta c))^(1/(alpha+beta)) K^(beta/(alpha+beta)), K = P S = C / (6 tokensPerStep)
//
// (Hoffmann et al. 2022, eq. 4). The coupled law's parenthesis is a sum of the kind, with exponents alphaN/alphaD and 1. Laws that do not
// fall with both, and the multiplicative one, which falls fastest at an end whatever the budget, have no optimum: an error.
//
// It takes each step to see the same number of tokens for all sizes, and the ratio to be that of a model in mid-training: the
// published checkpoints share one long schedule of learning rates, under which early ones look worse than models trained for so
// long only (Hoffmann et al. 2022, appendix B).
func ComputeOptimal(f *Fit, flops, tokensPerStep float64) (*Allocation, error) {
	for _, v := range []float64{flops, tokensPerStep} {
		if !(v > 0) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("fit: %g FLOPs at %g tokens a step, expected positive numbers", flops, tokensPerStep)
		}
	}
	size, training, err := f.tradeoff()
	if err != nil {
		return nil, err
	}
	unit := tokensPerStep // tokens in what the law counts training by
	if f.Form.Tokens {
		unit = 1
	}
	product := math.Log(flops) - math.Log(FLOPsPerParam*unit) - math.Log(f.Reference.Params) - math.Log(f.Reference.Steps)
	sum := size.exponent + training.exponent
	x := (math.Log(size.exponent*size.scale/(training.exponent*training.scale)) + training.exponent*product) / sum
	a := &Allocation{FLOPs: flops, Params: f.Reference.Params * math.Exp(x), ParamsExponent: training.exponent / sum}
	a.Tokens = flops / (FLOPsPerParam * a.Params)
	a.Steps = a.Tokens / tokensPerStep
	a.Ratio = f.Value(a.Params, a.Tokens/unit)
	for _, v := range []float64{a.Params, a.Tokens, a.Ratio} {
		if !(v > 0) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("fit: %g FLOPs lie so far from the points that the law %s gives size %g, tokens %g and ratio %g", flops, f.Form.Name, a.Params, a.Tokens, a.Ratio)
		}
	}
	return a, nil
}

// decay is a term scale e^(-exponent x), x the logarithm of size or training over the reference.
type decay struct{ scale, exponent float64 }

// tradeoff is the law's term of size and that of training, between which compute is shared out.
func (f *Fit) tradeoff() (size, training decay, err error) {
	for j, t := range f.Form.terms {
		switch {
		case t.coupled:
			balance := f.Exponents[2]
			size = decay{1 / (1 + math.Exp(-balance)), f.Exponents[0] / f.Exponents[1]}
			training = decay{1 / (1 + math.Exp(balance)), 1}
		case t.size >= 0 && t.training >= 0:
			return size, training, fmt.Errorf("fit: the form %s has no compute optimum: on any budget the best size is at an end", f.Form.Name)
		case t.size >= 0:
			size = decay{f.AtReference[j], f.Exponents[t.size]}
		case t.training >= 0:
			training = decay{f.AtReference[j], f.Exponents[t.training]}
		}
	}
	if !(size.scale > 0 && training.scale > 0) {
		return size, training, fmt.Errorf("fit: this law of the form %s has no compute optimum: its terms of size and of training are %g and %g at the reference, expected both above 0",
			f.Form.Name, size.scale, training.scale)
	}
	return size, training, nil
}
