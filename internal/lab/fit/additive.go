package fit

import (
	"fmt"
	"math"
)

// AdditiveBound is what the best of all laws f(P) + g(S) leaves over, whatever f and g: the two-way analysis of variance without
// interaction (Fisher 1925). No law that adds a term of size to a term of training can do better; a form that comes near has little
// left to find, and what the bound itself leaves over is interaction of P and S, or noise.
type AdditiveBound struct {
	Sizes, Steps int     // levels: different P and different S
	Repeats      int     // points in each of the cells
	SSE          float64 // the sum of squares left over
	DF           int     // its degrees of freedom
	R2           float64 // 1 - SSE / the sum of squares round the mean; NaN where all ratios are equal

	// Of points that repeat a (P, S): the sum of squares round the means of the cells, which no law can go below, and its degrees of
	// freedom. 0 and 0 without repeats.
	PureSSE float64
	PureDF  int
}

// Additive is the bound of points on a full grid: each of at least two sizes at each of at least two steps, equally often. Of other
// points it is an error that says what is missing.
func Additive(points []Point) (*AdditiveBound, error) {
	sorted, err := checked(points)
	if err != nil {
		return nil, err
	}
	if len(sorted) == 0 {
		return nil, fmt.Errorf("fit: no points, expected a grid of sizes and steps")
	}
	c := group(sorted, reference(sorted))
	sizes, steps, all := len(c.logP), len(c.logS), len(c.mean)
	if sizes < 2 || steps < 2 {
		return nil, fmt.Errorf("fit: no additive bound: %d different sizes and %d different steps, expected two of each at least", sizes, steps)
	}
	if all != sizes*steps { // both are at most the number of points, so that the product is no overflow
		return nil, fmt.Errorf("fit: no additive bound: the grid of %d sizes and %d steps is not full, %d of its %d cells are measured", sizes, steps, all, sizes*steps)
	}
	for _, w := range c.weight {
		if w != c.weight[0] {
			return nil, fmt.Errorf("fit: no additive bound: a cell of the grid has %g points and another has %g, expected equally many", c.weight[0], w)
		}
	}
	size, step := make([]float64, sizes), make([]float64, steps) // means of rows and of columns
	for i, y := range c.mean {
		size[c.p[i]] += y / float64(steps)
		step[c.s[i]] += y / float64(sizes)
	}
	repeats := int(c.weight[0])
	b := &AdditiveBound{Sizes: sizes, Steps: steps, Repeats: repeats, PureSSE: c.within, PureDF: all * (repeats - 1)}
	for i, y := range c.mean {
		r := y - size[c.p[i]] - step[c.s[i]] + c.level
		b.SSE += float64(r * r)
	}
	b.SSE = b.SSE*float64(repeats) + c.within
	b.DF = len(sorted) - (sizes + steps - 1)
	b.R2 = math.NaN()
	if c.variation > 0 {
		b.R2 = 1 - b.SSE/c.variation
	}
	return b, nil
}

// FTest tests an additive law against the bound of the points that it was fitted to: a small P says that no law of its form is enough,
// and that other functions of P and S would do better.
func (b *AdditiveBound) FTest(f *Fit) (FRatio, error) {
	df := f.Points - f.Form.Parameters() - b.DF
	for _, t := range f.Form.terms {
		if t.size >= 0 && t.training >= 0 {
			return FRatio{}, fmt.Errorf("fit: the form %s is no sum of a function of P and one of S, expected one for the test against the additive bound", f.Form.Name)
		}
	}
	if f.Loss != LeastSquares || df < 1 || f.SSE < b.SSE*(1-1e-9) || !(b.SSE > 0) {
		return FRatio{}, fmt.Errorf("fit: SSE %g of %d points by %s and an additive bound of %g, %d degrees of freedom above, expected least squares, the same points, and some above", f.SSE, f.Points, f.Loss, b.SSE, df)
	}
	return fRatio(b.SSE, f.SSE, b.DF, df), nil
}
