package fit_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"lmz/internal/lab/fit"
)

// TestAICc: the formula in Python on scipy's SSE.
func TestAICc(t *testing.T) {
	points := published(t)["enwik8"]
	var list []float64
	for _, c := range []struct {
		name string
		want float64
	}{{"published", -235.3279794730493}, {"kaplan-ns", -237.15197855613718}, {"steps", -193.1674150365334}, {"multiplicative", -200.54720030279242}} {
		got, err := fit.AICc(optimum(t, c.name, points))
		if err != nil || !near(got, c.want, 1e-8) {
			t.Errorf("%s: %v (%v), want %v", c.name, got, err, c.want)
		}
		list = append(list, got)
	}
	w := fit.AkaikeWeights(list)
	if !near(w[0]+w[1]+w[2]+w[3], 1, 1e-14) || !near(w[0]/w[1], math.Exp((list[1]-list[0])/2), 1e-12) || w[2] > 1e-8 {
		t.Errorf("weights %v, want them to sum to 1, the second the largest", w)
	}
	_, err := fit.AICc(optimum(t, "published", []fit.Point{points[0], points[1], points[2], points[5], points[6], points[10], points[11]}))
	wantError(t, err, "8 points at least")
	_, err = fit.AICc(optimum(t, "published", grid(text, 0, rand.New(rand.NewPCG(1, 1)))))
	wantError(t, err, "to rounding")
}

func compare(t *testing.T, first, second string, points []fit.Point) *fit.Comparison {
	t.Helper()
	var left [2]*fit.Prediction
	for i, name := range []string{first, second} {
		var err error
		if left[i], err = fit.LeaveOneOut(form(t, name), points, fit.LeastSquares); err != nil {
			t.Fatal(err)
		}
	}
	c, err := fit.Compare(optimum(t, first, points), optimum(t, second, points), left)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCompare(t *testing.T) {
	points := published(t)["enwik8"]
	c := compare(t, "published", "constant", points)
	if c.Better != -1 || c.Interval.High >= 0 || c.Interval.Low > c.Difference || !near(c.Difference, c.RMSE[0]-c.RMSE[1], 1e-12) || c.Weights[0] < 0.999 {
		t.Errorf("published against constant: %+v, want the first better", c)
	}
	back := compare(t, "constant", "published", reversed(points))
	if back.Better != 1 || back.Interval.Low != -c.Interval.High || back.Interval.High != -c.Interval.Low {
		t.Errorf("the other way round: %+v, want the mirror of %+v", back, c)
	}
	same := compare(t, "published", "published", points)
	if same.Better != 0 || same.Difference != 0 || same.Interval.Low != 0 || same.Interval.High != 0 || same.Weights[0] != 0.5 {
		t.Errorf("a form against itself: %+v, want no difference", same)
	}
	if c := compare(t, "published", "kaplan-ns", points); c.Better != 0 || c.Interval.Low >= c.Difference || c.Interval.High <= c.Difference {
		t.Errorf("published against kaplan-ns: %+v, want no verdict", c)
	}
	left, err := fit.LeaveOneOut(form(t, "constant"), points, fit.LeastSquares)
	if err != nil {
		t.Fatal(err)
	}
	_, err = fit.Compare(optimum(t, "constant", points), optimum(t, "steps", points[1:]), [2]*fit.Prediction{left, left})
	wantError(t, err, "expected the same points")
}

// TestCompareCoverage: of 25 points the interval holds the true difference about 95 times of 100, here 0: two constant predictions,
// 1 above and 1 below the mean of symmetric errors.
func TestCompareCoverage(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 1))
	held, draws := 0, 200
	for range draws {
		a, b := &fit.Prediction{}, &fit.Prediction{}
		var points []fit.Point
		for i := range 25 {
			e := r.NormFloat64()
			points = append(points, fit.Point{Params: 1, Steps: float64(1 + i), Ratio: 10 + e})
			a.Errors, b.Errors = append(a.Errors, e+1), append(b.Errors, e-1)
		}
		a.Test, b.Test = points, points
		f := optimum(t, "constant", points)
		c, err := fit.Compare(f, f, [2]*fit.Prediction{a, b})
		if err != nil {
			t.Fatal(err)
		}
		if c.Better == 0 {
			held++
		}
	}
	if got := float64(held) / float64(draws); got < 0.92 || got > 0.98 {
		t.Errorf("the interval holds the truth %v of the time, want 0.92 to 0.98", got)
	}
}
