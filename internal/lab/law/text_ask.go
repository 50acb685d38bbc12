package law

import (
	"fmt"
	"slices"
	"strings"

	"lmz/internal/lab/table"
)

// ForecastText is forecasts for people.
func ForecastText(list []Forecast) string {
	var b strings.Builder
	first := list[0]
	fmt.Fprintf(&b, "%s after %s steps, by the form %s\n\n", amount(float64(first.Params)), amount(float64(first.Steps)), first.Form)
	t := table.Table{Head: []string{"", "predicted", "the law, 95%", "a measurement, 95%", "nearest measured"}, Left: 1}
	others := table.Table{Head: []string{"other forms"}, Left: 1}
	for _, f := range list {
		t.Row(Group{Name: f.Group}.title(), f.Rate.digits(4), f.Mean.text(4), f.New.text(4), f.Nearest.digits(4))
	}
	b.WriteString(t.Grid("  "))
	b.WriteString(wrap("Both intervals take the form as right and errors as independent and equal everywhere: points of one run of training that miss the law together make them too narrow.", "  ", "  "))
	for _, o := range first.Others {
		others.Head = append(others.Head, o.Form)
	}
	for _, f := range list {
		row := []string{Group{Name: f.Group}.title()}
		for _, name := range others.Head[1:] {
			cell := "-"
			for _, o := range f.Others {
				if o.Form == name {
					cell = o.Rate.digits(4)
				}
			}
			row = append(row, cell)
		}
		others.Row(row...)
	}
	if len(others.Head) > 1 {
		fmt.Fprintf(&b, "\n%s", others.Grid("  "))
	}
	var common []string // warnings of all groups
	for _, w := range first.Warnings {
		if !slices.ContainsFunc(list, func(f Forecast) bool { return !slices.Contains(f.Warnings, w) }) {
			common = append(common, w)
		}
	}
	if len(common) > 0 {
		fmt.Fprintln(&b)
		warn(&b, common)
	}
	for _, f := range list {
		own := slices.DeleteFunc(slices.Clone(f.Warnings), func(w string) bool { return slices.Contains(common, w) })
		warnGroup(&b, f.Group, own)
	}
	return b.String()
}

// AllocationText is allocations for people.
func AllocationText(list []Allocation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "How large a model should be, by the form %s\n", list[0].Form)
	compute := table.Table{Head: []string{"", "FLOPs", "P", "95%", "tokens", "steps", "rate", "P grows as FLOPs^"}, Left: 1}
	adjusted := table.Table{Head: []string{"", "bytes", "steps", "N*", "95%", "ratio", "adjusted", "95%"}, Left: 1}
	even := table.Table{Head: []string{"", "P", "steps", "measured ratio", "against", "pays from bytes"}, Left: 1}
	for _, a := range list {
		name := Group{Name: a.Group}.title()
		for _, c := range a.Compute {
			compute.Row(name, c.FLOPs.short(3), amount(float64(c.Params)), c.ParamsRange.amounts(), amount(float64(c.Tokens)), amount(float64(c.Steps)), c.Rate.digits(4), c.Exponent.digits(3))
		}
		for _, c := range a.Adjusted {
			adjusted.Row(name, amount(float64(c.Bytes)), amount(float64(c.Steps)), amount(float64(c.Params)), c.ParamsRange.amounts(), c.Ratio.digits(4), c.Adjusted.digits(4), c.Range.text(4))
		}
		for _, e := range a.Even {
			bytes := "never"
			if e.Bytes.finite() {
				bytes = amount(float64(e.Bytes))
			}
			even.Row(name, amount(float64(e.Params)), amount(float64(e.Steps)), e.Ratio.digits(4), e.Against, bytes)
		}
	}
	counts := fmt.Sprintf("Of a model, each parameter counts %s bytes; int8 needs 1.", list[0].BytesPerParam.short(3))
	for _, part := range []struct {
		title string
		table table.Table
		note  string
	}{
		{"The size of least rate for so much training, 6 P D FLOPs", compute,
			"Taken of checkpoints that share one schedule of learning rates: early ones look worse than models that were trained for so long only, so that the best size comes out too small."},
		{"N*(D): the size of least adjusted ratio, the model sent with so many bytes of data", adjusted,
			counts + " Intervals take the form as right and points as independent: where those of one run of training miss the law together, less is known."},
		{"From how many bytes on a measured model pays, its size counted", even, counts},
	} {
		if len(part.table.Rows) == 0 {
			continue
		}
		heading(&b, part.title)
		b.WriteString(part.table.Grid("  "))
		if part.note != "" {
			b.WriteString(wrap(part.note, "  ", "  "))
		}
	}
	for _, a := range list {
		warnings := a.Warnings
		for _, c := range a.Compute {
			warnings = append(warnings, under(c.FLOPs.short(3)+" FLOPs: ", c.Warnings)...)
		}
		for _, c := range a.Adjusted {
			warnings = append(warnings, under(amount(float64(c.Bytes))+" bytes: ", c.Warnings)...)
		}
		warnGroup(&b, a.Group, warnings)
	}
	return b.String()
}

// warnGroup lists the warnings of a group.
func warnGroup(b *strings.Builder, group string, list []string) {
	if len(list) > 0 {
		fmt.Fprintf(b, "\n%s\n", Group{Name: group}.title())
		warn(b, list)
	}
}

// under begins each of a list with the same words.
func under(words string, list []string) (longer []string) {
	for _, text := range list {
		longer = append(longer, words+text)
	}
	return longer
}
