package law

import (
	"context"

	"lmz/internal/lab/fit"
)

// Fit is a form fitted to a group, told in full.
type Fit struct {
	Form        string     `json:"form"`
	Formula     string     `json:"formula"`
	From        string     `json:"from"` // who proposed it
	Estimates   []Estimate `json:"estimates"`
	AtReference []Estimate `json:"at_reference"` // the terms where P = P0 and S = S0, which data identify
	ParamsAt    Number     `json:"reference_params"`
	StepsAt     Number     `json:"reference_steps"`
	SSE         Number     `json:"sse"`
	R2          Number     `json:"r2"`
	RMSE        Number     `json:"rmse"`
	Warnings    []string   `json:"warnings"`

	law    *fit.Fit
	tokens float64 // a step; 1 where the form is of steps
}

// Estimate is a number of a law.
type Estimate struct {
	Name  string `json:"name"`
	Value Number `json:"value"`
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
	f := &Fit{Form: form.Name, Formula: form.Formula, From: form.Source, law: law, tokens: 1}
	if form.Tokens {
		f.tokens = l.tokens
	}
	f.ParamsAt, f.StepsAt = Number(law.Reference.Params), Number(law.Reference.Steps)
	f.SSE, f.R2, f.RMSE, f.Warnings = Number(law.SSE), Number(law.R2), Number(law.RMSE), law.Warnings
	for i, value := range law.Coefficients() {
		f.Estimates = append(f.Estimates, Estimate{form.Coefficients[i], Number(value)})
	}
	for i, value := range law.Exponents {
		f.Estimates = append(f.Estimates, Estimate{form.Exponents[i].Name, Number(value)})
	}
	for i, value := range law.AtReference {
		f.AtReference = append(f.AtReference, Estimate{form.Scales[i], Number(value)})
	}
	return f, ctx.Err()
}
