package fit_test

import (
	"math"
	"testing"

	"lmz/internal/lab/fit"
)

// TestHuber: the optima of Huber's loss of the logarithm, as scipy finds them (Nelder-Mead in all five parameters, begun anew six times
// from each of 40 random starts).
func TestHuber(t *testing.T) {
	groups := published(t)
	for _, c := range []struct {
		data                      string
		objective, a, alpha, beta float64
	}{
		{"enwik8", 0.000567795453996902, 0.10103642, 0.5151249, 0.64606336},
		{"imagenet", 0.0006921148641705594, 0.42095576, 0.60096938, 0.58346958},
		{"librispeech", 0.001271620257501766, 0.36893142, 0.49708392, 0.95877772},
	} {
		f, err := fit.Optimum(form(t, "published"), groups[c.data], fit.Loss{Delta: fit.HoffmannDelta})
		if err != nil {
			t.Fatal(err)
		}
		if !near(f.Objective, c.objective, 1e-8) || !near(f.AtReference[0], c.a, 1e-5) || !near(f.Exponents[0], c.alpha, 1e-5) || !near(f.Exponents[1], c.beta, 1e-5) {
			t.Errorf("%s: loss %.12g, a %v, exponents %v, want %+v", c.data, f.Objective, f.AtReference[0], f.Exponents, c)
		}
	}
}

// TestNoLaw: what is no loss, or no law, is an error and no number.
func TestNoLaw(t *testing.T) {
	points := published(t)["enwik8"]
	for _, delta := range []float64{-1, math.NaN(), math.Inf(1)} {
		if f, err := fit.Optimum(form(t, "published"), points, fit.Loss{Delta: delta}); err == nil {
			t.Errorf("delta %v: %+v and no error", delta, f)
		}
	}
	for _, c := range []struct {
		form                    string
		coefficients, exponents []float64
	}{
		{"published", []float64{math.NaN(), 1, 1}, []float64{0.5, 0.5}},
		{"published", []float64{0.1, math.Inf(1), 1}, []float64{0.5, 0.5}},
		{"published", []float64{0.1, 1, 1}, []float64{-100, 0.5}},
		{"kaplan-nd", []float64{-1, 1}, []float64{0.5, 0.5}},
	} {
		if f, err := fit.Score(form(t, c.form), c.coefficients, c.exponents, points); err == nil {
			t.Errorf("%+v: %+v and no error", c, f)
		}
	}
}
