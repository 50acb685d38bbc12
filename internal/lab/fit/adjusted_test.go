package fit_test

import (
	"math"
	"testing"

	"lmz/internal/lab/fit"
)

// TestAdjustedOptimum: against scipy's minimize_scalar, the closed form, and a golden section of the law's own value.
func TestAdjustedOptimum(t *testing.T) {
	groups := published(t)
	for data, want := range map[string][2]float64{"enwik8": {2909823651, 0.12139682814597866}, "imagenet": {3939852321, 0.4472829637388397}, "librispeech": {1488177183.8, 0.4065645651556017}} {
		f := optimum(t, "published", groups[data])
		a, err := fit.AdjustedOptimum(f, 143e3, 1e12, 2)
		if err != nil {
			t.Fatal(err)
		}
		if !near(a.Params, want[0], 1e-4) || !near(a.Rate, want[1], 1e-8) || !near(a.Rate, a.Ratio+2*a.Params/1e12, 1e-14) {
			t.Errorf("%s: %+v, want size %v and rate %v", data, a, want[0], want[1])
		}
		alpha, b := f.Exponents[0], f.Coefficients()[1]
		if closed := math.Pow(alpha*b*1e12/2, 1/(1+alpha)); !near(a.Params, closed, 1e-10) {
			t.Errorf("%s: size %v, in closed form %v", data, a.Params, closed)
		}
	}
	for _, name := range []string{"published", "kaplan-ns", "chinchilla", "kaplan-nd", "multiplicative", "params"} {
		f := optimum(t, name, groups["enwik8"])
		for _, raw := range []float64{1e6, 1e9, 1e13} {
			a, err := fit.AdjustedOptimum(f, 32e3, raw, 1)
			if err != nil {
				t.Fatal(err)
			}
			x := golden(-10, 10, func(x float64) float64 { p := a.Params * math.Exp(x); return f.Value(p, 32e3) + p/raw })
			if math.Abs(x) > 1e-5 {
				t.Errorf("%s, %g bytes: the least rate is at %v times %v", name, raw, math.Exp(x), a.Params)
			}
		}
	}
	f := optimum(t, "published", groups["enwik8"])
	for _, bad := range [][3]float64{{0, 1, 1}, {1, math.NaN(), 1}, {1, 1, -1}, {math.Inf(1), 1, 1}} {
		_, err := fit.AdjustedOptimum(f, bad[0], bad[1], bad[2])
		wantError(t, err, "expected positive")
	}
	for _, raw := range []float64{1e-300, 1e300} {
		_, err := fit.AdjustedOptimum(f, 1e3, raw, 2)
		wantError(t, err, "is farther than a factor of 2e+111 from")
	}
	for _, name := range []string{"steps", "constant"} {
		_, err := fit.AdjustedOptimum(optimum(t, name, groups["enwik8"]), 1e3, 1e9, 2)
		wantError(t, err, "does not fall with size")
	}
	rising, err := fit.Score(form(t, "params"), []float64{1, -1}, []float64{0.5}, groups["enwik8"])
	if err != nil {
		t.Fatal(err)
	}
	_, err = fit.AdjustedOptimum(rising, 1e3, 1e9, 2)
	wantError(t, err, "does not fall with size")
}
