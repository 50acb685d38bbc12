package fit_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"lmz/internal/lab/fit"
)

// TestLeaveOneOut: against scipy 1.17 (each of 25 fits by Nelder-Mead over numpy's lstsq, from the best five of 36 starts).
func TestLeaveOneOut(t *testing.T) {
	groups := published(t)
	for _, c := range []struct {
		data, form  string
		rmse, naive float64
	}{
		{"enwik8", "published", 0.00904333388051048, 0.00889361465230084},
		{"enwik8", "kaplan-ns", 0.008610148334208848, 0.00889361465230084},
		{"enwik8", "steps", 0.019104963881766614, 0.00889361465230084},
		{"enwik8", "constant", 0.035870767273809195, 0.00889361465230084},
		{"imagenet", "kaplan-ns", 0.02505889298413808, 0.02222092078713572},
		{"librispeech", "steps", 0.03811672843670513, 0.03734630947093854},
	} {
		p, err := fit.LeaveOneOut(form(t, c.form), groups[c.data], fit.LeastSquares)
		if err != nil {
			t.Fatal(err)
		}
		if !near(p.RMSE, c.rmse, 1e-5) || !near(p.NaiveRMSE, c.naive, 1e-12) || !near(p.ToNaive, c.rmse/c.naive, 1e-5) || len(p.Errors) != 25 || p.Fitted != 24 {
			t.Errorf("%s, %s: RMSE %v, naive %v, want %v and %v", c.data, c.form, p.RMSE, p.NaiveRMSE, c.rmse, c.naive)
		}
	}
	exact := grid(text, 0, rand.New(rand.NewPCG(1, 1)))
	p, err := fit.LeaveOneOut(form(t, "published"), exact, fit.LeastSquares)
	if err != nil || p.RMSE > 1e-9 || math.Abs(p.Bias) > 1e-9 || p.NaiveRMSE < 1e-4 {
		t.Errorf("of a law without noise: RMSE %v, naive %v (%v), want 0 and more", p.RMSE, p.NaiveRMSE, err)
	}
	_, err = fit.LeaveOneOut(form(t, "published"), exact[:5], fit.LeastSquares)
	wantError(t, err, "without the point of size")
	_, err = fit.LeaveOneOut(form(t, "constant"), exact[:1], fit.LeastSquares)
	wantError(t, err, "found 1 points")
	_, err = fit.LeaveOneOut(form(t, "constant"), make([]fit.Point, 3), fit.LeastSquares)
	wantError(t, err, "its size is 0")
}

func TestCopyNearest(t *testing.T) {
	measured := []fit.Point{{Params: 1, Steps: 1, Ratio: 5}, {Params: 1, Steps: 100, Ratio: 7}, {Params: 100, Steps: 100, Ratio: 11}, {Params: 100, Steps: 100, Ratio: 13}}
	for _, c := range []struct{ params, steps, want float64 }{
		{1, 1, 5},
		{1, 9, 5},
		{1, 10, 6},     // equally near to two
		{1, 11, 7},     // by logarithm, not by difference
		{100, 1e6, 12}, // a repeated row is its mean
		{9, 1000, 7},
		{11, 1000, 12},
		{1000, 1, 12},
		{1e-9, 2, 5},
	} {
		if got := fit.CopyNearest(measured, c.params, c.steps); got != c.want {
			t.Errorf("nearest to %v, %v: %v, want %v", c.params, c.steps, got, c.want)
		}
	}
	if got := fit.CopyNearest(nil, 1, 1); !math.IsNaN(got) {
		t.Errorf("of nothing: %v, want NaN", got)
	}
	// Against looking at all.
	r := rand.New(rand.NewPCG(2, 3))
	var points []fit.Point
	for range 300 {
		points = append(points, fit.Point{Params: math.Exp(3 * r.NormFloat64()), Steps: math.Exp(r.NormFloat64()), Ratio: r.Float64()})
	}
	for range 300 {
		p, s := math.Exp(3*r.NormFloat64()), math.Exp(r.NormFloat64())
		least, want := math.Inf(1), 0.0
		for _, x := range points {
			if d := math.Hypot(math.Log(x.Params/p), math.Log(x.Steps/s)); d < least {
				least, want = d, x.Ratio
			}
		}
		if got := fit.CopyNearest(points, p, s); got != want {
			t.Errorf("nearest to %v, %v: %v, want %v", p, s, got, want)
		}
	}
}
