package law

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"lmz/internal/lab/fit"
)

// Wanted is what an allocation is of.
type Wanted struct {
	FLOPs         []float64 // of training, for each the size and the steps of least rate
	Bytes         []float64 // of raw data, for each the size of least adjusted ratio
	Params        []float64 // sizes whose ratios are told, for the adjusted ratio as a curve over size
	BytesPerParam float64
	Steps         float64 // of the models whose adjusted ratio is sought, and of those of Params; 0 for the last measured
	Ratio         float64 // a classical compressor's, to break even with; 0 for none
}

// Allocation is what a group's law says of how large a model should be.
type Allocation struct {
	Group         string     `json:"group"`
	Form          string     `json:"form"`
	BytesPerParam Number     `json:"bytes_per_param"` // that a model which is sent along counts
	Compute       []Compute  `json:"compute"`
	Adjusted      []Adjusted `json:"adjusted"`
	Even          []Even     `json:"break_even"`
	Sizes         []Sized    `json:"sizes,omitempty"`
	Warnings      []string   `json:"warnings"`
}

// Compute is the model of least rate for so many FLOPs of training, 6 P D.
type Compute struct {
	FLOPs       Number   `json:"flops"`
	Params      Number   `json:"params"`
	ParamsRange Interval `json:"params_interval"`
	Tokens      Number   `json:"tokens"`
	Steps       Number   `json:"steps"`
	Rate        Number   `json:"rate"`
	Exponent    Number   `json:"params_exponent"` // P grows as FLOPs to this power
	Warnings    []string `json:"warnings"`
}

// Adjusted is N*(D): the model of least adjusted ratio for so many bytes of data.
type Adjusted struct {
	Bytes       Number   `json:"bytes"`
	Steps       Number   `json:"steps"`
	Params      Number   `json:"params"`
	ParamsRange Interval `json:"params_interval"`
	Ratio       Number   `json:"ratio"`
	Adjusted    Number   `json:"adjusted_ratio"`
	Range       Interval `json:"adjusted_interval"` // of the least that a law has, each at its own size, if the form is right
	Warnings    []string `json:"warnings"`
}

// Sized is the law's ratio at a size.
type Sized struct {
	Params Number   `json:"params"`
	Steps  Number   `json:"steps"`
	Ratio  Number   `json:"ratio"`
	Range  Interval `json:"interval"` // of the law's ratio, if its form is right
}

// Even is from how many bytes of data on a measured model, its size counted, beats another compressor. Bytes is null where it never does.
type Even struct {
	Params  Number `json:"params"`
	Steps   Number `json:"steps"`
	Ratio   Number `json:"ratio"`
	Against string `json:"against"`
	Bytes   Number `json:"bytes"`
}

// Allocate says for each group how large a model should be. The law is the first of the forms.
func Allocate(ctx context.Context, d *Data, o Options, w Wanted) (list []Allocation, err error) {
	perRatio := 0.0
	switch d.Rate {
	case "ratio":
		perRatio = 1
	case "bits_per_byte":
		perRatio = 8
	}
	if perRatio == 0 && (len(w.Bytes)+len(w.Params) > 0 || w.Ratio > 0) {
		return nil, fmt.Errorf("law: %s: adjusted ratios are of ratios or bits_per_byte, and column %s may be something else: name the column so", d.Source, d.Rate)
	}
	if d.Tokens == 0 && len(w.FLOPs) > 0 {
		return nil, fmt.Errorf("law: %s: tokens a step are not known, which FLOPs depend on: say how many with --tokens-per-step", d.Source)
	}
	for i := range d.Groups {
		l := newLaw(d, &d.Groups[i])
		f, draws, err := l.drawn(ctx, o)
		if err != nil {
			return nil, fmt.Errorf("law: %s: %s: %w", d.Source, d.Groups[i].title(), err)
		}
		a := Allocation{Group: l.Group, Form: f.Form, BytesPerParam: Number(w.BytesPerParam), Warnings: slices.Clone(f.Warnings)}
		if d.Params == NonEmbedding && (len(w.Bytes) > 0 || w.Ratio > 0) {
			a.Warnings = append(a.Warnings, "P leaves out the embeddings, which a model is sent with all the same: adjusted ratios and break-even sizes are too low.")
		}
		if w.Ratio > 0 && len(d.Groups) > 1 {
			a.Warnings = append(a.Warnings, fmt.Sprintf("The classical ratio %v is set against every group: give each group's own.", w.Ratio))
		}
		for _, flops := range w.FLOPs {
			c, err := l.compute(f, draws, flops, d.Tokens)
			if err != nil {
				a.Warnings = append(a.Warnings, plain(err))
				break
			}
			a.Compute = append(a.Compute, *c)
		}
		for _, bytes := range w.Bytes {
			c, err := l.adjusted(f, draws, bytes, w, perRatio)
			if err != nil {
				a.Warnings = append(a.Warnings, plain(err))
				break
			}
			a.Adjusted = append(a.Adjusted, *c)
		}
		for _, params := range w.Params {
			a.Sizes = append(a.Sizes, l.sized(f, draws, params, w, perRatio))
		}
		if w.Ratio > 0 || len(w.Bytes) > 0 {
			a.Even = l.even(w, perRatio)
		}
		list = append(list, a)
	}
	return list, nil
}

func (l *Law) compute(f *Fit, draws *fit.Draws, flops, tokens float64) (*Compute, error) {
	best, err := fit.ComputeOptimal(f.law, flops, tokens)
	if err != nil {
		return nil, err
	}
	c := &Compute{FLOPs: Number(flops), Params: Number(best.Params), Tokens: Number(best.Tokens), Steps: Number(best.Steps), Rate: Number(best.Ratio), Exponent: Number(best.ParamsExponent)}
	c.ParamsRange = interval(draws.Interval(func(law *fit.Fit) float64 {
		drawn, err := fit.ComputeOptimal(law, flops, tokens)
		if err != nil {
			return math.NaN()
		}
		return drawn.Params
	}))
	c.Warnings = l.outside(best.Params, best.Steps)
	return c, nil
}

// steps are those of the models whose ratios are sought.
func (l *Law) steps(w Wanted) float64 {
	if w.Steps > 0 {
		return w.Steps
	}
	return float64(l.Steps.High)
}

func (l *Law) sized(f *Fit, draws *fit.Draws, params float64, w Wanted, perRatio float64) Sized {
	steps := l.steps(w)
	at := func(law *fit.Fit) float64 { return law.Value(params, steps*f.tokens) / perRatio }
	return Sized{Number(params), Number(steps), Number(at(f.law)), interval(draws.Interval(at))}
}

func (l *Law) adjusted(f *Fit, draws *fit.Draws, bytes float64, w Wanted, perRatio float64) (*Adjusted, error) {
	steps := l.steps(w)
	per := w.BytesPerParam * perRatio // in units of the rate
	best, err := fit.AdjustedOptimum(f.law, steps*f.tokens, bytes, per)
	if err != nil {
		return nil, err
	}
	a := &Adjusted{Bytes: Number(bytes), Steps: Number(steps), Params: Number(best.Params), Ratio: Number(best.Ratio / perRatio), Adjusted: Number(best.Rate / perRatio)}
	ranged := func(of func(*fit.Adjusted) float64) Interval {
		return interval(draws.Interval(func(law *fit.Fit) float64 {
			drawn, err := fit.AdjustedOptimum(law, steps*f.tokens, bytes, per)
			if err != nil {
				return math.NaN()
			}
			return of(drawn)
		}))
	}
	a.ParamsRange = ranged(func(x *fit.Adjusted) float64 { return x.Params })
	a.Range = ranged(func(x *fit.Adjusted) float64 { return x.Rate / perRatio })
	a.Warnings = l.outside(best.Params, steps)
	return a, nil
}

// even are the measured models at their last step, each against the next smaller and the classical compressor.
func (l *Law) even(w Wanted, perRatio float64) (list []Even) {
	type model struct {
		coder fit.Coder
		steps float64
		count float64
	}
	var models []model // by size; the ratio is the mean of points at the last step
	points := slices.Clone(l.points)
	slices.SortFunc(points, func(a, b fit.Point) int {
		return cmp.Or(cmp.Compare(a.Params, b.Params), cmp.Compare(b.Steps, a.Steps))
	})
	for _, x := range points {
		if n := len(models); n > 0 && models[n-1].coder.Params == x.Params {
			if last := &models[n-1]; last.steps == x.Steps {
				last.count++
				last.coder.Ratio += (x.Ratio/perRatio - last.coder.Ratio) / last.count
			}
			continue
		}
		models = append(models, model{fit.Coder{Params: x.Params, Ratio: x.Ratio / perRatio}, x.Steps, 1})
	}
	for i, m := range models {
		e := Even{Params: Number(m.coder.Params), Steps: Number(m.steps), Ratio: Number(m.coder.Ratio)}
		if w.Ratio > 0 {
			e.Against, e.Bytes = "classical", Number(fit.BreakEven(m.coder, fit.Coder{Ratio: w.Ratio}, w.BytesPerParam))
			list = append(list, e)
		}
		if i > 0 {
			e.Against, e.Bytes = amount(models[i-1].coder.Params), Number(fit.BreakEven(m.coder, models[i-1].coder, w.BytesPerParam))
			list = append(list, e)
		}
	}
	return list
}
