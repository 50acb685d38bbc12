package figure

// draw draws the figure from back to front.
func (p *plan) draw(c canvas) {
	p.drawGrid(c)
	for _, l := range p.figure.Layers {
		p.drawLayer(c, l)
	}
	p.drawFrame(c)
	p.drawRules(c)
	p.drawBar(c)
	for i, line := range p.title {
		c.text(point{padding, padding + titleSize*(0.85+1.3*float64(i))}, line, titles)
	}
	for _, e := range p.legend {
		p.drawEntry(c, e)
	}
}

func line(c canvas, from, to point, p pen) { c.path([]point{from, to}, false, p, "") }

func rectangle(c canvas, from, to point, p pen, label string) {
	c.path([]point{from, {to.x, from.y}, to, {from.x, to.y}}, true, p, label)
}

// drawGrid draws faint lines at labelled ticks.
func (p *plan) drawGrid(c canvas) {
	thin := pen{line: faint, width: 1}
	for _, t := range p.xTicks {
		if t.label != "" && len(p.x.axis.Names) == 0 {
			line(c, point{p.x.at(t.value), p.top}, point{p.x.at(t.value), p.bottom}, thin)
		}
	}
	for _, t := range p.yTicks {
		if t.label != "" {
			line(c, point{p.left, p.y.at(t.value)}, point{p.right, p.y.at(t.value)}, thin)
		}
	}
}

// drawFrame draws the axes: lines, ticks, labels.
func (p *plan) drawFrame(c canvas) {
	axis := pen{line: ink, width: 1}
	rectangle(c, point{p.left, p.top}, point{p.right, p.bottom}, axis, "")
	for _, t := range p.xTicks {
		x, length := p.x.at(t.value), float64(tickLength)
		if t.label == "" {
			length /= 2
		}
		line(c, point{x, p.bottom}, point{x, p.bottom + length}, axis)
		look, y := ticks, p.bottom+tickLength+tickSize
		look.anchor = middle
		if p.slanted {
			look.anchor, look.angle = end, -45
		}
		if t.label != "" {
			c.text(point{x, y}, t.label, look)
		}
	}
	p.drawTicks(c, p.yTicks, &p.y, p.left, -1)
	look := labels
	look.anchor = middle
	if p.figure.X.Label != "" {
		text, x := centred(p.figure.X.Label, (p.left+p.right)/2, padding, p.width-padding)
		c.text(point{x, p.height - padding - 0.2*labelSize}, text, look)
	}
	look.angle = -90
	if p.figure.Y.Label != "" {
		text, y := centred(p.figure.Y.Label, (p.top+p.bottom)/2, p.top-gap, p.height-padding-2*labelSize)
		c.text(point{padding + 0.8*labelSize, y}, text, look)
	}
}

// centred is an axis's label and where its middle is: that of the axis, as far as the label stays between low and high, to which it is cut.
func centred(text string, at, low, high float64) (cut string, middle float64) {
	cut = labels.fit(text, high-low)
	half := labels.width(cut) / 2
	return cut, max(low+half, min(at, high-half))
}

// drawTicks draws those of an upright axis at x, to its left (-1) or right (1).
func (p *plan) drawTicks(c canvas, list []tick, s *scale, x, side float64) {
	for _, t := range list {
		y, length := s.at(t.value), side*tickLength
		if t.label == "" {
			length /= 2
		}
		line(c, point{x, y}, point{x + length, y}, pen{line: ink, width: 1})
		look := ticks
		if side < 0 {
			look.anchor = end
		}
		if t.label != "" {
			c.text(point{x + side*(tickLength+3), y + 0.35*tickSize}, t.label, look)
		}
	}
}

// drawRules draws the labels of rules, with a line to the rule from where the label had to stand.
func (p *plan) drawRules(c canvas) {
	for _, n := range p.rules {
		look := notes
		look.colour = n.style.colour
		line(c, point{p.right, n.rule}, point{p.right + gap, n.at}, pen{line: n.style.colour, width: 0.8})
		c.text(point{p.right + gap + 2, n.at + 0.35*tickSize}, n.text, look)
	}
	for _, n := range p.rulesX {
		look := notes
		look.colour, look.anchor = n.style.colour, middle
		line(c, point{n.rule, p.top}, point{n.at, p.top - gap/2}, pen{line: n.style.colour, width: 0.8})
		c.text(point{n.at, p.top - gap}, n.text, look)
	}
}

// drawBar draws the scale of colours.
func (p *plan) drawBar(c canvas) {
	if p.figure.Z == nil {
		return
	}
	x := p.width - padding - barWidth - tickLength - 3 - p.widest(p.zTicks)
	if p.figure.Z.Label != "" {
		x -= 1.4 * labelSize
	}
	const steps = 64
	for i := range steps {
		y := func(i int) float64 { return p.bottom + float64(i)/steps*(p.top-p.bottom) }
		rectangle(c, point{x, y(i)}, point{x + barWidth, max(p.top, y(i+1)-0.5)}, pen{fill: gradient((float64(i) + 0.5) / steps)}, "")
	}
	rectangle(c, point{x, p.top}, point{x + barWidth, p.bottom}, pen{line: ink, width: 1}, "")
	p.drawTicks(c, p.zTicks, &p.z, x+barWidth, 1)
	look := labels
	look.anchor, look.angle = middle, -90
	text, y := centred(p.figure.Z.Label, (p.top+p.bottom)/2, p.top-gap, p.height-padding)
	c.text(point{p.width - padding, y}, text, look)
}

// drawEntry draws a series' line of the legend with all marks that it has.
func (p *plan) drawEntry(c canvas, e entry) {
	s := p.styles[e.series]
	has := map[Mark]bool{}
	dashed := false
	for _, l := range p.figure.Layers {
		if l.Series == e.series {
			has[l.Mark] = true
			dashed = dashed || l.Dashed && (l.Mark == Line || l.Mark == Rule || l.Mark == RuleX)
		}
	}
	from, to := e.at, point{e.at.x + sample, e.at.y}
	if has[Band] {
		rectangle(c, point{from.x, from.y - 5}, point{to.x, to.y + 5}, bandPen(s), "")
	}
	if has[Bars] {
		rectangle(c, point{from.x + 6, from.y - 5}, point{to.x - 6, to.y + 5}, barPen(s), "")
	}
	if has[Line] || has[Rule] || has[RuleX] {
		line(c, from, to, linePen(s, dashed))
	}
	if has[Points] {
		drawMarker(c, point{(from.x + to.x) / 2, from.y}, s.marker, pen{fill: s.colour, line: paper, width: 0.8}, "")
	}
	c.text(point{to.x + gap, e.at.y + 0.35*tickSize}, e.text, ticks)
}
