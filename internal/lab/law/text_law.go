package law

import (
	"fmt"
	"strings"

	"lmz/internal/lab/table"
)

func (l *Law) title() string { return Group{Name: l.Group}.title() }

func (s Span) text(one, many string) string {
	if s.Different == 1 {
		return amount(float64(s.Low)) + " alone"
	}
	return fmt.Sprintf("%s to %s (%s)", amount(float64(s.Low)), amount(float64(s.High)), count(s.Different, one, many))
}

// write writes all of a group.
func (l *Law) write(b *strings.Builder, a *Account) {
	title := fmt.Sprintf("%s: %s, P %s, S %s", l.title(), count(l.Points, "point", "points"), l.Params.text("size", "sizes"), l.Steps.text("value", "values"))
	fmt.Fprintf(b, "%s\n%s\n", title, strings.Repeat("=", len(title)))
	for i := range l.Fits {
		l.Fits[i].write(b)
	}
	if len(l.Fits) > 0 {
		forms, problems := l.forms()
		heading(b, forms.Title)
		writeTable(b, forms)
		warn(b, problems)
	}
	if l.Comparison != nil {
		t := l.Comparison.table()
		heading(b, t.Title)
		writeTable(b, t)
	}
	if len(l.Warnings) > 0 {
		heading(b, "Warnings")
		warn(b, l.Warnings)
	}
}

// answer is what is known of a group's first law, in a few sentences.
func (l *Law) answer() (list []string) {
	say := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	if len(l.Fits) == 0 {
		return l.Warnings
	}
	f := &l.Fits[0]
	if f.R2.finite() {
		say("The form %s explains %s%% of the variance of these %d points, with an RMSE of %s.", f.Form, (100 * f.R2).fixed(1), l.Points, f.RMSE.digits(2))
	} else {
		say("All rates are equal: the form %s explains nothing, since there is nothing to explain.", f.Form)
	}
	if l.Additive != nil && f.R2.finite() {
		say("No sum f(P) + g(S) can explain more than %s%%.", (100 * l.Additive.R2).fixed(1))
	}
	if f.Given != nil {
		say("With the given coefficients it explains %s%%.", (100 * f.Given.R2).fixed(1))
	}
	list = append(list, f.rises(l)...)
	var doubtful []string
	for _, t := range f.Terms {
		if !(t.p() < significant) {
			doubtful = append(doubtful, fmt.Sprintf("%s (p = %s)", t.Coefficient, p(t.p())))
		}
	}
	if len(doubtful) > 0 {
		say("That it needs %s is not shown.", enumerate(doubtful))
	}
	if l.Points <= f.law.Form.Parameters() {
		say("It has as many numbers as there are points: nothing is known of its error, nor of what it predicts.")
	}
	var unbounded, rough []string
	for _, e := range append(f.exponents(), f.AtReference...) {
		switch e.Known {
		case "", "yes":
		case notBounded:
			unbounded = append(unbounded, e.Name)
		default:
			rough = append(rough, e.Name+" "+e.Known)
		}
	}
	if len(unbounded) > 0 {
		say("The data do not bound %s.", enumerate(unbounded))
	}
	if len(rough) > 0 {
		say("By the 95%% intervals there is known: %s.", strings.Join(rough, ", "))
	}
	return append(list, l.outOfSample(f)...)
}

// rises says where the law rises from the fewest steps, or the smallest size, to the most by more than its errors.
func (f *Fit) rises(l *Law) (list []string) {
	p, s := float64(f.ParamsAt), float64(f.StepsAt)/f.tokens
	for _, v := range []struct {
		what, name string
		span       Span
		at         func(v Number) float64
	}{
		{"training", "S", l.Steps, func(v Number) float64 { return f.Value(p, float64(v)) }},
		{"parameters", "P", l.Params, func(v Number) float64 { return f.Value(float64(v), s) }},
	} {
		low, high := v.at(v.span.Low), v.at(v.span.High)
		if high-low > float64(f.RMSE) {
			list = append(list, fmt.Sprintf("More %s makes it worse: the law rises from %s at %s = %s to %s at %s = %s.",
				v.what, Number(low).digits(3), v.name, amount(float64(v.span.Low)), Number(high).digits(3), v.name, amount(float64(v.span.High))))
		}
	}
	return list
}

// outOfSample says which form predicts best what was held out, and how many times the law beats copying the nearest point.
func (l *Law) outOfSample(f *Fit) (list []string) {
	if len(l.HeldOut) == 0 {
		return nil
	}
	wins, beaten, predicted := map[string]int{}, 0, 0
	var order []string
	for i, h := range l.HeldOut {
		best, least := "", h.Nearest
		for _, c := range l.Forms {
			if i >= len(c.Predictions) {
				continue
			}
			r := c.Predictions[i].RMSE
			if c.Form == f.Form && r.finite() {
				predicted++
				if r < h.Nearest {
					beaten++
				}
			}
			if r.finite() && r < least {
				best, least = c.Form, r
			}
		}
		if best == "" {
			best = "copying the nearest measured point"
		}
		if wins[best] == 0 {
			order = append(order, best)
		}
		wins[best]++
	}
	n, ways := len(l.HeldOut), count(predicted, "way of holding out", "ways of holding out, which overlap")
	switch {
	case predicted == 0:
		list = append(list, "It cannot be fitted to fewer points than these, so that nothing can be held out.")
	case beaten == 0:
		list = append(list, fmt.Sprintf("Of what was held out it predicts nothing better than copying the nearest measured point does (%s).", ways))
	default:
		list = append(list, fmt.Sprintf("It predicts better than copying the nearest measured point in %d of %s.", beaten, ways))
	}
	if n > predicted && predicted > 0 {
		list = append(list, fmt.Sprintf("In %s too few points are left to fit it.", count(n-predicted, "other way", "other ways")))
	}
	var best []string
	for _, name := range order {
		best = append(best, fmt.Sprintf("%s (%d of %d)", name, wins[name], n))
	}
	return append(list, "Best out of sample: "+strings.Join(best, ", ")+".")
}

// Tables are all of a group's, as the text has them.
func (l *Law) Tables() (list []*table.Table) {
	for i := range l.Fits {
		list = append(list, l.Fits[i].tables()...)
	}
	if len(l.Fits) > 0 {
		forms, _ := l.forms()
		list = append(list, forms)
	}
	if l.Comparison != nil {
		list = append(list, l.Comparison.table())
	}
	return list
}

// forms sets all forms beside each other, and says what could not be found out.
func (l *Law) forms() (*table.Table, []string) {
	t := &table.Table{Title: "All forms: how they fit, and RMSE of what was held out", Head: []string{"form", "numbers", "SSE", "R2", "AICc"}, Left: 1}
	short := map[string]string{"each point once": "each once", "the largest model": "largest P", "the last checkpoint": "last S", "the last 2 checkpoints": "last 2 S"}
	for _, h := range l.HeldOut {
		t.Head = append(t.Head, short[h.Held])
	}
	var problems []string
	for _, c := range l.Forms {
		row := []string{c.Form, fmt.Sprint(c.Parameters), c.SSE.digits(4), c.R2.fixed(4), c.AICc.fixed(1)}
		for i, h := range l.HeldOut {
			cell := "-"
			if i < len(c.Predictions) {
				if cell = c.Predictions[i].RMSE.digits(3); c.Predictions[i].RMSE < h.Nearest {
					cell += "*"
				} else {
					cell += " "
				}
				if p := c.Predictions[i].Problem; p != "" {
					problems = append(problems, fmt.Sprintf("%s: %s.", c.Form, p))
				}
			}
			row = append(row, cell)
		}
		if c.Problem != "" {
			problems = append(problems, fmt.Sprintf("%s: %s.", c.Form, c.Problem))
		}
		t.Row(row...)
	}
	row := []string{"copy the nearest", "", "", "", ""}
	for _, h := range l.HeldOut {
		row = append(row, h.Nearest.digits(3)+" ")
	}
	t.Row(row...)
	if len(l.HeldOut) > 0 {
		var sizes []string
		for _, h := range l.HeldOut[1:] {
			sizes = append(sizes, fmt.Sprintf("%s: %d", h.Held, h.Predicted))
		}
		text := "* better than copying the measured point that is nearest in log P and log S."
		if len(sizes) > 0 {
			text += " Points held out: " + strings.Join(sizes, ", ") + "."
		}
		t.Notes = []string{text}
	}
	return t, problems
}

// table sets the two forms beside each other.
func (c *Comparison) table() *table.Table {
	t := &table.Table{Title: fmt.Sprintf("%s against %s, each point left out once", c.Forms[0], c.Forms[1]), Head: []string{"", "RMSE", "AICc", "Akaike weight"}, Left: 1}
	for i := range c.Forms {
		t.Row(c.Forms[i], c.RMSE[i].digits(4), c.AICc[i].fixed(1), c.Weights[i].fixed(3))
	}
	verdict := "These points do not tell which predicts better."
	if c.Better != "" {
		verdict = c.Better + " predicts better."
	}
	t.Notes = []string{fmt.Sprintf("%s Difference of the RMSE %s (%s, by a paired bootstrap of the left-out errors). Of extrapolation this says nothing, and a form that was chosen for its fit to these points is flattered by it.", verdict, c.Difference.digits(3), c.Interval.text(3))}
	return t
}
