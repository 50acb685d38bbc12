package fit_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"lmz/internal/lab/fit"
)

// TestHoldOut: against scipy 1.17 (Nelder-Mead over numpy's lstsq) and numpy.
func TestHoldOut(t *testing.T) {
	groups := published(t)
	largest := func(points []fit.Point) (fit.Split, error) { return fit.LargestModel(points) }
	last := func(count int) func(points []fit.Point) (fit.Split, error) {
		return func(points []fit.Point) (fit.Split, error) { return fit.LastCheckpoints(points, count) }
	}
	for _, c := range []struct {
		data, form             string
		split                  func([]fit.Point) (fit.Split, error)
		tested                 int
		rmse, bias             float64
		naiveRMSE, naiveSigned float64
	}{
		{"enwik8", "published", largest, 5, 0.006511411233446015, 0.0012564316580023383, 0.0038671852922795755, 0.0034032209865889227},
		{"enwik8", "published", last(1), 5, 0.008084548225026932, -0.0006529657458019256, 0.001223741556503398, -0.0005836277634753446},
		{"enwik8", "published", last(2), 10, 0.00985623546464771, 5.790819611220799e-05, 0.006608147382812919, 0.003971700404476562},
		{"enwik8", "kaplan-ns", largest, 5, 0.006807266467989281, -0.0023756582604522376, 0.0038671852922795755, 0.0034032209865889227},
		{"imagenet", "steps", last(2), 10, 0.03000368197857259, 0.0021413185585195506, 0.021836130718746603, 0.007322919299364422},
		{"librispeech", "kaplan-ns", last(1), 5, 0.03174142401690103, -0.0036018382330339272, 0.01256583015340509, -0.007595636821095197},
		{"librispeech", "constant", largest, 5, 0.13751136934588068, 0.0013411227867931586, 0.03867549477353436, -0.02395575709135155},
	} {
		split, err := c.split(groups[c.data])
		if err != nil {
			t.Fatal(err)
		}
		p, err := fit.HoldOut(form(t, c.form), split, fit.LeastSquares)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Errors) != c.tested || p.Fitted != 25-c.tested || !near(p.RMSE, c.rmse, 1e-4) || math.Abs(p.Bias-c.bias) > 1e-6 ||
			!near(p.NaiveRMSE, c.naiveRMSE, 1e-12) || !near(p.NaiveBias, c.naiveSigned, 1e-12) {
			t.Errorf("%s, %s, %s held out: %d tested, RMSE %v, bias %v, naive %v and %v, want %+v", c.data, c.form, split.Held, len(p.Errors), p.RMSE, p.Bias, p.NaiveRMSE, p.NaiveBias, c)
		}
	}
	exact := grid(text, 0, rand.New(rand.NewPCG(1, 1)))
	split, err := fit.LastCheckpoints(exact, 2)
	if err != nil {
		t.Fatal(err)
	}
	p, err := fit.HoldOut(form(t, "published"), split, fit.LeastSquares)
	if err != nil || p.RMSE > 1e-9 || p.NaiveBias <= 0 {
		t.Errorf("of a law without noise: RMSE %v, naive bias %v (%v), want 0 and one above 0: an earlier checkpoint is worse", p.RMSE, p.NaiveBias, err)
	}
}

func TestHoldOutErrors(t *testing.T) {
	points := published(t)["enwik8"]
	_, err := fit.LargestModel(points[:5])
	wantError(t, err, "cannot hold out the largest model of 1")
	for _, count := range []int{-1, 0, 5} {
		_, err = fit.LastCheckpoints(points, count)
		wantError(t, err, "of 5, expected at least one")
	}
	_, err = fit.LargestModel(nil)
	wantError(t, err, "of 0")
	// One checkpoint is left: nothing tells beta.
	split, err := fit.LastCheckpoints(points, 4)
	if err != nil {
		t.Fatal(err)
	}
	_, err = fit.HoldOut(form(t, "published"), split, fit.LeastSquares)
	wantError(t, err, "without the last 4 checkpoints")
	_, err = fit.HoldOut(form(t, "published"), fit.Split{Held: "nothing", Fit: points}, fit.LeastSquares)
	wantError(t, err, "holds out no points")
}
