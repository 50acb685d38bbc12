package law

import (
	"fmt"
	"math"
	"strings"
)

// write writes a fit.
func (f *Fit) write(b *strings.Builder) {
	heading(b, fmt.Sprintf("%s: %s", f.Form, f.Formula))
	fmt.Fprintf(b, "  SSE %s, R2 %s, RMSE %s\n\n", f.SSE.digits(8), f.R2.fixed(4), f.RMSE.digits(4))
	f.writeEstimates(b)
	f.writeTerms(b)
	f.writeScores(b)
	if f.Chi != nil {
		times := math.Sqrt(float64(f.Chi.Chi2) / float64(f.Chi.DF))
		text := fmt.Sprintf("Against the points' own standard errors (root mean square %s): chi-square %s on %d degrees of freedom, p %s.", f.Chi.SE.digits(2), f.Chi.Chi2.digits(4), f.Chi.DF, p(f.Chi.P))
		if times > 2 && f.Chi.P < significant {
			text += fmt.Sprintf(" The law misses by about %s times the errors of measurement: the shape is not right, or training itself scatters.", Number(times).digits(2))
		}
		fmt.Fprintln(b)
		b.WriteString(wrap(text, "  ", "  "))
	}
	if len(f.Unknown)+len(f.Warnings) > 0 {
		fmt.Fprintln(b)
	}
	for _, u := range f.Unknown {
		b.WriteString(wrap("Not known: "+u+".", "  ! ", "    "))
	}
	warn(b, f.Warnings)
}

// exponents are the estimates of those.
func (f *Fit) exponents() []Estimate { return f.Estimates[len(f.law.Form.Coefficients):] }

// coefficients are the estimates of the formula's terms, at P = S = 1.
func (f *Fit) coefficients() []Estimate { return f.Estimates[:len(f.law.Form.Coefficients)] }

// writeEstimates sets what the data can identify first, then what is extrapolated to P = S = 1.
func (f *Fit) writeEstimates(b *strings.Builder) {
	t := table{head: []string{"", "estimate", "profile", "bootstrap", "identified"}, left: 1}
	rows := func(list []Estimate) {
		for _, e := range list {
			t.row(e.Name, e.Value.digits(4), e.Profile.beside(e.Value), e.Bootstrap.beside(e.Value), e.Known)
		}
	}
	rows(f.exponents())
	rows(f.AtReference)
	at := map[string]bool{}
	for _, e := range f.AtReference {
		at[e.Name] = true
	}
	var extrapolated []Estimate
	for _, e := range f.coefficients() {
		if !at[e.Name] {
			extrapolated = append(extrapolated, e)
		}
	}
	rows(extrapolated)
	b.WriteString(t.text())
	if len(f.exponents()) == 0 {
		return
	}
	text := fmt.Sprintf("Terms in capitals are at P0 = %s, S0 = %s; those of the formula are at P = S = 1, far outside the points.", amount(float64(f.ParamsAt)), amount(float64(f.StepsAt)))
	if f.tokens > 1 {
		text = fmt.Sprintf("P0 = %s, D0 = %s tokens; terms of the formula are at P = D = 1, far outside the points.", amount(float64(f.ParamsAt)), amount(float64(f.StepsAt)))
	}
	if f.Correlated.finite() {
		text += fmt.Sprintf(" Over the draws, the logarithm of %s and alpha correlate %s.", f.coefficients()[1].Name, f.Correlated.digits(4))
	}
	b.WriteString(wrap(text, "  ", "  "))
}

// p is of the simulation, where there is one.
func (t *Term) p() Number {
	if t.Simulated.finite() {
		return t.Simulated
	}
	return t.P
}

func (f *Fit) writeTerms(b *strings.Builder) {
	if len(f.Terms) == 0 {
		return
	}
	fmt.Fprintln(b)
	t := table{head: []string{"without", "F", "df", "p", "p, simulated"}, left: 1}
	for _, x := range f.Terms {
		simulated := ""
		if x.Simulated.finite() {
			simulated = p(x.Simulated)
		}
		t.row(x.Coefficient, x.F.digits(4), fmt.Sprintf("%d, %d", x.DF, x.Rest), p(x.P), simulated)
	}
	b.WriteString(t.text())
}

// writeScores sets coefficients that were not fitted beside the optimum.
func (f *Fit) writeScores(b *strings.Builder) {
	if len(f.Rounded) == 0 {
		return
	}
	fmt.Fprintln(b)
	t := table{head: []string{"coefficients"}, left: 1}
	for _, e := range f.Estimates {
		t.head = append(t.head, e.Name)
	}
	t.head = append(t.head, "SSE", "R2", "RMSE")
	row := func(name string, list []Estimate, digits int, sse, r2, rmse Number) {
		cells := []string{name}
		for _, e := range list {
			cells = append(cells, e.Value.short(digits))
		}
		t.row(append(cells, sse.digits(4), r2.fixed(4), rmse.digits(3))...)
	}
	row("optimum", f.Estimates, 5, f.SSE, f.R2, f.RMSE)
	for i := len(f.Rounded) - 1; i >= 0; i-- {
		s := f.Rounded[i]
		row(count(s.Digits, "digit", "digits"), s.Estimates, s.Digits, s.SSE, s.R2, s.RMSE)
	}
	if s := f.Given; s != nil {
		row("given", s.Estimates, 15, s.SSE, s.R2, s.RMSE)
	}
	b.WriteString(t.text())
}
