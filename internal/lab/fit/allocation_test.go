package fit_test

import (
	"math"
	"strings"
	"testing"

	"lmz/internal/lab/fit"
)

// golden is where a function of one valley is least between low and high.
func golden(low, high float64, f func(float64) float64) float64 {
	const ratio = 0.6180339887498949
	for range 200 {
		a, b := high-ratio*(high-low), low+ratio*(high-low)
		if f(a) < f(b) {
			high = b
		} else {
			low = a
		}
	}
	return (low + high) / 2
}

// TestComputeOptimal: against scipy's minimize_scalar along the budget, and against a golden section of the law's own value.
func TestComputeOptimal(t *testing.T) {
	groups := published(t)
	const flops, perStep = 1e21, 2097152 // the Pythia models saw 1024 sequences of 2048 tokens a step
	for data, want := range map[string][2]float64{"enwik8": {3311910816.4, 0.12029302133923732}, "imagenet": {2922307309, 0.4490890976529073}, "librispeech": {729477165.5, 0.4074930994503973}} {
		a, err := fit.ComputeOptimal(optimum(t, "published", groups[data]), flops, perStep)
		if err != nil {
			t.Fatal(err)
		}
		if !near(a.Params, want[0], 1e-4) || !near(a.Ratio, want[1], 1e-8) || !near(6*a.Params*a.Tokens, flops, 1e-12) || !near(a.Steps*perStep, a.Tokens, 1e-12) {
			t.Errorf("%s: %+v, want size %v and ratio %v on the budget", data, a, want[0], want[1])
		}
	}
	points := groups["enwik8"]
	tokens := make([]fit.Point, len(points))
	for i, p := range points {
		tokens[i] = p
		tokens[i].Steps *= perStep
	}
	for _, c := range []struct {
		name   string
		points []fit.Point
	}{{"published", points}, {"kaplan-ns", points}, {"chinchilla", tokens}, {"kaplan-nd", tokens}} {
		f := optimum(t, c.name, c.points)
		unit := 1.0
		if f.Form.Tokens {
			unit = perStep
		}
		var sizes [2]float64
		for i, budget := range []float64{1e19, 1e22} {
			a, err := fit.ComputeOptimal(f, budget, perStep)
			if err != nil {
				t.Fatal(err)
			}
			product := budget / (6 * perStep)
			x := golden(-30, 30, func(x float64) float64 { p := a.Params * math.Exp(x); return f.Value(p, product/p*unit) })
			if math.Abs(x) > 1e-5 { // a valley's bottom is flat to the root of rounding
				t.Errorf("%s, %g FLOPs: the least ratio is at %v times %v", c.name, budget, math.Exp(x), a.Params)
			}
			sizes[i] = a.Params
			if got := math.Log(sizes[1]/sizes[0]) / math.Log(1e3); i == 1 && !near(got, a.ParamsExponent, 1e-9) {
				t.Errorf("%s: size grows with exponent %v, want %v", c.name, got, a.ParamsExponent)
			}
		}
	}
	published, chinchilla := optimum(t, "published", points), optimum(t, "chinchilla", tokens)
	a, errA := fit.ComputeOptimal(published, flops, perStep)
	b, errB := fit.ComputeOptimal(chinchilla, flops, perStep)
	if errA != nil || errB != nil || !near(a.Params, b.Params, 1e-6) || !near(a.Steps, b.Steps, 1e-6) {
		t.Errorf("in tokens %+v (%v), in steps %+v (%v), want the same", b, errB, a, errA)
	}
}

func TestComputeOptimalErrors(t *testing.T) {
	points := published(t)["enwik8"]
	for _, name := range []string{"multiplicative", "steps", "params", "constant"} {
		_, err := fit.ComputeOptimal(optimum(t, name, points), 1e20, 1)
		wantError(t, err, "no compute optimum")
	}
	f := optimum(t, "published", points)
	for _, v := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		_, err := fit.ComputeOptimal(f, v, 1)
		wantError(t, err, "expected positive")
		_, err = fit.ComputeOptimal(f, 1e20, v)
		wantError(t, err, "expected positive")
	}
	rising, err := fit.Score(form(t, "published"), []float64{1, -1, 1}, []float64{0.5, 0.5}, points)
	if err != nil {
		t.Fatal(err)
	}
	_, err = fit.ComputeOptimal(rising, 1e20, 1)
	wantError(t, err, "expected both above 0")
}

func TestRange(t *testing.T) {
	r := fit.RangeOf(published(t)["enwik8"])
	if r != (fit.Range{LowParams: 70e6, HighParams: 1.4e9, LowSteps: 1e3, HighSteps: 143e3}) {
		t.Errorf("range %+v", r)
	}
	if w := r.Warnings(70e6, 143e3); w != nil {
		t.Errorf("at its corner: %q, want no warnings", w)
	}
	w := r.Warnings(14e9, 100)
	if len(w) != 2 || !strings.Contains(w[0], "10 times the largest") || !strings.Contains(w[1], "0.1 times the smallest") {
		t.Errorf("outside: %q", w)
	}
}
