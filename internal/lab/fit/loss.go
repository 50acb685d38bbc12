package fit

import (
	"fmt"
	"math"
	"slices"
)

// Loss is what an optimum makes as small as possible, summed over the points. The zero Loss is LeastSquares.
type Loss struct {
	Delta float64 // 0 for squares; of Huber's loss of log(law) - log(ratio), where it turns from square to straight
}

// LeastSquares is the loss of the published fits: the square of law - ratio.
var LeastSquares = Loss{}

// HoffmannDelta is what Hoffmann et al. (2022, section 3.3) chose.
const HoffmannDelta = 1e-3

func (l Loss) String() string {
	if l.Delta == 0 {
		return "least squares"
	}
	return fmt.Sprintf("Huber on the logarithm, delta %g", l.Delta)
}

// check says what is no loss.
func (l Loss) check() error {
	if !(l.Delta >= 0) || math.IsInf(l.Delta, 0) {
		return fmt.Errorf("fit: found a loss with delta %v, expected 0 for least squares or a positive number, %g as published", l.Delta, HoffmannDelta)
	}
	return nil
}

// huber is Huber's loss of a residual, and the weight that its square has in iterations (Huber 1964).
func (l Loss) huber(r float64) (loss, weight float64) {
	if a := math.Abs(r); a > l.Delta {
		return l.Delta * (a - l.Delta/2), l.Delta / a
	}
	return r * r / 2, 1
}

// logarithmic is Huber's loss of log(law) - log(ratio) as a problem in all parameters: the terms at the reference, then the searched
// variables. Each step solves a weighted least-squares problem whose sum lies nowhere below the loss (Holland and Welsch 1977).
type logarithmic struct {
	form    *Form
	loss    Loss
	x, y, z []float64 // log(P/P0), log(S/S0), log(ratio) of the points
	e       []float64
}

func (l *logarithmic) at(v []float64) (f float64, gradient [maxVariables]float64, curvature [maxVariables][maxVariables]float64) {
	scales := v[:len(l.form.terms)]
	l.form.exponents(l.e, v[len(scales):])
	var slope [maxVariables]float64
	for i := range l.z {
		clear(slope[:])
		value := 0.0
		for j, t := range l.form.terms {
			part := math.Exp(t.logarithm(l.x[i], l.y[i], l.e))
			slope[j] = part
			part *= scales[j]
			value += part
			for k, d := range t.derivatives(l.x[i], l.y[i], l.e) {
				if k < len(l.e) {
					slope[len(scales)+k] += part * d
				}
			}
		}
		if !(value > 0) {
			return math.Inf(1), gradient, curvature
		}
		for k, e := range l.form.Exponents {
			if e.Low > 0 {
				slope[len(scales)+k] *= l.e[k]
			}
		}
		r := math.Log(value) - l.z[i]
		loss, weight := l.loss.huber(r)
		f += 2 * loss
		for k := range v {
			slope[k] /= value
			gradient[k] += weight * r * slope[k]
			for m := range k + 1 {
				curvature[k][m] += weight * slope[k] * slope[m]
			}
		}
	}
	for k := range v {
		for m := range k {
			curvature[m][k] = curvature[k][m]
		}
	}
	return f, gradient, curvature
}

// robust moves a least-squares optimum to that of another loss. Descents begin there, in the valleys of the least-squares grid, and at
// a law that is nearly constant, which is positive everywhere.
func (x *exponentSearch) robust(f *Fit, sorted []Point) {
	form, terms := x.form, len(x.form.terms)
	l := &logarithmic{form: form, loss: f.Loss, e: make([]float64, len(form.Exponents))}
	for _, p := range sorted {
		l.x = append(l.x, math.Log(p.Params/f.Reference.Params))
		l.y = append(l.y, math.Log(p.Steps/f.Reference.Steps))
		l.z = append(l.z, math.Log(p.Ratio))
	}
	u := form.searched(f.Exponents)
	starts := [][]float64{append(slices.Clone(f.AtReference), u...)}
	for _, u := range x.starts() {
		form.exponents(x.e, u)
		x.solve(x.e)
		starts = append(starts, append(slices.Clone(x.scale), u...))
	}
	flat := make([]float64, terms)
	for j := range flat {
		flat[j] = x.cells.level / 1000
	}
	flat[0] = x.cells.level
	starts = append(starts, append(flat, u...))

	low, high := form.bounds()
	for range terms {
		low, high = append([]float64{math.Inf(-1)}, low...), append([]float64{math.Inf(1)}, high...)
	}
	best := math.Inf(1)
	for _, v := range starts {
		if loss, _, _ := l.at(v); math.IsInf(loss, 1) {
			continue
		}
		if loss := descend(l, v, low, high); loss < best {
			best = loss
			f.Objective = loss / 2
			copy(f.AtReference, v)
			form.exponents(f.Exponents, v[terms:])
		}
	}
	f.touch()
}
