package fit

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Fit is a law: a form with numbers, and how well they agree with the points they were fitted to.
type Fit struct {
	Form      *Form
	Loss      Loss
	Points    int
	Reference Reference
	Exponents []float64 // in the order of Form.Exponents
	// AtReference are the terms at the reference, in the order of Form.Scales.
	AtReference []float64
	Objective   float64 // the sum of the loss
	SSE         float64 // the sum of squares of law - ratio
	R2          float64 // 1 - SSE / the sum of squares round the mean; NaN where all ratios are equal
	RMSE        float64 // sqrt(SSE / points)
	Bounds      []int   // of each exponent: -1 and 1 where it is at the lower and upper bound of the search, 0 between
	Warnings    []string
}

// Value is the law's ratio for a model of so many parameters after so many steps (of forms in tokens, tokens).
func (f *Fit) Value(params, steps float64) float64 {
	x, y := math.Log(params/f.Reference.Params), math.Log(steps/f.Reference.Steps)
	var sum float64
	for j, t := range f.Form.terms {
		sum += f.AtReference[j] * math.Exp(t.logarithm(x, y, f.Exponents))
	}
	return sum
}

// Coefficients are those of the formula, in the order of Form.Coefficients: terms at P = S = 1. Most are extrapolated far from the
// points and not identified alone; compare AtReference.
func (f *Fit) Coefficients() []float64 {
	return f.Form.atOne(f.Reference, f.AtReference, f.Exponents)
}

// bigGrid is the number of cells from which on starts are sought on means of cells nearby.
const bigGrid = 4096

// Optimum is the law of that form with the least loss over the points, at least as many as the form has parameters. The linear
// coefficients have no bounds; exponents have those of the form. The search begins at every valley of a coarse grid and is the
// same for the same points in any order. An error says which parameter the points cannot identify, whatever their ratios are.
func Optimum(form *Form, points []Point, loss Loss) (*Fit, error) {
	if err := loss.check(); err != nil {
		return nil, err
	}
	sorted, err := checked(points)
	if err != nil {
		return nil, err
	}
	if err := form.enough(sorted); err != nil {
		return nil, err
	}
	c := group(sorted, reference(sorted))
	x := &exponentSearch{newProjection(form, c), make([]float64, len(form.Exponents))}
	u := x.search()
	f := x.fit(u, loss)
	if err := x.identified(f); err != nil {
		return nil, err
	}
	if loss != LeastSquares {
		x.robust(f, sorted)
	}
	f.measure(sorted)
	f.warn(c)
	return f, nil
}

// enough says what is missing where the points' number or places cannot give the form's parameters.
func (form *Form) enough(sorted []Point) error {
	n := len(sorted)
	if n < form.Parameters() {
		return fmt.Errorf("fit: found %d points, the form %s has %d parameters: measure more, or fit a form with fewer", n, form.Name, form.Parameters())
	}
	if len(form.Exponents) > 0 && !slices.ContainsFunc(sorted, func(p Point) bool { return p.Ratio != sorted[0].Ratio }) {
		return fmt.Errorf("fit: all %d ratios are %v, so nothing can be told of an exponent: fit the form constant", n, sorted[0].Ratio)
	}
	return nil
}

// search is where the sum of squares is least, in searched variables.
func (x *exponentSearch) search() []float64 {
	low, high := x.form.bounds()
	var best []float64
	least := math.Inf(1)
	for _, u := range x.starts() {
		if sse := descend(x, u, low, high); best == nil || sse < least {
			best, least = u, sse
		}
	}
	return best
}

// starts are where descents begin: the valleys of the grid, or of many cells the lowest of coarser ones.
func (x *exponentSearch) starts() [][]float64 {
	if len(x.cells.p) <= bigGrid {
		return x.valleys([]int{1, 24, 12, 7}[len(x.e)])
	}
	rough := &exponentSearch{newProjection(x.form, x.cells.coarse()), make([]float64, len(x.e))}
	return [][]float64{rough.search()}
}

// fit is the law at u.
func (x *exponentSearch) fit(u []float64, loss Loss) *Fit {
	f := &Fit{Form: x.form, Loss: loss, Reference: x.cells.at, Points: int(x.cells.total), Exponents: make([]float64, len(u)), Bounds: make([]int, len(u))}
	x.form.exponents(f.Exponents, u)
	f.SSE = x.solve(f.Exponents)
	f.Objective = f.SSE
	f.AtReference = slices.Clone(x.scale)
	f.touch()
	return f
}

// touch notes which exponents are at a bound.
func (f *Fit) touch() {
	for k, e := range f.Form.Exponents {
		f.Bounds[k] = 0
		if f.Exponents[k] <= e.Low {
			f.Bounds[k] = -1
		} else if f.Exponents[k] >= e.High {
			f.Bounds[k] = 1
		}
	}
}

// identified says which parameters the places of the points cannot tell from the others at any ratios: those whose derivative of the
// law is a sum of the others', as that of b P^-alpha is where all points have one P.
func (x *exponentSearch) identified(f *Fit) error {
	x.solve(f.Exponents)
	var names []string
	for j, name := range x.form.Scales {
		if x.r[j][j] == 0 {
			names = append(names, name)
		}
	}
	for j := range x.linear {
		x.linear[j] = 1 // whether the term's coefficient happens to be 0 is a matter of the ratios
	}
	own := x.slopes(f.Exponents)
	for k, slope := range x.slope {
		for _, before := range x.slope[:k] {
			if norm := dot(before, before); norm > 0 {
				takeOut(slope, before, dot(slope, before)/norm)
			}
		}
		if !(math.Sqrt(dot(slope, slope)) > dependent*own[k]) {
			clear(slope)
			names = append(names, x.form.Exponents[k].Name)
		}
	}
	if names == nil {
		return nil
	}
	return fmt.Errorf("fit: points of %d sizes and %d lengths of training cannot identify %s of the form %s: measure at more sizes or checkpoints, or fit a form without",
		len(x.cells.logP), len(x.cells.logS), strings.Join(names, ", "), x.form.Name)
}

// measure sets the sums over points that a fit is judged by.
func (f *Fit) measure(points []Point) {
	f.Points = len(points)
	level := 0.0
	for _, p := range points {
		level += p.Ratio
	}
	level /= float64(len(points))
	variation := 0.0
	f.SSE = 0
	for _, p := range points {
		d, v := p.Ratio-f.Value(p.Params, p.Steps), p.Ratio-level
		f.SSE += float64(d * d)
		variation += float64(v * v)
	}
	if f.Loss == LeastSquares {
		f.Objective = f.SSE
	}
	f.R2 = math.NaN()
	if variation > 0 {
		f.R2 = 1 - f.SSE/variation
	}
	f.RMSE = math.Sqrt(f.SSE / float64(len(points)))
}

// Score is a law with given coefficients of the formula (in the order of Form.Coefficients, as printed in a paper) and exponents,
// with its sums over the points; it is not fitted, so tests and AICc mean nothing of it. Of the coupled law the exponents are alphaN and alphaD: the balance follows.
func Score(form *Form, coefficients, exponents []float64, points []Point) (*Fit, error) {
	sorted, err := checked(points)
	if err != nil {
		return nil, err
	}
	want := len(form.Exponents)
	if form.terms[0].coupled {
		want = 2
	}
	if len(sorted) == 0 || len(coefficients) != len(form.Coefficients) || len(exponents) != want {
		return nil, fmt.Errorf("fit: found %d points, %d coefficients and %d exponents, expected points and %d and %d for the form %s",
			len(sorted), len(coefficients), len(exponents), len(form.Coefficients), want, form.Name)
	}
	f := &Fit{Form: form, Reference: reference(sorted), Exponents: make([]float64, len(form.Exponents)), Bounds: make([]int, len(form.Exponents))}
	copy(f.Exponents, exponents)
	f.AtReference = form.atReference(f.Reference, coefficients, f.Exponents)
	if f.measure(sorted); math.IsNaN(f.SSE) || math.IsInf(f.SSE, 0) {
		return nil, fmt.Errorf("fit: the coefficients %v and exponents %v give no finite ratios at the points, expected those of a law %s", coefficients, exponents, form.Formula)
	}
	return f, nil
}
