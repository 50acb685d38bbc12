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

// notBounded is Estimate.Known where both ends are open.
const notBounded = "not bounded"

// known says in words how well an estimate is identified, by the wider of its intervals at either end.
func (e *Estimate) known() string {
	var i *Interval
	for _, own := range []*Interval{e.Profile, e.Bootstrap} {
		switch {
		case own == nil:
		case i == nil:
			wider := *own
			i = &wider
		default:
			i.Low, i.OpenLow = min(i.Low, own.Low), i.OpenLow || own.OpenLow // min and max of a NaN are NaN
			i.High, i.OpenHigh = max(i.High, own.High), i.OpenHigh || own.OpenHigh
		}
	}
	if i == nil {
		return ""
	}
	const well = 1.5 // from one end of the interval to the other
	low, high := float64(i.Low), float64(i.High)
	size := math.Abs(float64(e.Value))
	openLow := i.OpenLow || !(math.Abs(low) < far*size)
	openHigh := i.OpenHigh || !(math.Abs(high) < far*size)
	factor := math.Max(high/low, low/high)
	switch {
	case openLow && openHigh:
		return notBounded
	case openLow, !openHigh && math.Abs(low) < nothing*size && high > 0:
		return "below " + i.High.digits(2)
	case openHigh:
		return "above " + i.Low.digits(2)
	case low <= 0 && high >= 0:
		return "may be 0"
	case !(factor < well):
		return "within a factor of " + Number(factor).short(2)
	}
	return "yes"
}
