package law

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lmz/internal/lab/fit"
)

// Options say what an account is to have.
type Options struct {
	Forms     []*fit.Form // whose fits are told in full, the first of them first of all
	Loss      fit.Loss
	Draws     int // of the bootstrap; 0 for none
	Seed      uint64
	Published []Published // coefficients to score
	Against   *fit.Form   // to compare the first form with; nil for none
}

// Account is all that is known of the laws of some data. It is JSON without NaN: null is what is not known.
type Account struct {
	Data
	Loss   string   `json:"loss"`
	Draws  int      `json:"draws"`
	Seed   uint64   `json:"seed"`
	Laws   []Law    `json:"laws"` // one a group
	Shared []Shared `json:"shared"`
}

// Law is the account of one group.
type Law struct {
	Group        string        `json:"group"`
	Points       int           `json:"points"`
	Params       Span          `json:"params"`
	Steps        Span          `json:"steps"`
	Fits         []Fit         `json:"fits"`  // of the forms that were asked for
	Forms        []Candidate   `json:"forms"` // all forms beside each other
	HeldOut      []HeldOut     `json:"held_out"`
	Comparison   *Comparison   `json:"comparison"`
	Additive     *Additive     `json:"additive"`
	Measurements []Measurement `json:"measurements"`
	Warnings     []string      `json:"warnings"`

	points []fit.Point
	tokens float64 // a step, of forms in tokens; 1 where it is not known
}

// Span is the values that P or S have among the points.
type Span struct {
	Low       Number `json:"low"`
	High      Number `json:"high"`
	Different int    `json:"different"`
}

// Measurement is a point beside what the first fit says of it.
type Measurement struct {
	Model    string `json:"model"`
	Params   Number `json:"params"`
	Steps    Number `json:"steps"`
	Rate     Number `json:"rate"`
	SE       Number `json:"se"`
	Fitted   Number `json:"fitted"`
	Residual Number `json:"residual"` // rate - fitted
}

// Candidate is a form among all. What cannot be fitted says why.
type Candidate struct {
	Form        string       `json:"form"`
	Formula     string       `json:"formula"`
	Parameters  int          `json:"parameters"`
	SSE         Number       `json:"sse"`
	R2          Number       `json:"r2"`
	AICc        Number       `json:"aicc"`
	Predictions []Prediction `json:"predictions"` // of each of Law.HeldOut
	Problem     string       `json:"problem,omitempty"`

	law *fit.Fit // nil where there is none
}

// Additive is the best that any sum f(P) + g(S) could do, where the grid of the points is full.
type Additive struct {
	SSE Number `json:"sse"`
	DF  int    `json:"df"`
	R2  Number `json:"r2"`
}

// Make fits laws to each group. It is an error if none of the forms that were asked for can be fitted to any.
func Make(ctx context.Context, d *Data, o Options) (*Account, error) {
	if err := checkPublished(o.Published, d, o.Forms); err != nil {
		return nil, err
	}
	a := &Account{Data: *d, Loss: o.Loss.String(), Draws: o.Draws, Seed: o.Seed}
	var problems []error
	for i := range d.Groups {
		l, problem, err := account(ctx, d, &d.Groups[i], o)
		if err != nil {
			return nil, fmt.Errorf("law: %s: %s: %w", d.Source, d.Groups[i].title(), err)
		}
		if problem != nil {
			problems = append(problems, fmt.Errorf("law: %s: %s: %w", d.Source, d.Groups[i].title(), problem))
		}
		a.Laws = append(a.Laws, *l)
	}
	if !slices.ContainsFunc(a.Laws, func(l Law) bool { return len(l.Fits) > 0 }) {
		return nil, fmt.Errorf("%w%s", errors.Join(problems...), a.possible())
	}
	a.share(o.Forms[0])
	return a, nil
}

// possible names the forms that can be fitted instead.
func (a *Account) possible() string {
	var names []string
	for _, l := range a.Laws {
		for _, c := range l.Forms {
			if c.Problem == "" && !slices.Contains(names, c.Form) {
				names = append(names, c.Form)
			}
		}
	}
	if names == nil {
		return ""
	}
	return "; of other forms there are " + strings.Join(names, ", ")
}

// newLaw is a group of which nothing is known yet.
func newLaw(d *Data, g *Group) *Law {
	return &Law{Group: g.Name, Points: len(g.Points), Warnings: slices.Clone(g.Remarks), points: g.Points, tokens: max(d.Tokens, 1),
		Params: span(g.Points, func(x fit.Point) float64 { return x.Params }),
		Steps:  span(g.Points, func(x fit.Point) float64 { return x.Steps })}
}

// account is that of one group, and why no form that was asked for can be fitted to it.
func account(ctx context.Context, d *Data, g *Group, o Options) (l *Law, problem, err error) {
	l = newLaw(d, g)
	for _, form := range o.Forms {
		f, err := l.fit(ctx, form, o)
		switch {
		case ctx.Err() != nil:
			return nil, nil, ctx.Err()
		case err != nil:
			problem = errors.Join(problem, err)
			l.Warnings = append(l.Warnings, fmt.Sprintf("%s could not be fitted: %s.", form.Name, plain(err)))
		default:
			l.Fits = append(l.Fits, *f)
		}
	}
	if len(l.Fits) > 0 {
		problem = nil
	}
	l.hold()
	for _, form := range fit.Forms {
		c, err := l.candidate(ctx, form, o.Loss)
		if err != nil {
			return nil, nil, err
		}
		l.Forms = append(l.Forms, c)
	}
	if o.Against != nil {
		l.compare(o.Forms[0], o.Against)
	}
	if b, err := fit.Additive(g.Points); err == nil {
		l.Additive = &Additive{Number(b.SSE), b.DF, Number(b.R2)}
	}
	for i, x := range g.Points {
		m := Measurement{Model: g.Models[i], Params: Number(x.Params), Steps: Number(x.Steps), Rate: Number(x.Ratio), SE: Number(x.SE)}
		if len(l.Fits) > 0 {
			m.Fitted = Number(l.Fits[0].Value(x.Params, x.Steps))
			m.Residual = m.Rate - m.Fitted
		}
		l.Measurements = append(l.Measurements, m)
	}
	return l, problem, nil
}

// candidate is a form beside the others.
func (l *Law) candidate(ctx context.Context, form *fit.Form, loss fit.Loss) (c Candidate, err error) {
	c = Candidate{Form: form.Name, Formula: form.Formula, Parameters: form.Parameters(), SSE: unknown, R2: unknown, AICc: unknown}
	if c.law, err = fit.Optimum(form, l.in(form), loss); err != nil {
		c.Problem = plain(err)
		return c, nil
	}
	c.SSE, c.R2 = Number(c.law.SSE), Number(c.law.R2)
	if aicc, err := fit.AICc(c.law); err == nil {
		c.AICc = Number(aicc)
	}
	c.Predictions, err = l.predict(ctx, form, loss)
	return c, err
}

// in is the points as a form wants them: with tokens for steps, if it is one of tokens.
func (l *Law) in(form *fit.Form) []fit.Point { return l.tokened(form, l.points) }

func (l *Law) tokened(form *fit.Form, points []fit.Point) []fit.Point {
	points = slices.Clone(points)
	for i := range points {
		points[i].Steps *= l.unit(form)
	}
	return points
}

// unit is what a step is in what a form counts training by: tokens, or steps.
func (l *Law) unit(form *fit.Form) float64 {
	if form.Tokens {
		return l.tokens
	}
	return 1
}

func span(points []fit.Point, of func(fit.Point) float64) Span {
	var list []float64
	for _, x := range points {
		list = append(list, of(x))
	}
	slices.Sort(list)
	list = slices.Compact(list)
	return Span{Number(list[0]), Number(list[len(list)-1]), len(list)}
}
