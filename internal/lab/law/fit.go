package law

import (
	"context"
	"strings"

	"lmz/internal/lab/fit"
)

// Fit is a form fitted to a group, told in full.
type Fit struct {
	Form        string     `json:"form"`
	Formula     string     `json:"formula"`
	From        string     `json:"from"`      // who proposed it
	Estimates   []Estimate `json:"estimates"` // as the formula has them: terms where P = S = 1, then exponents
	AtReference []Estimate `json:"at_reference"`
	ParamsAt    Number     `json:"reference_params"` // P0 and S0, the geometric means of the points
	StepsAt     Number     `json:"reference_steps"`
	SSE         Number     `json:"sse"`
	R2          Number     `json:"r2"`
	RMSE        Number     `json:"rmse"`
	Terms       []Term     `json:"terms"`
	Chi         *Chi       `json:"chi_square"`
	Draws       int        `json:"draws"`               // resamples that could be fitted
	Degenerate  int        `json:"degenerate"`          // resamples that could not
	Correlated  Number     `json:"correlation_b_alpha"` // of log b, the term of size as the formula has it, and its exponent
	Rounded     []Scored   `json:"rounded"`             // the estimates with few digits, as papers print them
	Given       *Scored    `json:"given"`               // what somebody else gave
	Unknown     []string   `json:"unknown"`             // what could not be found out, and why
	Warnings    []string   `json:"warnings"`

	law    *fit.Fit
	tokens float64 // a step; 1 where the form is of steps
}

// Estimate is a number of a law.
type Estimate struct {
	Name      string    `json:"name"`
	Value     Number    `json:"value"`
	Profile   *Interval `json:"profile,omitempty"`   // by profile likelihood
	Bootstrap *Interval `json:"bootstrap,omitempty"` // by pairs bootstrap
	Known     string    `json:"known,omitempty"`     // how well the data identify it, in words
}

// Term is the test of whether a law needs a term.
type Term struct {
	Coefficient  string   `json:"coefficient"`
	Unidentified []string `json:"unidentified"` // exponents that mean nothing without the term, for which P is approximate, as a rule too large
	F            Number   `json:"f"`
	DF           int      `json:"df"`
	Rest         int      `json:"rest"`
	P            Number   `json:"p"`
	Simulated    Number   `json:"p_simulated"` // by simulation; null where it was not needed
}

// Chi is the residuals against the points' standard errors.
type Chi struct {
	Chi2 Number `json:"chi2"`
	DF   int    `json:"df"`
	P    Number `json:"p"`
	SE   Number `json:"se"` // root mean square of the standard errors
}

// Scored is a law with coefficients that were not fitted here.
type Scored struct {
	Digits    int        `json:"digits,omitempty"` // significant ones, where estimates were rounded
	Estimates []Estimate `json:"estimates"`
	SSE       Number     `json:"sse"`
	R2        Number     `json:"r2"`
	RMSE      Number     `json:"rmse"`
}

// Value is the law's rate of a model of so many parameters after so many steps.
func (f *Fit) Value(params, steps float64) float64 { return f.law.Value(params, steps*f.tokens) }

// fit fits a form and finds all that is known of it.
func (l *Law) fit(ctx context.Context, form *fit.Form, o Options) (*Fit, error) {
	points := l.in(form)
	law, err := fit.Optimum(form, points, o.Loss)
	if err != nil {
		return nil, err
	}
	f := &Fit{Form: form.Name, Formula: form.Formula, From: form.Source, law: law, tokens: l.unit(form)}
	f.ParamsAt, f.StepsAt = Number(law.Reference.Params), Number(law.Reference.Steps)
	f.SSE, f.R2, f.RMSE, f.Warnings = Number(law.SSE), Number(law.R2), Number(law.RMSE), law.Warnings
	f.Estimates = estimates(coefficientNames(form), append(law.Coefficients(), law.Exponents...))
	f.AtReference = estimates(form.Scales, law.AtReference)
	if err := f.intervals(ctx, points, o); err != nil {
		return nil, err
	}
	f.test(points)
	if err := f.score(l, points, o.Published); err != nil {
		return nil, err
	}
	return f, ctx.Err()
}

// coefficientNames are the names of a formula's numbers: coefficients, then exponents.
func coefficientNames(form *fit.Form) []string {
	names := append([]string(nil), form.Coefficients...)
	for _, e := range form.Exponents {
		if e.Low >= 0 { // the coupled law's balance follows from its coefficients
			names = append(names, e.Name)
		}
	}
	return names
}

func estimates(names []string, values []float64) []Estimate {
	list := make([]Estimate, len(names))
	for i, name := range names {
		list[i] = Estimate{Name: name, Value: Number(values[i])}
	}
	return list
}

// test tests the terms, and the law against the points' standard errors.
func (f *Fit) test(points []fit.Point) {
	tests, err := fit.TermTests(f.law, points)
	f.unknown(err)
	for _, t := range tests {
		f.Terms = append(f.Terms, Term{t.Term, t.Unidentified, Number(t.F), t.DF, t.Rest, Number(t.P), Number(t.Simulated)})
	}
	chi, err := fit.ChiSquare(f.law, points)
	f.unknown(err)
	if err == nil {
		f.Chi = &Chi{Number(chi.Chi2), chi.DF, Number(chi.P), Number(chi.SE)}
	}
}

// unknown notes why something cannot be said.
func (f *Fit) unknown(err error) {
	if err != nil {
		f.Unknown = append(f.Unknown, plain(err))
	}
}

// plain is an error as part of an account.
func plain(err error) string { return strings.ReplaceAll(err.Error(), "fit: ", "") }

// score scores the estimates rounded as papers print them, and what somebody else gave.
func (f *Fit) score(l *Law, points []fit.Point, given []Published) (err error) {
	form := f.law.Form
	for digits := 1; digits <= 3; digits++ {
		values := make([]float64, len(f.Estimates))
		for i, e := range f.Estimates {
			values[i] = rounded(float64(e.Value), digits)
		}
		s, err := scored(form, values, points)
		if err != nil {
			return err
		}
		s.Digits = digits
		f.Rounded = append(f.Rounded, *s)
	}
	for _, p := range given {
		if p.Group != "" && p.Group != l.Group {
			continue
		}
		values, ok := p.values(form)
		if !ok {
			continue
		}
		if f.Given, err = scored(form, values, points); err != nil {
			return err
		}
	}
	return nil
}

// scored is a law of these numbers: coefficients, then exponents.
func scored(form *fit.Form, values []float64, points []fit.Point) (*Scored, error) {
	linear := len(form.Coefficients)
	s, err := fit.Score(form, values[:linear], values[linear:], points)
	if err != nil {
		return nil, err
	}
	return &Scored{0, estimates(coefficientNames(form), values), Number(s.SSE), Number(s.R2), Number(s.RMSE)}, nil
}
