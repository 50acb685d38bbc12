package law

import (
	"context"
	"fmt"
	"math"
	"slices"

	"lmz/internal/lab/fit"
)

// Forecast is what a group's law says of a model that may not have been measured.
type Forecast struct {
	Group    string   `json:"group"`
	Form     string   `json:"form"`
	Params   Number   `json:"params"`
	Steps    Number   `json:"steps"`
	Rate     Number   `json:"rate"`
	Mean     Interval `json:"mean_interval"`        // of the law's rate, if its form is right
	New      Interval `json:"measurement_interval"` // of a new measurement, which scatters round the law besides
	Nearest  Number   `json:"nearest"`              // the nearest measured point
	Others   []Others `json:"others"`               // what other forms say, fitted to the same points
	Warnings []string `json:"warnings"`
}

// Others is another form's rate.
type Others struct {
	Form string `json:"form"`
	Rate Number `json:"rate"`
}

// Predict says of each group what a model of so many parameters after so many steps would have. The law is the first of the forms.
func Predict(ctx context.Context, d *Data, o Options, params, steps float64) (list []Forecast, err error) {
	for i := range d.Groups {
		l := newLaw(d, &d.Groups[i])
		f, draws, err := l.drawn(ctx, o)
		if err != nil {
			return nil, fmt.Errorf("law: %s: %s: %w", d.Source, d.Groups[i].title(), err)
		}
		p := Forecast{Group: l.Group, Form: f.Form, Params: Number(params), Steps: Number(steps), Rate: Number(f.Value(params, steps)),
			Nearest: Number(fit.CopyNearest(l.points, params, steps)), Warnings: slices.Clone(f.Warnings)}
		at := func(law *fit.Fit) float64 { return law.Value(params, steps*f.tokens) }
		mean := draws.Interval(at)
		p.Mean, p.New = interval(mean), interval(f.law.Measurement(float64(p.Rate), mean))
		for _, form := range fit.Forms {
			if other, err := fit.Optimum(form, l.in(form), o.Loss); err == nil && form.Name != f.Form && len(form.Exponents) > 1 {
				p.Others = append(p.Others, Others{form.Name, Number(other.Value(params, steps*l.unit(form)))})
			}
		}
		p.Warnings = append(p.Warnings, l.outside(params, steps)...)
		list = append(list, p)
	}
	return list, nil
}

// drawn fits the first form to a group and to resamples of it.
func (l *Law) drawn(ctx context.Context, o Options) (*Fit, *fit.Draws, error) {
	form := o.Forms[0]
	law, err := fit.Optimum(form, l.in(form), o.Loss)
	if err != nil {
		return nil, nil, err
	}
	draws, err := fit.Bootstrap(ctx, law, l.in(form), o.Draws, o.Seed)
	if err != nil {
		return nil, nil, err
	}
	return &Fit{Form: form.Name, Formula: form.Formula, law: law, tokens: l.unit(form), Warnings: law.Warnings}, draws, nil
}

// outside says how far a model is from those measured.
func (l *Law) outside(params, steps float64) (list []string) {
	for _, v := range []struct {
		what  string
		value float64
		span  Span
	}{{"model size", params, l.Params}, {"number of steps", steps, l.Steps}} {
		low, high := float64(v.span.Low), float64(v.span.High)
		octaves, side := 0.0, ""
		switch {
		case v.value > high*(1+1e-9):
			octaves, side = math.Log2(v.value/high), "above the largest measured, "+amount(high)
		case v.value < low*(1-1e-9):
			octaves, side = math.Log2(low/v.value), "below the smallest measured, "+amount(low)
		default:
			continue
		}
		list = append(list, fmt.Sprintf("Extrapolated: the %s, %s, is %.1f octaves %s. The intervals hold only if the form is right there.", v.what, amount(v.value), octaves, side))
	}
	return list
}
