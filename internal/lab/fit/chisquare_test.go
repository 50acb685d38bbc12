package fit_test

import (
	"math/rand/v2"
	"testing"

	"lmz/internal/lab/fit"
)

func TestChiSquare(t *testing.T) {
	// Hand work: a constant of 2, residuals -1, 0, 1, errors 0.5, 1, 2.
	points := []fit.Point{{Params: 1, Steps: 1, Ratio: 1, SE: 0.5}, {Params: 2, Steps: 1, Ratio: 2, SE: 1}, {Params: 3, Steps: 1, Ratio: 3, SE: 2}}
	got, err := fit.ChiSquare(optimum(t, "constant", points), points)
	if err != nil {
		t.Fatal(err)
	}
	// scipy.stats.chi2.sf(4.25, 2) = exp(-4.25/2)
	if !near(got.Chi2, 4.25, 1e-14) || got.DF != 2 || !near(got.P, 0.11943296826671962, 1e-12) || !near(got.RMSE, 0.816496580927726, 1e-12) || !near(got.SE, 1.3228756555322954, 1e-12) {
		t.Errorf("%+v, want 4.25 of 2, P 0.1194", got)
	}
	points[1].SE = 0
	_, err = fit.ChiSquare(optimum(t, "constant", points), points)
	wantError(t, err, "1 of 3 points is not known")
	_, err = fit.ChiSquare(optimum(t, "constant", points), points[:2])
	wantError(t, err, "expected the same")
	points[1].SE = 1
	_, err = fit.ChiSquare(optimum(t, "constant", points[:1]), points[:1])
	wantError(t, err, "leave nothing over")
}

// TestChiSquareSize: P is uniform where the law is true and the standard errors are right, and about 0 where they are too small.
func TestChiSquareSize(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	var ps, small []float64
	for range 150 {
		points := grid(text, 0.0005, r)
		for i := range points {
			points[i].SE = 0.0005
		}
		f := optimum(t, "published", points)
		got, err := fit.ChiSquare(f, points)
		if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, got.P)
		for i := range points {
			points[i].SE = 0.0003
		}
		if got, err = fit.ChiSquare(f, points); err != nil {
			t.Fatal(err)
		}
		small = append(small, got.P)
	}
	if d := uniform(ps); d > 1.63 {
		t.Errorf("P under the null: a distance of %.3g from uniform, want 1.63 at most", d)
	}
	if d := uniform(small); d < 5 {
		t.Errorf("P with errors stated too small: a distance of %.3g from uniform, want a large one", d)
	}
}
