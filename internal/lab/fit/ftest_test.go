package fit_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"lmz/internal/lab/fit"
)

var (
	gridSizes = []float64{70e6, 160e6, 410e6, 1e9, 1.4e9}
	gridSteps = []float64{1e3, 8e3, 32e3, 128e3, 143e3}
)

// grid are points of a law on the published grid of sizes and steps, with normal errors.
func grid(law func(p, s float64) float64, deviation float64, r *rand.Rand) []fit.Point {
	var points []fit.Point
	for _, p := range gridSizes {
		for _, s := range gridSteps {
			points = append(points, fit.Point{Params: p, Steps: s, Ratio: law(p, s) + deviation*r.NormFloat64()})
		}
	}
	return points
}

// text is about the published optimum of enwik8.
func text(p, s float64) float64 {
	return 0.0983354 + 60.7637*math.Pow(p, -0.380272) + 14.2188*math.Pow(s, -0.749815)
}

func optimum(t testing.TB, name string, points []fit.Point) *fit.Fit {
	t.Helper()
	f, err := fit.Optimum(form(t, name), points, fit.LeastSquares)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func wantError(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || !strings.HasPrefix(err.Error(), "fit: ") || !strings.Contains(err.Error(), part) {
		t.Errorf("error %v, want one of the room that says %q", err, part)
	}
}

// uniform is by how much the distribution of p differs from the uniform one: the statistic of Kolmogorov and Smirnov times the root
// of their number, above 1.63 once in 100.
func uniform(p []float64) float64 {
	slices.Sort(p)
	n, most := float64(len(p)), 0.0
	for i, v := range p {
		most = max(most, v-float64(i)/n, float64(i+1)/n-v)
	}
	return most * math.Sqrt(n)
}

// TestFTest: against scipy 1.17 (optima by bounded Nelder-Mead over numpy's lstsq, tails by scipy.stats.f.sf).
func TestFTest(t *testing.T) {
	groups := published(t)
	for _, c := range []struct {
		data, nested string
		f            float64
		df           int
		p            float64
	}{
		{"enwik8", "steps", 60.50434485874977, 2, 3.294892017103334e-09},
		{"enwik8", "params", 212.3866807649163, 2, 3.379965534320636e-14},
		{"enwik8", "kaplan-ns", 1.3942712463939488, 1, 0.25153767506323466},
		{"imagenet", "steps", 4.276251740591748, 2, 0.0284353137852306},
		{"imagenet", "kaplan-ns", 0.0237306116667107, 1, 0.879116181194168},
		{"librispeech", "steps", 1.3339229566888469, 2, 0.2858889952760174},
		{"librispeech", "params", 138.80811108662627, 2, 1.8781659399767193e-12},
	} {
		got, err := fit.FTest(optimum(t, "published", groups[c.data]), optimum(t, c.nested, groups[c.data]))
		if err != nil {
			t.Fatal(err)
		}
		if !near(got.F, c.f, 1e-6) || got.DF != c.df || got.Rest != 20 || !near(got.P, c.p, 1e-5) {
			t.Errorf("%s against %s: %+v, want F %v, %d and 20 degrees of freedom, P %v", c.data, c.nested, got, c.f, c.df, c.p)
		}
	}
	full := optimum(t, "published", groups["enwik8"])
	_, err := fit.FTest(full, full)
	wantError(t, err, "special case")
	_, err = fit.FTest(full, optimum(t, "steps", groups["enwik8"][1:]))
	wantError(t, err, "on the same points")
	exact := grid(text, 0, rand.New(rand.NewPCG(1, 1)))
	_, err = fit.FTest(optimum(t, "published", exact), optimum(t, "steps", exact))
	wantError(t, err, "to rounding")
}

func TestTermTests(t *testing.T) {
	points := published(t)["imagenet"]
	tests, err := fit.TermTests(optimum(t, "published", points), points)
	if err != nil {
		t.Fatal(err)
	}
	var terms []string
	for _, x := range tests {
		terms = append(terms, x.Term+" "+strings.Join(x.Unidentified, " "))
	}
	if want := []string{"a ", "b alpha", "c beta"}; !slices.Equal(terms, want) {
		t.Errorf("terms %q, want %q", terms, want)
	}
	for i, nested := range []string{"kaplan-ns", "steps", "params"} {
		want, err := fit.FTest(optimum(t, "published", points), optimum(t, nested, points))
		if err != nil {
			t.Fatal(err)
		}
		if !near(tests[i].F, want.F, 1e-9) || tests[i].DF != want.DF {
			t.Errorf("term %s: %+v, want %+v as against %s", tests[i].Term, tests[i].FRatio, want, nested)
		}
	}
	if !math.IsNaN(tests[0].Simulated) || !math.IsNaN(tests[2].Simulated) || !(tests[1].Simulated > 0.004 && tests[1].Simulated < 0.018) {
		t.Errorf("simulated %v, %v, %v: want none for a, whose exponents stay, and none for c, whose P is tiny; for b 0.010",
			tests[0].Simulated, tests[1].Simulated, tests[2].Simulated)
	}
	again, err := fit.TermTests(optimum(t, "published", points), reversed(points))
	if err != nil || again[1].Simulated != tests[1].Simulated {
		t.Errorf("in another order the simulated P is %v, want %v (%v)", again[1].Simulated, tests[1].Simulated, err)
	}
	// The multiplicative law's other term takes both exponents with it.
	tests, err = fit.TermTests(optimum(t, "multiplicative", points), points)
	if err != nil || len(tests) != 2 || tests[1].DF != 3 || len(tests[1].Unidentified) != 2 {
		t.Errorf("multiplicative: %+v (%v), want two tests, the second of b, alpha and beta", tests, err)
	}
	if tests, err = fit.TermTests(optimum(t, "constant", points), points); tests != nil || err != nil {
		t.Errorf("constant: %v, %v, want no tests", tests, err)
	}
}

func reversed(points []fit.Point) []fit.Point {
	points = slices.Clone(points)
	slices.Reverse(points)
	return points
}

// TestFTestSize: P is uniform where the null is true: of the constant term, in data of a law without one.
func TestFTestSize(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	law := func(p, s float64) float64 { return 5*math.Pow(p, -0.25) + 30*math.Pow(s, -0.7) }
	var ps []float64
	for range 200 {
		points := grid(law, 0.0005, r)
		x, err := fit.FTest(optimum(t, "published", points), optimum(t, "kaplan-ns", points))
		if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, x.P)
	}
	if d := uniform(ps); d > 1.63 {
		t.Errorf("P under the null: a distance of %.3g from uniform, want 1.63 at most", d)
	}
}

// TestUnidentifiedExponent: of a term that is not there the F distribution's P is too large, by about a half. Of 150 such draws the
// simulated P is uniform (a distance of 1.15, and 2.04 of the other); these few only show that it is no P of one in hundreds.
func TestUnidentifiedExponent(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	law := func(p, s float64) float64 { return 0.2 + 30*math.Pow(s, -0.7) }
	for range 3 {
		points := grid(law, 0.01, r)
		tests, err := fit.TermTests(optimum(t, "published", points), points)
		if err != nil {
			t.Fatal(err)
		}
		if b := tests[1]; !(b.Simulated > 0.02 && b.Simulated < b.P) {
			t.Errorf("P %v, simulated %v, want it less and above 0.02", b.P, b.Simulated)
		}
	}
}
