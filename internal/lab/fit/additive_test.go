package fit_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"lmz/internal/lab/fit"
)

// TestAdditive: against numpy 2 (the residuals of row and column means), and against hand work.
func TestAdditive(t *testing.T) {
	groups := published(t)
	for data, want := range map[string]float64{"enwik8": 0.0010361977819201358, "imagenet": 0.008863719564847041, "librispeech": 0.021369529309462943} {
		b, err := fit.Additive(groups[data])
		if err != nil {
			t.Fatal(err)
		}
		if !near(b.SSE, want, 1e-10) || b.DF != 16 || b.Sizes != 5 || b.Steps != 5 || b.PureDF != 0 || b.PureSSE != 0 {
			t.Errorf("%s: %+v, want SSE %v and 16 degrees of freedom", data, b, want)
		}
		for _, name := range []string{"published", "kaplan-ns", "steps", "params", "constant"} {
			if f := optimum(t, name, groups[data]); f.SSE < b.SSE {
				t.Errorf("%s: %s is additive and has SSE %v, below the bound %v", data, name, f.SSE, b.SSE)
			}
		}
	}
	// 2 x 2 with repeats: means 2, 3, 4, 9 leave ±1 in each cell of two; within, 4 x 2 x 1.
	var points []fit.Point
	for i, mean := range []float64{2, 3, 4, 9} {
		for _, d := range []float64{-1, 1} {
			points = append(points, fit.Point{Params: float64(1 + i/2), Steps: float64(1 + i%2), Ratio: mean + d})
		}
	}
	b, err := fit.Additive(points)
	if err != nil || !near(b.SSE, 8+8, 1e-12) || b.DF != 5 || b.PureSSE != 8 || b.PureDF != 4 || b.Repeats != 2 {
		t.Errorf("with repeats: %+v (%v), want SSE 16 of 5, pure 8 of 4", b, err)
	}
	// A sum of any functions leaves nothing.
	b, err = fit.Additive(grid(func(p, s float64) float64 { return math.Log(p) + math.Sqrt(s) }, 0, rand.New(rand.NewPCG(1, 1))))
	if err != nil || b.SSE > 1e-20 {
		t.Errorf("a sum: %+v (%v), want SSE 0", b, err)
	}
}

func TestAdditiveErrors(t *testing.T) {
	points := published(t)["enwik8"]
	_, err := fit.Additive(points[1:])
	wantError(t, err, "24 of its 25 cells")
	_, err = fit.Additive(points[:5]) // one model
	wantError(t, err, "1 different sizes and 5 different steps")
	_, err = fit.Additive(append(slices.Clone(points), points[0]))
	wantError(t, err, "equally many")
	_, err = fit.Additive(nil)
	wantError(t, err, "no points")
	_, err = fit.Additive([]fit.Point{{Params: 1, Steps: 1, Ratio: math.NaN()}})
	wantError(t, err, "NaN")
}

func TestAdditiveFTest(t *testing.T) {
	groups := published(t)
	points := groups["imagenet"]
	b, err := fit.Additive(points)
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.FTest(optimum(t, "published", points))
	// scipy.stats.f.sf of (0.009805333642775993 - 0.008863719564847041) / 4 / (0.008863719564847041 / 16)
	if err != nil || !near(got.F, 0.42492954387380866, 1e-8) || got.DF != 4 || got.Rest != 16 || !near(got.P, 0.7884457960192007, 1e-8) {
		t.Errorf("%+v (%v), want F 0.42493 of 4 and 16, P 0.7884457960192007", got, err)
	}
	for _, name := range []string{"multiplicative", "kaplan-nd"} {
		_, err = b.FTest(optimum(t, name, points))
		wantError(t, err, "is no sum")
	}
	_, err = b.FTest(optimum(t, "published", groups["enwik8"]))
	wantError(t, err, "the same points")
}
