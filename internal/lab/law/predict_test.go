package law_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"lmz/internal/lab/fit"
	"lmz/internal/lab/law"
)

// rate is the law that the points of noiseless have.
func rate(p, s float64) float64 { return 0.1 + 50*math.Pow(p, -0.5) + 2*math.Pow(s, -0.5) }

// noiseless is a grid of points of a known law.
func noiseless(t *testing.T, column string, times float64) *law.Data {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "params,steps,%s\n", column)
	for p := 1e6; p < 1e8; p *= 4 {
		for s := 100.0; s < 1e5; s *= 4 {
			fmt.Fprintf(&b, "%v,%v,%v\n", p, s, times*rate(p, s))
		}
	}
	d, err := read(b.String(), law.Columns{}, "")
	if err != nil {
		t.Fatal(err)
	}
	d.Tokens = 1000
	return d
}

// TestPredict: a known law is continued, and what lies outside of the points is told in octaves.
func TestPredict(t *testing.T) {
	o := law.Options{Forms: []*fit.Form{published(t)}, Draws: 100, Seed: 1}
	for _, test := range []struct {
		p, s     float64
		warnings []string
	}{
		{5e6, 1000, nil},
		{64e6 * 4, 1000, []string{"the model size, 256M, is 2.0 octaves above the largest measured, 64M"}},
		{5e6, 25, []string{"the number of steps, 25, is 2.0 octaves below the smallest measured, 100"}},
	} {
		list, err := law.Predict(context.Background(), noiseless(t, "ratio", 1), o, test.p, test.s)
		if err != nil {
			t.Fatal(err)
		}
		if text := law.ForecastText(list); !strings.Contains(text, "take the form as right and errors as independent") {
			t.Errorf("P %v, S %v: nothing is said of what the intervals take for granted: %s", test.p, test.s, text)
		}
		f := list[0]
		if want := rate(test.p, test.s); math.Abs(float64(f.Rate)-want) > 1e-6 || !(f.Mean.Low <= f.Rate+1e-6 && f.Rate <= f.Mean.High+1e-6) {
			t.Errorf("P %v, S %v: %v in %v, want %v", test.p, test.s, f.Rate, f.Mean, want)
		}
		if len(f.Warnings) != len(test.warnings) {
			t.Errorf("P %v, S %v: warnings %q, want %q", test.p, test.s, f.Warnings, test.warnings)
			continue
		}
		for i, want := range test.warnings {
			if !strings.Contains(f.Warnings[i], want) {
				t.Errorf("P %v, S %v: %q, want %q in it", test.p, test.s, f.Warnings[i], want)
			}
		}
	}
}

// TestAllocate: optima are no worse than sizes beside them, in ratios and in bits/byte, and break-even sizes are as defined.
func TestAllocate(t *testing.T) {
	o := law.Options{Forms: []*fit.Form{published(t)}, Draws: 50, Seed: 1}
	w := law.Wanted{FLOPs: []float64{6e14}, Bytes: []float64{1e9}, Params: []float64{5e6}, BytesPerParam: 2, Ratio: 0.3}
	for column, times := range map[string]float64{"ratio": 1, "bits_per_byte": 8} {
		list, err := law.Allocate(context.Background(), noiseless(t, column, times), o, w)
		if err != nil {
			t.Fatal(err)
		}
		a := list[0]
		if len(a.Compute) != 1 || len(a.Adjusted) != 1 {
			t.Fatalf("%s: %+v", column, a)
		}
		c := a.Compute[0]
		best := func(p float64) float64 { return rate(p, 6e14/(6*p)/1000) }
		if p := float64(c.Params); best(p) > best(p*1.01) || best(p) > best(p/1.01) || math.Abs(float64(c.Tokens)*6*p-6e14) > 1e5 {
			t.Errorf("%s: P %v of %v tokens is no optimum", column, c.Params, c.Tokens)
		}
		n := a.Adjusted[0]
		const last = 25600
		adjusted := func(p float64) float64 { return rate(p, last) + 2*p/1e9 }
		if p := float64(n.Params); adjusted(p) > adjusted(p*1.01) || adjusted(p) > adjusted(p/1.01) || math.Abs(float64(n.Adjusted)-adjusted(p)) > 1e-6 {
			t.Errorf("%s: N* %v with %v is no optimum", column, n.Params, n.Adjusted)
		}
		if s := a.Sizes[0]; len(a.Sizes) != 1 || s.Params != 5e6 || s.Steps != last || math.Abs(float64(s.Ratio)-rate(5e6, last)) > 1e-6 || !(s.Range.Low <= s.Ratio+1e-6 && s.Range.High >= s.Ratio-1e-6) {
			t.Errorf("%s: %+v, want the ratio %v within its interval", column, s, rate(5e6, last))
		}
		e := a.Even[len(a.Even)-2] // the largest against the classical compressor
		want := 2 * 64e6 / (0.3 - rate(64e6, last))
		if e.Against != "classical" || e.Params != 64e6 || math.Abs(float64(e.Bytes)-want) > 1e-6*want {
			t.Errorf("%s: %+v, want %v bytes", column, e, want)
		}
	}
	if _, err := law.Allocate(context.Background(), noiseless(t, "loss", 1), o, w); err == nil || !strings.Contains(err.Error(), "may be something else") {
		t.Errorf("adjusted ratios of a loss: error %v", err)
	}
	d := noiseless(t, "ratio", 1)
	d.Tokens = 0
	if _, err := law.Allocate(context.Background(), d, o, w); err == nil || !strings.Contains(err.Error(), "--tokens-per-step") {
		t.Errorf("FLOPs without tokens: error %v", err)
	}
}

// TestAllocateGroups: one classical ratio for several groups is remarked on.
func TestAllocateGroups(t *testing.T) {
	d := noiseless(t, "ratio", 1)
	w := law.Wanted{Ratio: 0.3, BytesPerParam: 2}
	o := law.Options{Forms: []*fit.Form{published(t)}, Draws: 20, Seed: 1}
	for groups := 1; groups <= 2; groups++ {
		list, err := law.Allocate(context.Background(), d, o, w)
		if err != nil {
			t.Fatal(err)
		}
		if told := strings.Contains(law.AllocationText(list), "set against every group"); told != (groups > 1) {
			t.Errorf("%d groups: %s", groups, law.AllocationText(list))
		}
		d.Groups = append(d.Groups, d.Groups[0])
	}
}
