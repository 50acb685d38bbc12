// Package figure is charts as data, and draws them as SVG and PNG. The pages of internal/lab/report draw the same data in the
// browser, where they can be explored.
//
// Start at Figure, SVG and PNG. What is drawn, and from which records, is not this package's business.
//
// Equal figures give equal bytes. Numbers that are not finite (or beyond 1e250), and those not above 0 on a log axis, are left out; what
// lies outside an axis is cut off at its ends.
package figure

// Figure is one chart: axes and, from back to front, layers of marks.
type Figure struct {
	ID      string  `json:"id"` // a file's name and a page's anchor: letters, digits, hyphens
	Title   string  `json:"title"`
	Text    string  `json:"text"` // what there is to see, in words: for those who cannot see it, and below the figure
	X       Axis    `json:"x"`
	Y       Axis    `json:"y"`
	Z       *Axis   `json:"z,omitempty"`       // of the colour of Cells, and of Points without a series
	Ordered bool    `json:"ordered,omitempty"` // series are steps of one quantity, in their order: their colours go from dark to light
	Layers  []Layer `json:"layers"`
}

// Axis is a scale and its label, which has the unit.
type Axis struct {
	Label string   `json:"label"`
	Log   bool     `json:"log,omitempty"`
	Low   *float64 `json:"low,omitempty"` // where the data's own range will not do
	High  *float64 `json:"high,omitempty"`
	Names []string `json:"names,omitempty"` // of an axis of names: the coordinates are their indices, or near them (1.2 is just after the second). On Y the first is on top
}

// Mark is how the data of a layer are drawn.
type Mark string

// The marks.
const (
	Points Mark = "points" // at X, Y; with a whisker from Low to High if one is given: along Y, or along X where Y is an axis of names
	Line   Mark = "line"   // through X, Y
	Band   Mark = "band"   // between Low and High along X
	Bars   Mark = "bars"   // from X to X2, from 0 to Y: a histogram
	Rule   Mark = "rule"   // across the figure at Y, the label at its end
	RuleX  Mark = "rulex"  // from the bottom to the top at X, the label at its top
	Cells  Mark = "cells"  // rectangles from X, Y to X2, Y2, coloured by Z
)

// Layer is marks of one kind. Layers of one series have one colour and one line in the legend.
type Layer struct {
	Mark   Mark    `json:"mark"`
	Series string  `json:"series,omitempty"` // "" for neither colour nor legend
	Dashed bool    `json:"dashed,omitempty"`
	Data   []Datum `json:"data"`
}

// Datum is one mark, in the units of the axes.
type Datum struct {
	X     float64  `json:"x"`
	Y     float64  `json:"y"`
	X2    float64  `json:"x2,omitempty"`
	Y2    float64  `json:"y2,omitempty"`
	Z     float64  `json:"z,omitempty"`
	Low   *float64 `json:"low,omitempty"` // the end that is missing where the other is given is open: it is an arrow at the axis's end, as are ends at or beyond that
	High  *float64 `json:"high,omitempty"`
	Label string   `json:"label,omitempty"` // what it is, for who points at it
}

// Series are the names of the figure's series in the order of the layers, which is that of their colours.
func (f *Figure) Series() []string {
	var names []string
	seen := map[string]bool{"": true}
	for _, l := range f.Layers {
		if !seen[l.Series] {
			seen[l.Series] = true
			names = append(names, l.Series)
		}
	}
	return names
}
