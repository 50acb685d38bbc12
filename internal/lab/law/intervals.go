package law

import (
	"context"
	"fmt"
	"math"

	"lmz/internal/lab/fit"
)

// intervals sets the intervals of all estimates, and how well each is known.
func (f *Fit) intervals(ctx context.Context, points []fit.Point, o Options) error {
	f.Correlated = unknown
	if o.Draws > 0 {
		draws, err := fit.Bootstrap(ctx, f.law, points, o.Draws, o.Seed)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		f.unknown(err)
		if err == nil {
			f.bootstrap(draws)
		}
	}
	profile, err := fit.NewProfile(f.law, points)
	f.unknown(err)
	if err == nil {
		f.profile(profile)
	}
	for _, list := range [][]Estimate{f.Estimates, f.AtReference} {
		for i := range list {
			list[i].Known = list[i].known()
		}
	}
	return nil
}

// profile sets the intervals by profile likelihood. Terms at P = S = 1 have none, save a constant, which is the same everywhere.
func (f *Fit) profile(of *fit.Profile) {
	for i := range f.AtReference {
		made := interval(of.Scale(i))
		f.AtReference[i].Profile = &made
		for j := range f.coefficients() {
			if f.Estimates[j].Name == f.AtReference[i].Name {
				f.Estimates[j].Profile = &made
			}
		}
	}
	linear := len(f.coefficients())
	for i := range f.exponents() {
		made := interval(of.Exponent(i))
		f.Estimates[linear+i].Profile = &made
	}
	if (f.Form == "published" || f.Form == "chinchilla") && f.law.Bounds[0] == 0 { // at a bound, alpha is not estimated
		f.Correlated = Number(of.Correlation(1, 0))
	}
}

// bootstrap sets the intervals by resamples.
func (f *Fit) bootstrap(draws *fit.Draws) {
	f.Draws, f.Degenerate = len(draws.Fits), draws.Degenerate
	if part := float64(draws.Degenerate) / float64(draws.Asked); part > 0.01 {
		f.Warnings = append(f.Warnings, fmt.Sprintf("%.0f%% of the resamples could not be fitted and are left out: the bootstrap's intervals are too narrow", 100*part))
	}
	linear := len(f.law.Form.Coefficients)
	for i := range f.Estimates {
		of := func(law *fit.Fit) float64 { return law.Coefficients()[i] }
		if i >= linear {
			of = func(law *fit.Fit) float64 { return law.Exponents[i-linear] }
		}
		made := interval(draws.Interval(of))
		f.Estimates[i].Bootstrap = &made
	}
	for i := range f.AtReference {
		made := interval(draws.Interval(func(law *fit.Fit) float64 { return law.AtReference[i] }))
		f.AtReference[i].Bootstrap = &made
	}
}

// notBounded is Estimate.Known where an end of an interval is open.
const notBounded = "not bounded"

// known says in words how well an estimate is identified by its intervals, the wider of them counting.
func (e *Estimate) known() string {
	worst, open, zero, none := 1.0, false, false, true
	for _, i := range []*Interval{e.Profile, e.Bootstrap} {
		if i == nil {
			continue
		}
		none = false
		low, high := float64(i.Low), float64(i.High)
		open = open || i.OpenLow || i.OpenHigh || !i.Low.finite() || !i.High.finite()
		if low <= 0 && high >= 0 {
			zero = true
			continue
		}
		worst = math.Max(worst, math.Max(high/low, low/high))
	}
	const well = 1.5 // from one end of the interval to the other
	switch {
	case none:
		return ""
	case open:
		return notBounded
	case zero:
		return "may be 0"
	case !(worst < well):
		return fmt.Sprintf("within a factor of %s", Number(worst).short(2))
	}
	return "yes"
}
