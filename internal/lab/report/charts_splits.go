package report

import (
	"fmt"
	"slices"
	"strings"

	"lmz/internal/lab/figure"
	"lmz/internal/lab/study"
)

// splitKind is what a figure over steps shows of splits.
type splitKind struct {
	id, title, label string
	of               func(study.InContext) *study.Difference
}

var splitKinds = []splitKind{
	{"saved", "What the true context saves, as models are trained: ", "bits/byte saved by the true context, higher is more",
		func(s study.InContext) *study.Difference { return s.TrueNone }},
	{"saved shuffled", "What the shuffled context saves, as models are trained: ", "bits/byte saved by the shuffled context, higher is more",
		func(s study.InContext) *study.Difference { return s.ShuffledNone }},
}

// splitFigures are what contexts save over the steps of training: two for each data set, with a series for each model that was measured
// at two steps or more.
func splitFigures(splits []study.InContext) (list []figure.Figure) {
	var data []string
	for _, s := range splits {
		if !slices.Contains(data, s.None.Data) {
			data = append(data, s.None.Data)
		}
	}
	for _, id := range data {
		of := slices.DeleteFunc(slices.Clone(splits), func(s study.InContext) bool { return s.None.Data != id || s.None.Step <= 0 })
		for _, kind := range splitKinds {
			if f := splitFigure(of, kind); f != nil {
				list = append(list, *f)
			}
		}
	}
	return list
}

// splitFigure is that of one data set and kind, nil where no model was measured at two steps.
func splitFigure(splits []study.InContext, kind splitKind) *figure.Figure {
	f := &figure.Figure{Ordered: true, X: figure.Axis{Label: "steps S", Log: true}, Y: figure.Axis{Label: kind.label}}
	f.Layers = append(f.Layers, figure.Layer{Mark: figure.Rule, Data: []figure.Datum{{Y: 0}}})
	var words []string
	for begin, end := 0, 0; begin < len(splits); begin = end {
		first := splits[begin].None
		for end < len(splits) && splits[end].None.Run() == first.Run() && splits[end].None.Params == first.Params && splits[end].None.Protocol == first.Protocol {
			end++
		}
		points := figure.Layer{Mark: figure.Points, Series: first.Run()}
		line := figure.Layer{Mark: figure.Line, Series: first.Run()}
		for _, s := range splits[begin:end] {
			d := kind.of(s)
			if d == nil {
				continue
			}
			at := figure.Datum{X: float64(s.None.Step), Y: -d.Value}
			line.Data = append(line.Data, at)
			if d.Low <= d.High { // NaN where there are too few chunks
				at.Low, at.High = number(-d.High), number(-d.Low)
			}
			at.Label = fmt.Sprintf("%s, %s: %+.4f", first.Run(), stepsName(at.X), at.Y)
			points.Data = append(points.Data, at)
		}
		if n := len(line.Data); n > 1 {
			f.Layers = append(f.Layers, line, points)
			early, late := line.Data[0], line.Data[n-1]
			words = append(words, fmt.Sprintf("%s %+.4f at %s and %+.4f at %s", first.Run(), early.Y, stepsName(early.X), late.Y, stepsName(late.X)))
		}
	}
	if words == nil {
		return nil
	}
	dataset := splits[0].None.Dataset
	f.ID, f.Title = kind.id+" "+dataset, kind.title+dataset
	f.Text = "Bits/byte of the second half of each chunk without context, less those after the first half: " + strings.Join(words, "; ") +
		". Below 0 the context does harm. Whiskers are 95% intervals of these differences, on the same chunks."
	return f
}
