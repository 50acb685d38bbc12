package law

import (
	"fmt"
	"slices"

	"lmz/internal/lab/fit"
)

// Shared is the likelihood-ratio test of whether the groups' laws have exponents in common, each group with an error variance of its own.
type Shared struct {
	Form      string     `json:"form"`
	Values    []Estimate `json:"values"` // of the shared exponents
	Chi2      Number     `json:"chi2"`
	DF        int        `json:"df"`
	P         Number     `json:"p"`
	Corrected Number     `json:"p_corrected"` // for few points
	Warnings  []string   `json:"warnings"`

	// Correlation of two groups' residuals at the same sizes and steps, the least and the greatest. The test takes it for 0.
	Correlation [2]Number `json:"residual_correlation"`
}

// share tests all exponents of the first form together, and each alone. Of one group there is nothing to test.
func (a *Account) share(form *fit.Form) {
	var names []string
	for _, e := range form.Exponents {
		if e.Low >= 0 { // a balance is one of a reference, which is each group's own
			names = append(names, e.Name)
		}
	}
	var groups [][]fit.Point
	var without []string
	for i := range a.Laws {
		if l := &a.Laws[i]; l.fitted(form.Name) {
			groups = append(groups, l.in(form))
		} else {
			without = append(without, l.title())
		}
	}
	if len(groups) < 2 || len(names) == 0 {
		return
	}
	if without != nil {
		a.Remarks = append(a.Remarks, fmt.Sprintf("The test of shared exponents is of the other groups than %s, to which the form %s could not be fitted.", enumerate(without), form.Name))
	}
	tests := [][]string{names}
	for _, name := range names {
		if len(names) > 1 {
			tests = append(tests, []string{name})
		}
	}
	for _, exponents := range tests {
		t, err := fit.Shared(form, groups, exponents)
		if err != nil {
			a.Remarks = append(a.Remarks, fmt.Sprintf("No test of shared exponents: %s.", plain(err)))
			return
		}
		a.Shared = append(a.Shared, Shared{form.Name, estimates(t.Exponents, t.Values), Number(t.Chi2), t.DF, Number(t.P), Number(t.Corrected), t.Warnings,
			[2]Number{Number(t.Correlation[0]), Number(t.Correlation[1])}})
	}
}

// fitted says whether there is a fit of a form.
func (l *Law) fitted(form string) bool {
	return slices.ContainsFunc(l.Fits, func(f Fit) bool { return f.Form == form })
}
