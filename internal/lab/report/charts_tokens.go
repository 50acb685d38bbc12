package report

import (
	"cmp"
	"fmt"
	"slices"

	"lmz/internal/lab/figure"
	"lmz/internal/lab/store"
	"lmz/internal/lab/table"
)

// vocabularies are the models of a group of which another has a body of the same size, its parameters without embeddings, over other
// tokens: by body and by tokens, the shortest first.
func vocabularies(cells []store.Cell) (list []store.Cell) {
	known := func(c store.Cell) bool { return c.ParamsBody > 0 && c.Tokens > 0 && c.Coverage == 1 && !c.Whole }
	for _, c := range cells {
		other := func(o store.Cell) bool { return known(o) && o.ParamsBody == c.ParamsBody && o.Tokens != c.Tokens }
		if known(c) && slices.ContainsFunc(cells, other) {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b store.Cell) int {
		return cmp.Or(cmp.Compare(a.ParamsBody, b.ParamsBody), cmp.Compare(b.Tokens, a.Tokens), cmp.Compare(a.Step, b.Step))
	})
	return list
}

// alike are cells without vocabularies: those of other tokens are no sizes and steps of one training.
func alike(cells []store.Cell) []store.Cell {
	other := map[string]bool{} // by ID
	for _, g := range groupsOf(cells, nil) {
		for _, c := range vocabularies(g.models) {
			other[c.ID] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(cells), func(c store.Cell) bool { return other[c.ID] })
}

// bytesPerToken is how many raw bytes a token of a cell stands for.
func bytesPerToken(c store.Cell) float64 { return float64(c.RawBytes) / float64(c.Tokens) }

// tokenTables set models of equal bodies over different vocabularies beside each other, as Deletang et al. 2023, section 3.5: a table for each
// protocol and data set that has such.
func tokenTables(cells []store.Cell) (list []*table.Table) {
	for _, g := range groupsOf(cells, nil) {
		models := vocabularies(g.models)
		if len(models) == 0 || contextKind(g.protocol) >= 0 {
			continue
		}
		const small, large = 1e7, 1e9 // bytes
		t := &table.Table{Title: fmt.Sprintf("%s of %s: bytes or tokens, for models of equal bodies", g.protocol, g.dataset), Left: 1,
			Head: []string{"model", "body", "embeddings", "tokens", "bytes a token", "nats a token", "bits/byte", "ratio % (95%)",
				"adjusted %: " + size(small), "adjusted %: " + size(large)}}
		for _, c := range models {
			t.Row(label(c, models), grouped(c.ParamsBody), grouped(c.Params-c.ParamsBody), grouped(c.Tokens),
				fmt.Sprintf("%.3f", bytesPerToken(c)), fmt.Sprintf("%.4f", c.NatsPerToken), fmt.Sprintf("%.4f", c.BitsPerByte), ratioText(c),
				fmt.Sprintf("%.1f", 100*adjustedAt(c, small)), fmt.Sprintf("%.1f", 100*adjustedAt(c, large)))
		}
		t.Notes = []string{"body: parameters without embeddings; adjusted: with all parameters counted, of so many bytes of data at the ratio measured"}
		list = append(list, t)
	}
	return list
}

// tokenFigure is the ratio against the bytes a token, a series for each size of body; nil where no two models of a body have different tokens.
func tokenFigure(g *group) *figure.Figure {
	models := vocabularies(g.models)
	if len(models) == 0 {
		return nil
	}
	f := &figure.Figure{ID: g.id("tokens"), Title: "Bytes or tokens: " + g.title(), Ordered: true,
		X: figure.Axis{Label: "bytes a token"}, Y: figure.Axis{Label: ratioLabel}}
	f.Text = "The best of each size of body is:"
	for begin, end := 0, 0; begin < len(models); begin = end {
		line := figure.Layer{Mark: figure.Line, Series: size(float64(models[begin].ParamsBody)) + " in the body"}
		points := figure.Layer{Mark: figure.Points, Series: line.Series}
		for ; end < len(models) && models[end].ParamsBody == models[begin].ParamsBody; end++ {
			c := models[end]
			low, high := interval(c, 1.0/8)
			d := figure.Datum{X: bytesPerToken(c), Y: c.Ratio, Low: low, High: high, Label: fmt.Sprintf("%s: %.4f", label(c, models), c.Ratio)}
			points.Data = append(points.Data, d)
			line.Data = append(line.Data, figure.Datum{X: d.X, Y: d.Y})
		}
		best := slices.MinFunc(models[begin:end], func(a, b store.Cell) int { return cmp.Compare(a.Ratio, b.Ratio) })
		if begin > 0 {
			f.Text += ";"
		}
		f.Text += fmt.Sprintf(" %s with %s, of tokens of %.2f bytes", label(best, models), ratioInWords(best), bytesPerToken(best))
		f.Layers = append(f.Layers, line, points)
	}
	f.Text += ". Bodies are equal, their parameters without embeddings; a larger vocabulary has more of those. Whiskers are 95% intervals." + caveat(g)
	return f
}
