package figure

import "image/color"

// canvas is what a figure is drawn on: SVG or an image. Lengths are in pixels of 1/96 inch, y grows downward.
type canvas interface {
	path(points []point, closed bool, p pen, label string)
	circle(at point, radius float64, p pen, label string)
	text(at point, s string, t letters)
}

type point struct{ x, y float64 }

// pen is how a shape is drawn. A colour whose alpha is 0 draws nothing; a circle that has a line has a fill.
type pen struct {
	fill, line color.NRGBA
	width      float64   // of the line
	dash       []float64 // lengths of ink and gap in turn; nil for a whole line
}

// letters is how a text is drawn.
type letters struct {
	size   float64 // of the em
	bold   bool
	anchor anchor
	angle  float64 // degrees, clockwise, about the text's place
	colour color.NRGBA
}

// anchor is which part of a text is at its place, on the base line.
type anchor int

const (
	start anchor = iota
	middle
	end
)
