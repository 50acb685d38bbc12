package figure

import "math"

// drawLayer draws the marks of a layer within the data's rectangle.
func (p *plan) drawLayer(c canvas, l Layer) {
	s := p.styles[l.Series]
	switch l.Mark {
	case Points:
		for _, d := range l.Data {
			p.drawWhisker(c, d, s)
		}
		for _, d := range l.Data {
			p.drawPoint(c, l, d, s)
		}
	case Line:
		p.drawLine(c, l, s)
	case Band:
		p.drawBand(c, l, s)
	case Bars:
		for _, d := range l.Data {
			if p.possible(d.X, 0) && p.possible(d.X2, 0) && p.possible(d.X, d.Y) {
				from := point{p.x.within(d.X), p.y.within(0)}
				rectangle(c, from, point{p.x.within(d.X2), p.y.within(d.Y)}, barPen(s), d.Label)
			}
		}
	case Rule:
		for _, d := range l.Data {
			if p.y.has(d.Y) {
				line(c, point{p.left, p.y.at(d.Y)}, point{p.right, p.y.at(d.Y)}, linePen(s, l.Dashed))
			}
		}
	case RuleX:
		for _, d := range l.Data {
			if p.x.has(d.X) {
				line(c, point{p.x.at(d.X), p.top}, point{p.x.at(d.X), p.bottom}, linePen(s, l.Dashed))
			}
		}
	case Cells:
		for _, d := range l.Data {
			if p.figure.Z != nil && p.z.possible(d.Z) && p.possible(d.X, d.Y) && p.possible(d.X2, d.Y2) {
				p.drawCell(c, d)
			}
		}
	}
}

func linePen(s style, dashed bool) pen {
	l := pen{line: s.colour, width: 1.6, dash: s.dash}
	if s.colour == grey {
		l.width = 1
	}
	if dashed {
		l.dash = lineDashes[1]
	}
	return l
}

func bandPen(s style) pen {
	fill := s.colour
	fill.A = 0x33
	return pen{fill: fill}
}

func barPen(s style) pen { return pen{fill: s.colour, line: paper, width: 0.5} }

// possible is whether a value of each axis has a place; bars on a log axis have none for their 0.
func (p *plan) possible(x, y float64) bool {
	return p.x.possible(x) && (p.y.possible(y) || y == 0)
}

// drawPoint draws a marker.
func (p *plan) drawPoint(c canvas, l Layer, d Datum, s style) {
	if !p.x.has(d.X) || !p.y.has(d.Y) {
		return
	}
	look := pen{fill: s.colour, line: paper, width: 0.8}
	if l.Series == "" && p.figure.Z != nil && p.z.possible(d.Z) {
		look = pen{fill: gradient(p.z.share(d.Z)), line: ink, width: 1}
		c.circle(point{p.x.at(d.X), p.y.at(d.Y)}, 5.5, pen{fill: paper}, "") // the ring is seen on dark cells and on light ones
	}
	drawMarker(c, point{p.x.at(d.X), p.y.at(d.Y)}, s.marker, look, d.Label)
}

// markers are the outlines of series' markers about 0, of like area. The first series has circles, nil here.
var markers = [][]point{
	nil,
	{{-3.6, -3.6}, {3.6, -3.6}, {3.6, 3.6}, {-3.6, 3.6}},
	{{0, -5}, {4.7, 3.3}, {-4.7, 3.3}},
	{{0, -5.3}, {5.3, 0}, {0, 5.3}, {-5.3, 0}},
	{{0, 5}, {-4.7, -3.3}, {4.7, -3.3}},
	{{-1.6, -5}, {1.6, -5}, {1.6, -1.6}, {5, -1.6}, {5, 1.6}, {1.6, 1.6}, {1.6, 5}, {-1.6, 5}, {-1.6, 1.6}, {-5, 1.6}, {-5, -1.6}, {-1.6, -1.6}},
	{{-5, 0}, {3.3, -4.7}, {3.3, 4.7}},
}

func drawMarker(c canvas, at point, marker int, look pen, label string) {
	shape := markers[marker%len(markers)]
	if shape == nil {
		c.circle(at, 4, look, label)
		return
	}
	moved := make([]point, len(shape))
	for i, q := range shape {
		moved[i] = point{at.x + q.x, at.y + q.y}
	}
	c.path(moved, true, look, label)
}

// drawWhisker draws a point's interval. An open end is an arrow at the end of the axis.
func (p *plan) drawWhisker(c canvas, d Datum, s style) {
	axis, across := &p.y, &p.x
	place, value := d.X, d.Y
	if p.namesOnY() {
		axis, across = across, axis
		place, value = value, place
	}
	if d.Low == nil && d.High == nil || !across.has(place) || !axis.possible(value) {
		return
	}
	on := func(along, aside float64) point { // along the whisker's axis, aside of it
		if p.namesOnY() {
			return point{along, across.at(place) + aside}
		}
		return point{across.at(place) + aside, along}
	}
	look := pen{line: s.colour, width: 1.3}
	ends := [2]float64{axis.from, axis.to}
	for i, end := range []*float64{d.Low, d.High} {
		inward := math.Copysign(5, ends[1-i]-ends[i])
		switch {
		case end != nil && axis.has(*end) && axis.at(*end) != ends[i]:
			ends[i] = axis.at(*end)
			c.path([]point{on(ends[i], -3), on(ends[i], 3)}, false, look, "")
		case end == nil || !axis.possible(*end) || axis.within(*end) == ends[i]: // open, or not before the axis's end
			c.path([]point{on(ends[i]+inward, -3), on(ends[i], 0), on(ends[i]+inward, 3)}, false, look, "")
		default: // all of it is beyond the other end
			return
		}
	}
	c.path([]point{on(ends[0], 0), on(ends[1], 0)}, false, look, d.Label)
}

// drawLine draws a line's pieces that are within the data's rectangle. A value that is not possible breaks it.
func (p *plan) drawLine(c canvas, l Layer, s style) {
	var piece []point
	flush := func() {
		if len(piece) > 1 {
			c.path(piece, false, linePen(s, l.Dashed), "")
		}
		piece = nil
	}
	var last point
	begun := false
	for _, d := range l.Data {
		if !p.x.possible(d.X) || !p.y.possible(d.Y) {
			flush()
			begun = false
			continue
		}
		at := point{p.x.at(d.X), p.y.at(d.Y)}
		if begun {
			if from, to, ok := p.clip(last, at); ok {
				if len(piece) == 0 || piece[len(piece)-1] != from {
					flush()
					piece = []point{from}
				}
				piece = append(piece, to)
			}
		}
		last, begun = at, true
	}
	flush()
}

// clip is the part of a line from a to b within the data's rectangle (Liang and Barsky 1984); false if there is none.
func (p *plan) clip(a, b point) (from, to point, ok bool) {
	t0, t1 := 0.0, 1.0
	dx, dy := b.x-a.x, b.y-a.y
	for _, edge := range [4][2]float64{{-dx, a.x - p.left}, {dx, p.right - a.x}, {-dy, a.y - p.top}, {dy, p.bottom - a.y}} {
		direction, distance := edge[0], edge[1]
		const rounding = 1e-9
		switch {
		case direction == 0 && distance < -rounding:
			return a, b, false
		case direction < 0:
			t0 = max(t0, distance/direction)
		case direction > 0:
			t1 = min(t1, distance/direction)
		}
	}
	if t0 > t1 {
		return a, b, false
	}
	from, to = a, b
	if t0 > 0 {
		from = point{a.x + t0*dx, a.y + t0*dy}
	}
	if t1 < 1 {
		to = point{a.x + t1*dx, a.y + t1*dy}
	}
	return from, to, true
}

// drawBand fills between Low and High.
func (p *plan) drawBand(c canvas, l Layer, s style) {
	var upper, lower []point
	flush := func() {
		for i := range lower {
			upper = append(upper, lower[len(lower)-1-i])
		}
		if len(upper) > 2 {
			c.path(upper, true, bandPen(s), "")
		}
		upper, lower = nil, nil
	}
	for _, d := range l.Data {
		if !p.x.has(d.X) || d.Low == nil || d.High == nil || !p.y.possible(*d.Low) || !p.y.possible(*d.High) {
			flush()
			continue
		}
		upper = append(upper, point{p.x.at(d.X), p.y.within(*d.High)})
		lower = append(lower, point{p.x.at(d.X), p.y.within(*d.Low)})
	}
	flush()
}

// drawCell draws a rectangle of a surface, a hair wider than it is: without, the paper shows between two.
func (p *plan) drawCell(c canvas, d Datum) {
	const hair = 0.35
	x1, x2 := p.x.within(min(d.X, d.X2)), p.x.within(max(d.X, d.X2))
	y1, y2 := p.y.within(max(d.Y, d.Y2)), p.y.within(min(d.Y, d.Y2))
	if x1 == x2 || y1 == y2 {
		return
	}
	rectangle(c, point{x1, y1}, point{min(x2+hair, p.right), min(y2+hair, p.bottom)}, pen{fill: gradient(p.z.share(d.Z))}, d.Label)
}
