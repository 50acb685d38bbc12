package fit_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"lmz/internal/lab/fit"
)

// TestMeasurementCoverage: the interval holds 94% to 96% of new measurements, inside the points and beyond them.
func TestMeasurementCoverage(t *testing.T) {
	if testing.Short() {
		t.Skip("not under the race detector: it takes long, and nothing in it is concurrent that others have not")
	}
	const simulations, sigma = 100, 0.007
	r := rand.New(rand.NewPCG(5, 1))
	places := []fit.Reference{{Params: 4e8, Steps: 2e4}, {Params: 2.8e9, Steps: 143e3}}
	held := make([]float64, len(places))
	for seed := range uint64(simulations) {
		points := grid(text, sigma, r)
		f, err := fit.Optimum(form(t, "published"), points, fit.LeastSquares)
		if err != nil {
			t.Fatal(err)
		}
		draws, err := fit.Bootstrap(context.Background(), f, points, 60, seed)
		if err != nil {
			t.Fatal(err)
		}
		for k, at := range places {
			of := func(f *fit.Fit) float64 { return f.Value(at.Params, at.Steps) }
			i := f.Measurement(of(f), draws.Interval(of))
			above := func(v float64) float64 { return math.Erfc((v-text(at.Params, at.Steps))/sigma/math.Sqrt2) / 2 }
			held[k] += (above(i.Low) - above(i.High)) / simulations
		}
	}
	for k, at := range places {
		if !(held[k] > 0.94 && held[k] < 0.96) {
			t.Errorf("%+v: the interval holds %.1f%% of new measurements, want 94%% to 96%%", at, 100*held[k])
		}
	}
}
