package fit_test

import (
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"lmz/internal/lab/fit"
)

// laws are coefficients of formulas and exponents of each form.
var laws = map[string]struct{ coefficients, exponents []float64 }{
	"published":      {[]float64{0.1, 60, 14}, []float64{0.38, 0.75}},
	"kaplan-ns":      {[]float64{1, 14}, []float64{0.1, 0.75}},
	"chinchilla":     {[]float64{0.1, 60, 14}, []float64{0.38, 0.75}},
	"kaplan-nd":      {[]float64{126, 2.3}, []float64{0.135, 0.26}},
	"multiplicative": {[]float64{0.1, 60}, []float64{0.2, 0.3}},
	"steps":          {[]float64{0.1, 14}, []float64{0.75}},
	"params":         {[]float64{0.1, 60}, []float64{0.38}},
	"constant":       {[]float64{0.1}, nil},
}

// TestRecovery: points without errors give back every coefficient to 1e-6, for every form.
func TestRecovery(t *testing.T) {
	for name, law := range laws {
		truth, err := fit.Score(form(t, name), law.coefficients, law.exponents, design(func(p, s float64) float64 { return 1 }, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		points := design(truth.Value, 0, 0)
		for _, loss := range []fit.Loss{fit.LeastSquares, {Delta: fit.HoffmannDelta}} {
			f, err := fit.Optimum(form(t, name), points, loss)
			if err != nil {
				t.Fatal(err)
			}
			for i, got := range append(f.Coefficients(), f.Exponents...) {
				want := append(slices.Clone(law.coefficients), truth.Exponents...)[i]
				if !near(got, want, 1e-6) {
					t.Errorf("%s by %s: number %d is %v, want %v", name, loss, i, got, want)
				}
			}
			if f.SSE > 1e-20 {
				t.Errorf("%s by %s: SSE %v, want none", name, loss, f.SSE)
			}
		}
	}
}

// TestInvariance: rescaling S changes c only, rescaling P changes b only, and the order of rows nothing at all.
func TestInvariance(t *testing.T) {
	for data, points := range published(t) {
		f, err := fit.Optimum(form(t, "published"), points, fit.LeastSquares)
		if err != nil {
			t.Fatal(err)
		}
		scaled := func(p, s float64) *fit.Fit {
			moved := slices.Clone(points)
			for i := range moved {
				moved[i].Params *= p
				moved[i].Steps *= s
			}
			f, err := fit.Optimum(form(t, "published"), moved, fit.LeastSquares)
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		c := f.Coefficients()
		for _, by := range []struct{ p, s float64 }{{1, 2048 * 1024}, {1.37, 1}, {1e-6, 1e-3}} {
			got := scaled(by.p, by.s)
			want := append([]float64{c[0], c[1] * math.Pow(by.p, f.Exponents[0]), c[2] * math.Pow(by.s, f.Exponents[1]), f.SSE, f.R2}, append(f.Exponents, f.AtReference...)...)
			for i, v := range append(append(got.Coefficients(), got.SSE, got.R2), append(got.Exponents, got.AtReference...)...) {
				if !near(v, want[i], 1e-6) {
					t.Errorf("%s, P times %v and S times %v: number %d is %v, want %v", data, by.p, by.s, i, v, want[i])
				}
			}
		}
		d, err := fit.Bootstrap(context.Background(), f, points, 50, 3)
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(3) {
			shuffled := slices.Clone(points)
			rand.New(rand.NewPCG(seed, 1)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			for _, form := range fit.Forms {
				for _, loss := range []fit.Loss{fit.LeastSquares, {Delta: fit.HoffmannDelta}} {
					a, err := fit.Optimum(form, points, loss)
					if err != nil {
						t.Fatal(err)
					}
					if b, _ := fit.Optimum(form, shuffled, loss); !reflect.DeepEqual(a, b) {
						t.Errorf("%s, %s: other bits for rows in another order", data, form.Name)
					}
				}
			}
			if again, _ := fit.Bootstrap(context.Background(), f, shuffled, 50, 3); !reflect.DeepEqual(d, again) {
				t.Errorf("%s: other draws for rows in another order", data)
			}
		}
	}
}

// TestNested: a form that has another within it leaves no more over.
func TestNested(t *testing.T) {
	for data, points := range published(t) {
		sse := map[string]float64{}
		for _, form := range fit.Forms {
			f, err := fit.Optimum(form, points, fit.LeastSquares)
			if err != nil {
				t.Fatal(err)
			}
			sse[form.Name] = f.SSE
		}
		for _, pair := range [][2]string{{"published", "kaplan-ns"}, {"published", "steps"}, {"published", "params"}, {"multiplicative", "steps"}, {"steps", "constant"}, {"params", "constant"}} {
			if !(sse[pair[0]] <= sse[pair[1]]*(1+1e-12)) {
				t.Errorf("%s: %s has SSE %v, %s within it %v", data, pair[0], sse[pair[0]], pair[1], sse[pair[1]])
			}
		}
	}
}

// TestDegenerate: what cannot be known is an error or a warning.
func TestDegenerate(t *testing.T) {
	law := func(p, s float64) float64 { return 0.1 + 60*math.Pow(p, -0.38) + 14*math.Pow(s, -0.75) }
	whole := design(law, 0.001, 1)
	with := func(change func(*fit.Point)) []fit.Point {
		points := slices.Clone(whole)
		change(&points[7])
		return points
	}
	only := func(keep func(fit.Point) bool) []fit.Point {
		return slices.DeleteFunc(slices.Clone(whole), func(p fit.Point) bool { return !keep(p) })
	}
	for _, c := range []struct {
		name, form string
		points     []fit.Point
		want       string // in the error
	}{
		{"none", "constant", nil, "found 0 points"},
		{"three points", "published", whole[:3], "found 3 points, the form published has 5 parameters"},
		{"one model", "published", only(func(p fit.Point) bool { return p.Params == 70e6 }), "cannot identify"},
		{"one model, many rows", "published", slices.Repeat(only(func(p fit.Point) bool { return p.Params == 70e6 }), 4), "cannot identify B, alpha"},
		{"two models", "published", only(func(p fit.Point) bool { return p.Params <= 160e6 }), "cannot identify alpha"},
		{"one checkpoint", "published", slices.Repeat(only(func(p fit.Point) bool { return p.Steps == 1e3 }), 2), "cannot identify C, beta"},
		{"one checkpoint, steps", "steps", only(func(p fit.Point) bool { return p.Steps == 1e3 }), "cannot identify C, beta"},
		{"one model, coupled", "kaplan-nd", only(func(p fit.Point) bool { return p.Params == 70e6 }), "cannot identify"},
		{"equal ratios", "published", design(func(p, s float64) float64 { return 0.5 }, 0, 0), "all 25 ratios are 0.5"},
		{"no size", "published", with(func(p *fit.Point) { p.Params = 0 }), "point 8 of 25: its size is 0"},
		{"NaN", "published", with(func(p *fit.Point) { p.Ratio = math.NaN() }), "its ratio is NaN"},
		{"infinite steps", "published", with(func(p *fit.Point) { p.Steps = math.Inf(1) }), "its steps is +Inf"},
		{"negative error", "published", with(func(p *fit.Point) { p.SE = -1 }), "its standard error is -1"},
	} {
		f, err := fit.Optimum(form(t, c.form), c.points, fit.LeastSquares)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "fit: ") {
			t.Errorf("%s: found %+v, %v, want an error with %q", c.name, f, err, c.want)
		}
	}
	for _, c := range []struct {
		name, form string
		points     []fit.Point
		want       string
	}{
		{"as many as parameters", "steps", whole[:3], "as many points as parameters"},
		{"rising", "steps", design(func(p, s float64) float64 { return 1 - 14*math.Pow(s, -0.75) }, 0, 0), "C = -0.007862 is below 0: the ratio rises with training"},
		{"a straight line", "steps", design(func(p, s float64) float64 { return 1 - 0.01*math.Log(s) }, 0, 0), "beta is at the lowest value searched"},
		{"a jump", "steps", design(func(p, s float64) float64 { return 1 + 1/(s*s) }, 0, 0)[:5], ""},
	} {
		f, err := fit.Optimum(form(t, c.form), c.points, fit.LeastSquares)
		if err != nil || !strings.Contains(strings.Join(f.Warnings, "\n"), c.want) {
			t.Errorf("%s: found %+v, %v, want a warning with %q", c.name, f, err, c.want)
		}
	}
	// One draw of six points of three models in three has but one or two: they cannot tell alpha, and are counted.
	few := only(func(p fit.Point) bool { return p.Params != 1e9 && p.Params != 410e6 && p.Steps < 10e3 })
	f, err := fit.Optimum(form(t, "params"), few, fit.LeastSquares)
	if err != nil {
		t.Fatal(err)
	}
	d, err := fit.Bootstrap(context.Background(), f, few, 1000, 1)
	if err != nil || d.Degenerate == 0 || d.Degenerate+len(d.Fits) != 1000 {
		t.Errorf("six points: %+v draws degenerate, %v, want some", d, err)
	}
}

// TestMany: very many rows are fitted, no two of one place.
func TestMany(t *testing.T) {
	law := func(p, s float64) float64 { return 0.1 + 60*math.Pow(p, -0.38) + 14*math.Pow(s, -0.75) }
	rows := 100_000
	if everything {
		rows = 1_000_000
	}
	r := rand.New(rand.NewPCG(1, 1))
	points := make([]fit.Point, rows)
	for i := range points {
		p, s := 7e7*math.Pow(20, r.Float64()), 1e3*math.Pow(143, r.Float64())
		points[i] = fit.Point{Params: p, Steps: s, Ratio: law(p, s) + 0.002*r.NormFloat64()}
	}
	begun := time.Now()
	f, err := fit.Optimum(form(t, "published"), points, fit.LeastSquares)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rows in %v: %v", rows, time.Since(begun), f.Exponents)
	if !near(f.RMSE, 0.002, 0.02) || !near(f.Exponents[0], 0.38, 0.1) || !near(f.Exponents[1], 0.75, 0.02) {
		t.Errorf("found exponents %v and RMSE %v, want 0.38, 0.75 and 0.002", f.Exponents, f.RMSE)
	}
	if _, err := fit.Bootstrap(context.Background(), f, points, 2000, 1); err == nil || !strings.Contains(err.Error(), "10000 points") {
		t.Errorf("resampling them: %v, want an error that names the limit", err)
	}
}
