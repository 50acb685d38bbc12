package law

import (
	"fmt"
	"slices"
	"strings"

	"lmz/internal/lab/fit"
	"lmz/internal/lab/table"
)

// Text is the account for people: first the answers, then for each group the numbers, what they are worth, and the warnings.
func (a *Account) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Scaling laws of %s\n\n", a.Source)
	for _, text := range a.Method() {
		b.WriteString(wrap(text, "", ""))
	}
	fmt.Fprint(&b, "\nThe answer\n----------\n")
	const indent = "  "
	for _, answer := range a.Answers() {
		fmt.Fprintf(&b, "\n%s\n%s", answer.Of, wrap(answer.Text, indent, indent))
	}
	for i := range a.Laws {
		fmt.Fprintln(&b)
		a.Laws[i].write(&b, a)
	}
	a.writeShared(&b)
	a.writeForms(&b)
	return b.String()
}

// Answer is what is known of a group's first law, or of all groups' together, in a few sentences.
type Answer struct{ Of, Text string }

// Answers are those of an account: a group's each, then that on shared exponents.
func (a *Account) Answers() (list []Answer) {
	for i := range a.Laws {
		list = append(list, Answer{a.Laws[i].title(), strings.Join(a.Laws[i].answer(), " ")})
	}
	if answer := a.sharedAnswer(); answer != "" {
		list = append(list, Answer{"shared exponents", answer})
	}
	return list
}

// Method says what the figures of an account are, in paragraphs.
func (a *Account) Method() []string {
	params := fmt.Sprintf("P is model size, %s, from %s.", a.Params, a.From)
	if a.Params == AsGiven {
		params = fmt.Sprintf("P is model size as given in %s; what it counts is not known.", a.From)
	}
	intervals := "Intervals are of 95%, by profile likelihood"
	if a.Draws > 0 {
		intervals += fmt.Sprintf(" and by a pairs bootstrap of %s draws (seed %d)", thousands(float64(a.Draws)), a.Seed)
	}
	text := fmt.Sprintf("%s S is %s of training. Fitted is the %s, smaller being better, by %s. %s.", params, a.Steps, a.rate(), a.Loss, intervals)
	if slices.ContainsFunc(a.Laws, func(l Law) bool { return l.Points > l.Params.Different }) {
		text += " Intervals and p take points as independent; no p is corrected for the number of tests. Points of one size are as a rule of one run of training: where they miss the law together, less is known of size than is said here."
	}
	return append([]string{text}, a.Remarks...)
}

// rate is what was measured, in words.
func (a *Account) rate() string {
	switch a.Rate {
	case "ratio":
		return "compression ratio (counted / raw)"
	case "bits_per_byte":
		return "rate in bits/byte"
	}
	return "column " + a.Rate
}

// sharedAnswer is what the test of all shared exponents says.
func (a *Account) sharedAnswer() string {
	if len(a.Shared) == 0 {
		return ""
	}
	s := a.Shared[0]
	text := fmt.Sprintf("likelihood ratio %s on %d degrees of freedom, p = %s, each group with an error variance of its own.", s.Chi2.digits(4), s.DF, p(s.P))
	if s.P >= significant {
		text = "That all groups have the same exponents is not rejected: " + text + " That is no proof that they are the same: an exponent that is hardly bounded agrees with any other."
	} else {
		text = "The groups' exponents differ: " + text
	}
	const alike = 0.3
	if low, high := s.Correlation[0], s.Correlation[1]; high > alike || low < -alike {
		wrong := "not to be relied on"
		if low > 0 {
			wrong = "too large"
		}
		text += fmt.Sprintf(" The test takes groups as independent, and their residuals at the same sizes and steps correlate %s to %s: p is %s.", low.digits(2), high.digits(2), wrong)
	}
	if len(s.Warnings) > 0 {
		text += " Some of the groups' own exponents are at a bound of the search, where p means little."
	}
	return text
}

// SharedTable is the tests of shared exponents, nil without any.
func (a *Account) SharedTable() *table.Table {
	if len(a.Shared) == 0 {
		return nil
	}
	t := &table.Table{Title: "Shared exponents of the form " + a.Shared[0].Form, Head: []string{"shared", "value", "likelihood ratio", "df", "p", "p, corrected for few points"}, Left: 2}
	for _, s := range a.Shared {
		var names, values []string
		for _, e := range s.Values {
			names, values = append(names, e.Name), append(values, e.Value.digits(4))
		}
		t.Row(strings.Join(names, ", "), strings.Join(values, ", "), s.Chi2.digits(5), fmt.Sprint(s.DF), s.P.fixed(5), s.Corrected.fixed(5))
	}
	return t
}

func (a *Account) writeShared(b *strings.Builder) {
	if t := a.SharedTable(); t != nil {
		heading(b, t.Title)
		writeTable(b, t)
		warn(b, a.Shared[0].Warnings)
	}
}

// writeForms says what the forms are.
func (a *Account) writeForms(b *strings.Builder) {
	heading(b, "Forms")
	t := table.Table{Head: []string{"form", "law", "from"}, Left: 3}
	for _, form := range fit.Forms {
		t.Row(form.Name, form.Formula, form.Source)
	}
	b.WriteString(t.Grid("  "))
	unit := "D is S times the tokens a step, which are not known: it is in steps."
	switch {
	case a.Tokens == 1:
		unit = "D is S."
	case a.Tokens > 0:
		unit = fmt.Sprintf("D, tokens of training, is S times %s.", thousands(a.Tokens))
	}
	b.WriteString(wrap(unit+" chinchilla is the published form in tokens: the same law, with another coefficient.", "  ", "  "))
}

// enumerate is names with commas and an and.
func enumerate(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// significant is the p from which on nothing is shown.
const significant = 0.05

// p is a p value.
func p(n Number) string {
	if n.finite() && n < 0.0001 {
		return "< 0.0001"
	}
	return n.digits(2)
}

func heading(b *strings.Builder, title string) {
	fmt.Fprintf(b, "\n%s\n%s\n", title, strings.Repeat("-", len(title)))
}

// warn lists warnings.
func warn(b *strings.Builder, list []string) {
	for _, w := range list {
		b.WriteString(wrap(strings.TrimSuffix(w, ".")+".", "  ! ", "    "))
	}
}
