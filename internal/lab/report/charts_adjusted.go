package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"lmz/internal/lab/figure"
	"lmz/internal/lab/store"
)

// adjustedAt is the adjusted ratio of Deletang et al. 2023, section 2, of data of a size in bytes, if the ratio is that measured.
func adjustedAt(c store.Cell, bytes float64) float64 {
	return c.Ratio + c.BytesPerParam*float64(c.Params)/bytes
}

// counting are the models at their last steps whose parameters are known, and the best classical compressors, on single chunks and on all as
// one. There are no models where each makes the data larger: counting them too says nothing more.
func counting(g *group) (models, classical []store.Cell) {
	for _, c := range g.last() {
		if c.Params > 0 && c.BytesPerParam > 0 && !c.Whole {
			models = append(models, c)
		}
	}
	if !slices.ContainsFunc(models, func(c store.Cell) bool { return c.Ratio < 1 }) {
		return nil, nil
	}
	const few = 2
	classical = slices.Concat(g.chunked[:min(few, len(g.chunked))], g.whole[:min(1, len(g.whole))])
	slices.SortStableFunc(classical, func(a, b store.Cell) int { return cmp.Compare(a.Ratio, b.Ratio) })
	return models, classical
}

// adjustedLabel is the axis's: with how many bytes a parameter counts.
func adjustedLabel(models []store.Cell) string {
	text := ""
	for _, c := range models {
		s := fmt.Sprintf("%g", c.BytesPerParam)
		if text == "" {
			text = s
		} else if text != s {
			text = "some"
			break
		}
	}
	return fmt.Sprintf("ratio with the model, %s bytes a parameter (%%)", text)
}

// adjustedFigure is the adjusted ratio against the size of the data: a line for each model, the least of all, classical compressors as rules.
func adjustedFigure(g *group) *figure.Figure {
	models, classical := counting(g)
	if len(models) == 0 {
		return nil
	}
	const most = 7 // lines with a dash of their own
	shown := spaced(models, most)
	const least, largest = 1e3, 1e13 // bytes
	f := &figure.Figure{ID: g.id("adjusted"), Title: "Ratio with the model counted: " + g.title(),
		X: figure.Axis{Label: "size of the data D (bytes)", Log: true, Low: number(least), High: number(largest)},
		Y: figure.Axis{Label: adjustedLabel(shown), Low: number(0), High: number(adjustedTop(shown, classical))}}
	sizes := geometric(least, largest, 200)
	best := figure.Layer{Mark: figure.Band, Series: "least of all"}
	for _, bytes := range sizes {
		y := math.Inf(1)
		for _, c := range slices.Concat(shown, classical) {
			y = min(y, adjustedAt(c, bytes))
		}
		half := 0.012 * *f.Y.High
		best.Data = append(best.Data, figure.Datum{X: bytes, Y: 100 * y, Low: number(100*y - half), High: number(100*y + half)})
	}
	f.Layers = append(f.Layers, best)
	f.Layers = append(f.Layers, rules(classical, 100)...)
	for _, c := range shown {
		l := figure.Layer{Mark: figure.Line, Series: label(c, models)}
		for _, bytes := range sizes {
			l.Data = append(l.Data, figure.Datum{X: bytes, Y: 100 * adjustedAt(c, bytes)})
		}
		f.Layers = append(f.Layers, l)
	}
	f.Text = "Each model costs its size once, so that it pays only on data much larger than itself."
	if len(classical) > 0 {
		f.Text += fmt.Sprintf(" Against %s (%.1f%%), the best classical compressor here, a model pays from:", subjectLabel(classical[0]), 100*classical[0].Ratio)
		for i, c := range shown {
			if i > 0 {
				f.Text += ";"
			}
			f.Text += " " + label(c, models) + " " + breakEven(c, classical[0])
		}
		f.Text += "."
	}
	if len(shown) < len(models) {
		f.Text += fmt.Sprintf(" %d of %d models are shown.", len(shown), len(models))
	}
	f.Text += " The ratios are those measured, whatever the size of the data; of much data, classical compressors learn more than from these chunks." + caveat(g)
	return f
}

// adjustedTop is where an axis of adjusted ratios ends, in %: above what is measured, whatever the models' sizes.
func adjustedTop(models, classical []store.Cell) float64 {
	top := 1.2
	for _, c := range slices.Concat(models, classical) {
		top = max(top, c.Ratio*1.15)
	}
	return 100 * top
}

// breakEven says from which size of data a model with its parameters needs less than another subject: D = n P / (r0 - r).
func breakEven(c, against store.Cell) string {
	if c.Ratio >= against.Ratio {
		return "never"
	}
	return size(c.BytesPerParam*float64(c.Params)/(against.Ratio-c.Ratio)) + " bytes"
}

// sizeFigure is the adjusted ratio against the model's size, for some sizes of the data: too small a model predicts badly, too
// large a one costs more than it saves.
func sizeFigure(g *group) *figure.Figure {
	models, classical := counting(g)
	if len(models) == 0 {
		return nil
	}
	first := slices.IndexFunc(models, func(c store.Cell) bool { return c.Params != models[0].Params })
	if first < 0 {
		return nil
	}
	least, largest := models[0], models[len(models)-1]
	f := &figure.Figure{ID: g.id("size"), Title: "Ratio with the model counted, against its size: " + g.title(), Ordered: true,
		X: figure.Axis{Label: "parameters P", Log: true},
		Y: figure.Axis{Label: adjustedLabel(models), Low: number(0), High: number(adjustedTop(models, classical))}}
	// From data that the smallest model is a few percent of, to data that the largest is nothing of.
	from := math.Ceil(math.Log10(3 * least.BytesPerParam * float64(least.Params)))
	to := math.Ceil(math.Log10(100 * largest.BytesPerParam * float64(largest.Params)))
	f.Text = "The best of these models is"
	for e := from; e <= to; e++ {
		bytes := math.Pow(10, e)
		best := slices.MinFunc(models, func(a, b store.Cell) int { return cmp.Compare(adjustedAt(a, bytes), adjustedAt(b, bytes)) })
		line := figure.Layer{Mark: figure.Line, Series: "D = " + size(bytes)}
		points := figure.Layer{Mark: figure.Points, Series: line.Series}
		for _, c := range models {
			d := figure.Datum{X: float64(c.Params), Y: 100 * adjustedAt(c, bytes)}
			line.Data = append(line.Data, d)
			d.Label = fmt.Sprintf("%s on %s bytes: %.1f%%", label(c, models), size(bytes), d.Y)
			points.Data = append(points.Data, d)
		}
		f.Layers = append(f.Layers, line, points)
		if e > from {
			f.Text += ";"
		}
		f.Text += fmt.Sprintf(" %s for %s bytes of data (%.1f%%)", label(best, models), size(bytes), 100*adjustedAt(best, bytes))
	}
	f.Layers = append(f.Layers, rules(classical, 100)...)
	f.Text += ". The ratios are those measured, whatever the size of the data." + caveat(g)
	return f
}
