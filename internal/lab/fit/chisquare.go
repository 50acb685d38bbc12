package fit

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mathext"
)

// ChiSquareTest is a law's residuals against the standard errors of the points.
type ChiSquareTest struct {
	Chi2 float64 // sum ((ratio - law) / SE)^2
	DF   int     // points less parameters
	P    float64 // how often errors of that size alone would make so much or more
	RMSE float64 // of the residuals
	SE   float64 // root mean square of the standard errors: what RMSE would be near if the law were true
}

// ChiSquare tests whether what fit leaves over is no more than the points' own errors.
//
// A Chi2 far above DF means that the law misses by more than the noise of the chunks that the ratios were measured on: the shape is
// wrong, or training itself scatters, and the standard errors of the chunks say nothing of how far the law can be trusted. It does
// not mean that the law is useless.
// The sum takes errors to be independent. Points measured on the same chunks share most of theirs: a chunk that is hard is hard for all
// models. A shared error moves all points together, which a law's constant takes up, so that independent parts are smaller than SE,
// Chi2 of a true law falls below DF, and P is too large: a small P is sound, a large one proves nothing.
//
// The law was fitted without weights; Chi2 is therefore not the least that the form can have, and errs upward a little where standard errors differ.
func ChiSquare(fit *Fit, points []Point) (*ChiSquareTest, error) {
	sorted, err := checked(points)
	if err != nil {
		return nil, err
	}
	if len(sorted) != fit.Points {
		return nil, fmt.Errorf("fit: no chi-square: found %d points and a law fitted to %d, expected the same", len(sorted), fit.Points)
	}
	unknown := 0
	for _, p := range sorted {
		if p.SE == 0 {
			unknown++
		}
	}
	if unknown > 0 {
		return nil, fmt.Errorf("fit: no chi-square: the standard error of %d of %d points is not known, expected all", unknown, len(sorted))
	}
	t := &ChiSquareTest{DF: len(sorted) - fit.Form.Parameters()}
	if t.DF < 1 {
		return nil, fmt.Errorf("fit: no chi-square: %d points for the %d parameters of %s leave nothing over", len(sorted), fit.Form.Parameters(), fit.Form.Name)
	}
	var residuals, errors float64
	for _, p := range sorted {
		r := p.Ratio - fit.Value(p.Params, p.Steps)
		t.Chi2 += r / p.SE * (r / p.SE)
		residuals += float64(r * r)
		errors += float64(p.SE * p.SE)
	}
	n := float64(len(sorted))
	t.RMSE, t.SE = math.Sqrt(residuals/n), math.Sqrt(errors/n)
	t.P = chi2Tail(t.Chi2, float64(t.DF))
	return t, nil
}

// chi2Tail is the chance that a chi-square with so many degrees of freedom is above x.
func chi2Tail(x, df float64) float64 {
	return mathext.GammaIncRegComp(df/2, x/2)
}
