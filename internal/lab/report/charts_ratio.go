package report

import (
	"cmp"
	"fmt"
	"slices"

	"lmz/internal/lab/figure"
	"lmz/internal/lab/store"
)

// ratioFigure is the ratio of each subject, the best on top; of models only the last step.
func ratioFigure(g *group) *figure.Figure {
	type row struct {
		cell   store.Cell
		name   string
		series string
	}
	var rows []row
	last := g.last()
	for _, of := range []struct {
		cells  []store.Cell
		series string
	}{{last, "models"}, {g.chunked, "classical, each chunk by itself"}, {g.whole, "classical, all chunks as one"}} {
		for _, c := range of.cells {
			name := subjectLabel(c)
			if c.Kind == "model" {
				name = label(c, of.cells)
			}
			rows = append(rows, row{c, name, of.series})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.cell.Ratio, b.cell.Ratio) })
	const most = 40 // names that can be read
	left := max(0, len(rows)-most)
	rows = rows[:len(rows)-left]
	f := &figure.Figure{ID: g.id("ratio"), Title: "Ratio by subject: " + g.title(),
		X: figure.Axis{Label: "counted / raw bytes (%), lower is better"}}
	layers := map[string]*figure.Layer{}
	for i, r := range rows {
		f.Y.Names = append(f.Y.Names, r.name)
		if layers[r.series] == nil {
			layers[r.series] = &figure.Layer{Mark: figure.Points, Series: r.series}
		}
		low, high := interval(r.cell, 100.0/8)
		layers[r.series].Data = append(layers[r.series].Data,
			figure.Datum{X: 100 * r.cell.Ratio, Y: float64(i), Low: low, High: high, Label: r.name + ": " + ratioInWords(r.cell)})
	}
	if worst := rows[len(rows)-1].cell.Ratio; worst > 0.9 {
		f.Layers = append(f.Layers, figure.Layer{Mark: figure.RuleX, Data: []figure.Datum{{X: 100, Label: "raw"}}})
	}
	for _, series := range []string{"models", "classical, each chunk by itself", "classical, all chunks as one"} {
		if l := layers[series]; l != nil {
			f.Layers = append(f.Layers, *l)
		}
	}
	f.Text = fmt.Sprintf("%s, best first: %s has %s", counted(len(rows), "subject"), rows[0].name, ratioInWords(rows[0].cell))
	for _, of := range [][]store.Cell{last, g.chunked} {
		if len(of) == 0 {
			continue
		}
		best := slices.MinFunc(of, func(a, b store.Cell) int { return cmp.Compare(a.Ratio, b.Ratio) })
		if best.ID != rows[0].cell.ID {
			kind := "model"
			if best.Kind != "model" {
				kind = "classical compressor on single chunks"
			}
			f.Text += fmt.Sprintf("; the best %s is %s with %s", kind, label(best, of), ratioInWords(best))
		}
	}
	f.Text += ". Whiskers are 95% intervals."
	if len(last) < len(g.models) {
		f.Text += " Of each model the last step is shown."
	}
	if left > 0 {
		f.Text += fmt.Sprintf(" %s with larger ratios are left out.", counted(left, "more"))
	}
	f.Text += caveat(g)
	return f
}

// caveat says what a reader must know of all of a group's figures.
func caveat(g *group) (text string) {
	undecodable, partial := 0, 0
	for _, cells := range [][]store.Cell{g.models, g.chunked, g.whole} {
		for _, c := range cells {
			if !c.Decodable {
				undecodable++
			}
			if c.Coverage < 1 {
				partial++
			}
		}
	}
	if undecodable > 0 {
		text += fmt.Sprintf(" Not decodable, so a count and not a compressed size: %d of %d records.", undecodable, len(g.models)+len(g.chunked)+len(g.whole))
	}
	if partial > 0 {
		text += fmt.Sprintf(" %s of less than all bytes, which is no result.", counted(partial, "record"))
	}
	return text
}
