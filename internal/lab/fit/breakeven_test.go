package fit_test

import (
	"math"
	"testing"

	"lmz/internal/lab/fit"
)

func TestBreakEven(t *testing.T) {
	gzip, small, large := fit.Coder{Ratio: 0.4}, fit.Coder{Params: 70e6, Ratio: 0.15}, fit.Coder{Params: 1e9, Ratio: 0.12}
	for _, c := range []struct {
		a, b fit.Coder
		want float64
	}{
		{gzip, small, 2 * 70e6 / 0.25},
		{small, gzip, 2 * 70e6 / 0.25},
		{small, large, 2 * 930e6 / 0.03},
		{fit.Coder{Ratio: 0.1}, large, math.Inf(1)},
		{fit.Coder{Ratio: 0.12}, large, math.Inf(1)},
	} {
		got := fit.BreakEven(c.a, c.b, 2)
		if !near(got, c.want, 1e-12) && got != c.want {
			t.Errorf("%v and %v: %v, want %v", c.a, c.b, got, c.want)
		}
		if math.IsInf(got, 0) {
			continue
		}
		total := func(x fit.Coder) float64 { return x.Ratio*got + 2*x.Params }
		if !near(total(c.a), total(c.b), 1e-12) {
			t.Errorf("%v and %v at %v bytes: %v and %v in all, want equal", c.a, c.b, got, total(c.a), total(c.b))
		}
	}
	for _, pair := range [][2]fit.Coder{{small, small}, {gzip, {Params: 1, Ratio: math.NaN()}}} {
		if got := fit.BreakEven(pair[0], pair[1], 2); !math.IsNaN(got) {
			t.Errorf("%v: %v, want NaN", pair, got)
		}
	}
	f := optimum(t, "published", published(t)["enwik8"])
	if got := f.Coder(1e9, 143e3); got.Params != 1e9 || got.Ratio != f.Value(1e9, 143e3) {
		t.Errorf("the law's coder is %v", got)
	}
}
