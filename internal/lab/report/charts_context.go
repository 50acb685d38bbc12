package report

import (
	"fmt"
	"slices"
	"strings"

	"lmz/internal/lab/figure"
	"lmz/internal/lab/store"
)

// contextKinds are the protocols that tell what is learned in context.
var contextKinds = []struct{ protocol, series string }{
	{"no-context", "no context"}, {"shuffled-context", "shuffled context"}, {"true-context", "true context"},
}

// contextKind is the index of a protocol in contextKinds; below 0 for other protocols.
func contextKind(protocol string) int {
	name, _, _ := strings.Cut(protocol, "/")
	return slices.IndexFunc(contextKinds, func(k struct{ protocol, series string }) bool { return k.protocol == name })
}

// contextFigures are the rates of the second halves of chunks without context, after the shuffled and after the true first half:
// one for each data set that was measured in two of these ways.
func contextFigures(groups []*group) []figure.Figure {
	type place struct{ data, options string }
	var places []place
	found := map[place][]*group{} // by kind; nil where it was not measured
	for _, g := range groups {
		kind := contextKind(g.protocol)
		if kind < 0 || len(g.models) == 0 {
			continue
		}
		_, options, _ := strings.Cut(g.protocol, "+")
		at := place{g.models[0].Data, options}
		if found[at] == nil {
			places = append(places, at)
			found[at] = make([]*group, len(contextKinds))
		}
		found[at][kind] = g
	}
	var list []figure.Figure
	for _, at := range places {
		if f := contextFigure(found[at]); f != nil {
			list = append(list, *f)
		}
	}
	return list
}

func contextFigure(kinds []*group) *figure.Figure {
	var subjects []store.Cell // each once, by size and step
	measured := 0
	for _, g := range kinds {
		if g == nil {
			continue
		}
		measured++
		for _, c := range g.models {
			subjects = addOnce(subjects, c)
		}
	}
	if measured < 2 {
		return nil
	}
	dataset := ""
	f := &figure.Figure{X: figure.Axis{Label: "bits/byte of the second half of each chunk, lower is better"}}
	for _, c := range subjects {
		f.Y.Names = append(f.Y.Names, label(c, subjects))
	}
	rates := make([]string, len(subjects))
	for k, g := range kinds {
		if g == nil {
			continue
		}
		dataset = g.dataset
		l := figure.Layer{Mark: figure.Points, Series: contextKinds[k].series}
		for i, subject := range subjects {
			at := slices.IndexFunc(g.models, func(c store.Cell) bool { return c.Subject == subject.Subject })
			if at < 0 {
				continue
			}
			c := g.models[at]
			low, high := interval(c, 1)
			const apart = 0.27 // of a row
			l.Data = append(l.Data, figure.Datum{X: c.BitsPerByte, Y: float64(i) + apart*float64(k-1), Low: low, High: high,
				Label: fmt.Sprintf("%s, %s: %.4f bits/byte", f.Y.Names[i], contextKinds[k].series, c.BitsPerByte)})
			rates[i] += fmt.Sprintf(", %.4f with %s", c.BitsPerByte, contextKinds[k].series)
		}
		f.Layers = append(f.Layers, l)
	}
	f.ID, f.Title = "context "+dataset, "What is learned in context: "+dataset
	f.Text = "Bits/byte of the same bytes:"
	for i, name := range f.Y.Names {
		if i > 0 {
			f.Text += ";"
		}
		f.Text += " " + name + strings.TrimPrefix(rates[i], ",")
	}
	f.Text = strings.ReplaceAll(f.Text, "with no context", "without context") +
		". Whiskers are 95% intervals of each rate. Those of the differences, which are of the same chunks, are far narrower: the table has them."
	return f
}
