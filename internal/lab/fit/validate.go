package fit

import (
	"fmt"
	"math"
)

// Prediction is how well a law predicts points that it was not fitted to, and how well a copy of the nearest measured row does.
type Prediction struct {
	Held   string    // what was held out, in words
	Fitted int       // points that the law was fitted to
	Test   []Point   // those held out, by size, steps and ratio
	Errors []float64 // of each: law - ratio
	Naive  []float64 // of each: nearest row - ratio, see CopyNearest

	RMSE, Bias           float64 // of Errors: root mean square and mean
	NaiveRMSE, NaiveBias float64 // of Naive
	ToNaive              float64 // RMSE / NaiveRMSE: below 1 where the law is worth having; NaN where both are 0

	Warnings []string // of the fit to what was left
}

// MaxLeftOut is the most points that are left out one by one: 200 take seconds for all forms, 1,000 minutes, and one of so many says little.
const MaxLeftOut = 200

// LeaveOneOut predicts each point by the law fitted to the others. Points in the middle of others are easy: HoldOut asks for more.
func LeaveOneOut(form *Form, points []Point, loss Loss) (*Prediction, error) {
	sorted, err := checked(points)
	if err != nil {
		return nil, err
	}
	n := len(sorted)
	if n < 2 || n > MaxLeftOut {
		return nil, fmt.Errorf("fit: found %d points, expected 2 to %d to leave out one by one: hold out the largest model or the last checkpoints", n, MaxLeftOut)
	}
	p := &Prediction{Held: "each point once", Fitted: n - 1, Test: sorted}
	rest := make([]Point, n-1)
	bounds := 0
	for i, held := range sorted {
		copy(rest, sorted[:i])
		copy(rest[i:], sorted[i+1:])
		f, err := Optimum(form, rest, loss)
		if err != nil {
			return nil, fmt.Errorf("fit: without the point of size %g at %g: %w", held.Params, held.Steps, err)
		}
		if f.atBound() {
			bounds++
		}
		p.Errors = append(p.Errors, f.Value(held.Params, held.Steps)-held.Ratio)
		p.Naive = append(p.Naive, CopyNearest(rest, held.Params, held.Steps)-held.Ratio)
	}
	if bounds > 0 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%d of %d fits have an exponent at a bound of the search", bounds, n))
	}
	p.sum()
	return p, nil
}

func (f *Fit) atBound() bool {
	for _, b := range f.Bounds {
		if b != 0 {
			return true
		}
	}
	return false
}

// sum sets what follows from the errors.
func (p *Prediction) sum() {
	p.RMSE, p.Bias = moments(p.Errors)
	p.NaiveRMSE, p.NaiveBias = moments(p.Naive)
	p.ToNaive = p.RMSE / p.NaiveRMSE
}

func moments(x []float64) (rms, mean float64) {
	for _, v := range x {
		rms += float64(v * v)
		mean += v
	}
	n := float64(len(x))
	return math.Sqrt(rms / n), mean / n
}
