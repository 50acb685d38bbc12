package figure

import "math"

// outline is closed contours. Those of one outline run the same way round, or make holes.
type outline []contour

// contour is where it begins and the curves from there, the last of which ends where it begins, or is joined to there by a line.
type contour struct {
	begin  point
	curves []curve
}

// curve is a line, or a Bézier curve with one or two control points, from where the last ended to the last of its points.
type curve struct {
	points [3]point
	n      int
}

func (k *contour) lineTo(to point) { k.curves = append(k.curves, curve{[3]point{to}, 1}) }
func (k *contour) quadTo(control, to point) {
	k.curves = append(k.curves, curve{[3]point{control, to}, 2})
}
func (k *contour) cubeTo(first, second, to point) {
	k.curves = append(k.curves, curve{[3]point{first, second, to}, 3})
}

func (o *outline) polygon(points ...point) {
	k := contour{begin: points[0]}
	for _, p := range points[1:] {
		k.lineTo(p)
	}
	*o = append(*o, k)
}

// disc adds a circle, as four cubic curves.
func (o *outline) disc(at point, r float64) {
	const k = 0.5522847498307936 // 4/3 (sqrt 2 - 1): the middle of each curve is on the circle
	p := func(x, y float64) point { return point{at.x + r*x, at.y + r*y} }
	c := contour{begin: p(1, 0)}
	c.cubeTo(p(1, k), p(k, 1), p(0, 1))
	c.cubeTo(p(-k, 1), p(-1, k), p(-1, 0))
	c.cubeTo(p(-1, -k), p(-k, -1), p(0, -1))
	c.cubeTo(p(k, -1), p(1, -k), p(1, 0))
	*o = append(*o, c)
}

// stroke adds a line of a width: a rectangle for each piece, and a disc where it bends. Where it hardly does, a disc would show.
func (o *outline) stroke(points []point, width float64) {
	half := width / 2
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		length := math.Hypot(b.x-a.x, b.y-a.y)
		if length == 0 {
			continue
		}
		nx, ny := -(b.y-a.y)/length*half, (b.x-a.x)/length*half
		o.polygon(point{a.x - nx, a.y - ny}, point{b.x - nx, b.y - ny}, point{b.x + nx, b.y + ny}, point{a.x + nx, a.y + ny})
		if i+1 < len(points) && bend(a, b, points[i+1]) > 0.2 {
			o.disc(b, half)
		}
	}
}

// bend is the angle by which a line turns at b, in radians.
func bend(a, b, c point) float64 {
	x1, y1, x2, y2 := b.x-a.x, b.y-a.y, c.x-b.x, c.y-b.y
	return math.Abs(math.Atan2(x1*y2-y1*x2, x1*x2+y1*y2))
}

// moved is the outline with each point where to puts it.
func (o outline) moved(to func(point) point) outline {
	list := make(outline, len(o))
	for i, k := range o {
		list[i].begin = to(k.begin)
		list[i].curves = make([]curve, len(k.curves))
		for j, c := range k.curves {
			for n := range c.n {
				c.points[n] = to(c.points[n])
			}
			list[i].curves[j] = c
		}
	}
	return list
}

// bounds are the corners of a rectangle round all points, the control points too.
func (o outline) bounds() (low, high point) {
	low, high = point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	note := func(p point) {
		low = point{min(low.x, p.x), min(low.y, p.y)}
		high = point{max(high.x, p.x), max(high.y, p.y)}
	}
	for _, k := range o {
		note(k.begin)
		for _, c := range k.curves {
			for _, p := range c.points[:c.n] {
				note(p)
			}
		}
	}
	return low, high
}

// dashes cuts a line into its dashes. No lengths are one dash.
func dashes(points []point, lengths []float64) (pieces [][]point) {
	if len(lengths) == 0 {
		return [][]point{points}
	}
	which, left := 0, lengths[0]
	piece := []point{points[0]}
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		length := math.Hypot(b.x-a.x, b.y-a.y)
		for length > left {
			t := left / length
			a = point{a.x + t*(b.x-a.x), a.y + t*(b.y-a.y)}
			if which%2 == 0 {
				pieces = append(pieces, append(piece, a))
			}
			which++
			length -= left
			left = lengths[which%len(lengths)]
			piece = []point{a}
		}
		left -= length
		piece = append(piece, b)
	}
	if which%2 == 0 {
		pieces = append(pieces, piece)
	}
	return pieces
}
