package law

import (
	"fmt"
	"strings"
)

// Text is the account for people: for each group first the answer, then the numbers, then the warnings.
func (a *Account) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Scaling laws of %s\n\n", a.Source)
	b.WriteString(wrap(a.method(), "", ""))
	for _, remark := range a.Remarks {
		b.WriteString(wrap(remark, "", ""))
	}
	for i := range a.Laws {
		fmt.Fprintln(&b)
		a.Laws[i].write(&b, a)
	}
	return b.String()
}

// method says what the figures of an account are.
func (a *Account) method() string {
	params := fmt.Sprintf("P: model size, %s, from %s.", a.Params, a.From)
	if a.Params == AsGiven {
		params = fmt.Sprintf("P: model size as given in %s; what it counts is not known.", a.From)
	}
	return fmt.Sprintf("%s S: %s of training. Rate: %s, smaller is better. Loss: %s.", params, a.Steps, a.rate(), a.Loss)
}

// rate is what was measured, in words.
func (a *Account) rate() string {
	switch a.Rate {
	case "ratio":
		return "compression ratio (counted / raw)"
	case "bits_per_byte":
		return "bits/byte"
	}
	return a.Rate
}

func (l *Law) title() string {
	g := Group{Name: l.Group}
	return g.title()
}

func (l *Law) write(b *strings.Builder, a *Account) {
	title := fmt.Sprintf("%s: %s, P %s, S %s", l.title(), count(l.Points, "point", "points"), l.Params.text("size", "sizes"), l.Steps.text("value", "values"))
	fmt.Fprintf(b, "%s\n%s\n", title, strings.Repeat("=", len(title)))
	for i := range l.Fits {
		fmt.Fprintln(b)
		l.Fits[i].write(b, a)
	}
	fmt.Fprintln(b)
	t := table{head: []string{"form", "", "parameters", "SSE", "R2"}, left: 2}
	for _, c := range l.Forms {
		t.row(c.Form, c.Formula, fmt.Sprint(c.Parameters), c.SSE.digits(4), c.R2.digits(4))
	}
	b.WriteString(t.text())
}

func (s Span) text(one, many string) string {
	if s.Different == 1 {
		return amount(float64(s.Low)) + " alone"
	}
	return fmt.Sprintf("%s to %s (%s)", amount(float64(s.Low)), amount(float64(s.High)), count(s.Different, one, many))
}

func (f *Fit) write(b *strings.Builder, a *Account) {
	fmt.Fprintf(b, "%s: %s\nSSE %s, R2 %s, RMSE %s\n\n", f.Form, f.Formula, f.SSE.digits(8), f.R2.digits(6), f.RMSE.digits(4))
	t := table{head: []string{"", "estimate"}, left: 1}
	for _, e := range append(f.Estimates, f.AtReference...) {
		t.row(e.Name, e.Value.digits(4))
	}
	b.WriteString(t.text())
}
