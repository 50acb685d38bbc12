package law

import (
	"fmt"
	"math"
	"strings"

	"lmz/internal/lab/table"
)

// write writes a fit.
func (f *Fit) write(b *strings.Builder) {
	for i, t := range f.tables() {
		if i == 0 {
			heading(b, fmt.Sprintf("%s: %s", f.Form, f.Formula))
			fmt.Fprintf(b, "  SSE %s, R2 %s, RMSE %s\n", f.SSE.digits(8), f.R2.fixed(4), f.RMSE.digits(4))
		}
		fmt.Fprintln(b)
		writeTable(b, t)
	}
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

// tables are the estimates, the tests of terms, and what other coefficients score.
func (f *Fit) tables() []*table.Table {
	list := []*table.Table{f.estimates()}
	if len(f.Terms) > 0 {
		list = append(list, f.terms())
	}
	if len(f.Rounded) > 0 {
		list = append(list, f.scores())
	}
	return list
}

// exponents are the estimates of those.
func (f *Fit) exponents() []Estimate { return f.Estimates[len(f.law.Form.Coefficients):] }

// coefficients are the estimates of the formula's terms, at P = S = 1.
func (f *Fit) coefficients() []Estimate { return f.Estimates[:len(f.law.Form.Coefficients)] }

// estimates sets what the data can identify first, then what is extrapolated to P = S = 1.
func (f *Fit) estimates() *table.Table {
	t := &table.Table{Title: fmt.Sprintf("%s: %s, with 95%% intervals", f.Form, f.Formula), Head: []string{"", "estimate", "profile", "bootstrap", "identified"}, Left: 1}
	rows := func(list []Estimate) {
		for _, e := range list {
			t.Row(e.Name, e.Value.digits(4), e.Profile.beside(e.Value), e.Bootstrap.beside(e.Value), e.Known)
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
	if len(f.exponents()) == 0 {
		return t
	}
	text := fmt.Sprintf("Terms in capitals are at P0 = %s, S0 = %s; those of the formula are at P = S = 1, far outside the points.", amount(float64(f.ParamsAt)), amount(float64(f.StepsAt)))
	if f.tokens > 1 {
		text = fmt.Sprintf("P0 = %s, D0 = %s tokens; terms of the formula are at P = D = 1, far outside the points.", amount(float64(f.ParamsAt)), amount(float64(f.StepsAt)))
	}
	if f.Correlated.finite() {
		text += fmt.Sprintf(" The estimates of log %s and alpha correlate %s.", f.coefficients()[1].Name, f.Correlated.digits(4))
	}
	t.Notes = []string{text}
	return t
}

// p is of the simulation, where there is one.
func (t *Term) p() Number {
	if t.Simulated.finite() {
		return t.Simulated
	}
	return t.P
}

// terms sets the tests of whether the law needs each.
func (f *Fit) terms() *table.Table {
	t := &table.Table{Title: "Whether " + f.Form + " needs its terms", Head: []string{"without", "F", "df", "p", "p, simulated"}, Left: 1}
	for _, x := range f.Terms {
		simulated := ""
		if x.Simulated.finite() {
			simulated = p(x.Simulated)
		}
		t.Row(x.Coefficient, x.F.digits(4), fmt.Sprintf("%d, %d", x.DF, x.Rest), p(x.P), simulated)
	}
	return t
}

// scores sets coefficients that were not fitted beside the optimum.
func (f *Fit) scores() *table.Table {
	t := &table.Table{Title: "Coefficients of " + f.Form + " on the same points", Head: []string{"coefficients"}, Left: 1}
	for _, e := range f.Estimates {
		t.Head = append(t.Head, e.Name)
	}
	t.Head = append(t.Head, "SSE", "R2", "RMSE")
	row := func(name string, list []Estimate, digits int, sse, r2, rmse Number) {
		cells := []string{name}
		for _, e := range list {
			cells = append(cells, e.Value.short(digits))
		}
		t.Row(append(cells, sse.digits(4), r2.fixed(4), rmse.digits(3))...)
	}
	row("optimum", f.Estimates, 5, f.SSE, f.R2, f.RMSE)
	for i := len(f.Rounded) - 1; i >= 0; i-- {
		s := f.Rounded[i]
		row(count(s.Digits, "digit", "digits"), s.Estimates, s.Digits, s.SSE, s.R2, s.RMSE)
	}
	if s := f.Given; s != nil {
		row("given", s.Estimates, 15, s.SSE, s.R2, s.RMSE)
	}
	return t
}
