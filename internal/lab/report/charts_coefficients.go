package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"lmz/internal/lab/figure"
	"lmz/internal/lab/law"
)

// coefficientFigures are the estimates of an account's first form with their intervals, by group: the exponents, and the terms at the
// reference, which are in units of the rate. There is none where no estimate has an interval.
func coefficientFigures(a *law.Account) []figure.Figure {
	var exponents, terms []estimated
	formula := ""
	for i := range a.Laws {
		l := &a.Laws[i]
		if len(l.Fits) == 0 || formula != "" && l.Fits[0].Formula != formula {
			continue
		}
		f := &l.Fits[0]
		formula = f.Formula
		for _, e := range f.Estimates {
			if strings.HasPrefix(e.Name, "alpha") || strings.HasPrefix(e.Name, "beta") {
				exponents = append(exponents, estimated{l.Group, e})
			}
		}
		for _, e := range f.AtReference {
			terms = append(terms, estimated{l.Group, e})
		}
	}
	var list []figure.Figure
	for _, of := range []struct {
		id, title, label, text string
		estimates              []estimated
	}{
		{"exponents", "The exponents with their 95% intervals", "exponent", "The exponents of", exponents},
		{"terms", "The terms with their 95% intervals", rateLabel(a), "What each term adds where P and S are the points' geometric means, and a, which no model and no training takes away, of", terms},
	} {
		if f := coefficientFigure(of.estimates); f != nil {
			f.ID, f.Title, f.X.Label = of.id, of.title, of.label
			f.Text = of.text + " " + formula + f.Text
			list = append(list, *f)
		}
	}
	return list
}

// estimated is a number of a group's law.
type estimated struct {
	group string
	law.Estimate
}

// coefficientFigure has a row for each estimate, those of one name together, and points for each kind of interval.
func coefficientFigure(list []estimated) *figure.Figure {
	var names []string
	for _, e := range list {
		if !slices.Contains(names, e.Name) {
			names = append(names, e.Name)
		}
	}
	kinds := []struct {
		series string
		of     func(law.Estimate) *law.Interval
	}{
		{"profile likelihood", func(e law.Estimate) *law.Interval { return e.Profile }},
		{"bootstrap of pairs", func(e law.Estimate) *law.Interval { return e.Bootstrap }},
	}
	f := &figure.Figure{Layers: []figure.Layer{{Mark: figure.RuleX, Data: []figure.Datum{{X: 0, Label: "0"}}}}}
	low, high := 0.0, 0.0
	for _, e := range list {
		low, high = min(low, 2.5*float64(e.Value)), max(high, 2.5*float64(e.Value))
	}
	low = min(low, -0.05*high)
	f.X.Low, f.X.High = &low, &high
	apart := 0.36 // of a row
	for _, kind := range kinds {
		if !slices.ContainsFunc(list, func(e estimated) bool { return kind.of(e.Estimate) != nil }) {
			apart = 0 // the other kind has the rows alone
		}
	}
	layers := make([]figure.Layer, len(kinds))
	var bounded []string
	open := 0 // numbers that have an open end
	for _, name := range names {
		for _, e := range list {
			if e.Name != name {
				continue
			}
			row := float64(len(f.Y.Names))
			f.Y.Names = append(f.Y.Names, strings.TrimSuffix(name+": "+e.group, ": "))
			for k, kind := range kinds {
				i := kind.of(e.Estimate)
				if i == nil {
					continue
				}
				layers[k].Mark, layers[k].Series = figure.Points, kind.series
				d := figure.Datum{X: float64(e.Value), Y: row + apart*(float64(k)-0.5), Label: f.Y.Names[int(row)] + ": " + kind.series + " " + intervalText(*i)}
				d.Low, d.High = whiskerEnds(i, low, high)
				layers[k].Data = append(layers[k].Data, d)
			}
			switch i := cmp.Or(e.Profile, e.Bootstrap); {
			case i == nil:
			case i.OpenLow || i.OpenHigh:
				open++
			default:
				bounded = append(bounded, fmt.Sprintf("%s %.3g (%s)", f.Y.Names[int(row)], float64(e.Value), intervalText(*i)))
			}
		}
	}
	for _, l := range layers {
		if l = finite(l); len(l.Data) > 0 {
			f.Layers = append(f.Layers, l)
		}
	}
	if len(f.Layers) == 1 {
		return nil
	}
	f.Text = fmt.Sprintf(": the data bound %d of %d on both sides", len(bounded), len(bounded)+open)
	if len(bounded) > 0 {
		f.Text += ", " + strings.Join(bounded, ", ")
	}
	f.Text += ". Arrows are ends that the data do not bound, or that are beyond the axis."
	return f
}

// whiskerEnds are those of an interval on an axis from low to high. One open end is nil. Two, and ends beyond the axis, are at its ends.
func whiskerEnds(i *law.Interval, low, high float64) (from, to *float64) {
	if !i.OpenLow || i.OpenHigh {
		from = number(max(low, float64(i.Low)))
		if i.OpenLow || math.IsNaN(*from) {
			from = &low
		}
	}
	if !i.OpenHigh || i.OpenLow {
		to = number(min(high, float64(i.High)))
		if i.OpenHigh || math.IsNaN(*to) {
			to = &high
		}
	}
	return from, to
}

func intervalText(i law.Interval) string {
	if i.OpenLow && i.OpenHigh {
		return "not bounded"
	}
	end := func(x law.Number, open bool) string {
		if open {
			return "open"
		}
		return fmt.Sprintf("%.3g", float64(x))
	}
	return end(i.Low, i.OpenLow) + " to " + end(i.High, i.OpenHigh)
}
