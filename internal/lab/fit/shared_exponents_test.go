package fit_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"lmz/internal/lab/fit"
)

// TestShared: against scipy 1.17 (Nelder-Mead on the joint likelihood from 30 random starts; tails by scipy.stats.chi2.sf).
func TestShared(t *testing.T) {
	groups := published(t)
	all := [][]fit.Point{groups["enwik8"], groups["imagenet"], groups["librispeech"]}
	for _, c := range []struct {
		exponents []string
		chi2      float64
		df        int
		p         float64
	}{
		{[]string{"alpha", "beta"}, 0.43984, 4, 0.97909},
		{[]string{"alpha"}, 0.13300, 2, 0.93566},
		{[]string{"beta"}, 0.30725, 2, 0.85759},
	} {
		for _, name := range []string{"published", "chinchilla"} {
			got, err := fit.Shared(form(t, name), all, c.exponents)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(got.Chi2-c.chi2) > 6e-6 || got.DF != c.df || math.Abs(got.P-c.p) > 6e-6 || !(got.Corrected > got.P) || len(got.Warnings) > 0 {
				t.Errorf("%s, %v shared: %+v, want chi-square %v of %d, P %v", name, c.exponents, got, c.chi2, c.df, c.p)
			}
			if c := got.Correlation; math.Abs(c[0]-0.73775) > 1e-4 || math.Abs(c[1]-0.93013) > 1e-4 { // numpy.corrcoef
				t.Errorf("%s: the residuals of two groups correlate %v, want 0.73775 to 0.93013", name, c)
			}
			for i, own := range got.Own {
				if got.SSE[i] < own.SSE {
					t.Errorf("%s, %v shared: group %d has SSE %v, less than alone, %v", name, c.exponents, i, got.SSE[i], own.SSE)
				}
			}
		}
	}
}

// TestSharedSize: under the null the corrected P is uniform; where the exponents differ both are tiny.
func TestSharedSize(t *testing.T) {
	if testing.Short() {
		t.Skip("not under the race detector: it takes long, and nothing in it is concurrent that others have not")
	}
	r := rand.New(rand.NewPCG(8, 1))
	law := func(a, b, c, alpha, beta float64) func(p, s float64) float64 {
		return func(p, s float64) float64 { return a + b*math.Pow(p/3e8, -alpha) + c*math.Pow(s/3e4, -beta) }
	}
	var corrected []float64
	for range 100 {
		groups := [][]fit.Point{
			grid(law(0.1, 0.04, 0.01, 0.5, 0.75), 0.0003, r),
			grid(law(0.4, 0.2, 0.05, 0.5, 0.75), 0.002, r),
			grid(law(0.3, 0.1, 0.04, 0.5, 0.75), 0.001, r),
		}
		got, err := fit.Shared(form(t, "published"), groups, []string{"alpha", "beta"})
		if err != nil {
			t.Fatal(err)
		}
		corrected = append(corrected, got.Corrected)
	}
	if d := uniform(corrected); d > 1.63 {
		t.Errorf("corrected P under the null: a distance of %.3g from uniform, want 1.63 at most", d)
	}
	got, err := fit.Shared(form(t, "published"), [][]fit.Point{
		grid(law(0.1, 0.04, 0.01, 0.5, 0.75), 0.0005, r),
		grid(law(0.1, 0.04, 0.01, 0.9, 0.75), 0.0005, r),
	}, []string{"alpha"})
	if err != nil || got.P > 1e-4 || got.Corrected > 1e-4 || got.DF != 1 || got.Values[0] < 0.45 || got.Values[0] > 0.95 {
		t.Errorf("exponents 0.5 and 0.9: %+v (%v), want a tiny P and a value of 0.45 to 0.95", got, err)
	}
}

func TestSharedErrors(t *testing.T) {
	points := published(t)["enwik8"]
	_, err := fit.Shared(form(t, "published"), [][]fit.Point{points}, []string{"alpha"})
	wantError(t, err, "1 groups")
	_, err = fit.Shared(form(t, "published"), [][]fit.Point{points, points}, []string{"gamma"})
	wantError(t, err, `cannot share "gamma"`)
	_, err = fit.Shared(form(t, "published"), [][]fit.Point{points, points}, []string{"alpha", "alpha"})
	wantError(t, err, "each once")
	_, err = fit.Shared(form(t, "kaplan-nd"), [][]fit.Point{points, points}, []string{"balance"})
	wantError(t, err, "cannot share")
	_, err = fit.Shared(form(t, "published"), [][]fit.Point{points, points[:3]}, []string{"alpha"})
	wantError(t, err, "group 2 of 2")
	_, err = fit.Shared(form(t, "published"), [][]fit.Point{points, make([]fit.Point, fit.MaxShared)}, []string{"alpha"})
	wantError(t, err, "expected 20000 at most")
	exact := grid(text, 0, rand.New(rand.NewPCG(1, 1)))
	_, err = fit.Shared(form(t, "published"), [][]fit.Point{points, exact}, []string{"alpha"})
	wantError(t, err, "to rounding")
}
