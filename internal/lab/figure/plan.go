package figure

import (
	"image/color"
	"math"
	"slices"
)

// Sizes in pixels. At a column's width, 3.5 inches of 560 pixels, the smallest letters are 6.6 points.
const (
	totalWidth = 560
	plotHeight = 300
	rowHeight  = 19 // of a name on Y, with one series
	padding    = 10 // round all
	titleSize  = 14
	labelSize  = 13
	tickSize   = 12
	tickLength = 5
	gap        = 6 // between what stands side by side
	barWidth   = 14
	sample     = 24 // the line of a series in the legend
)

var (
	ink    = parseColour("#222222")
	faint  = parseColour("#e4e4e4") // grid
	grey   = parseColour("#666666") // what has no series
	paper  = parseColour("#ffffff")
	titles = letters{size: titleSize, bold: true, colour: ink}
	labels = letters{size: labelSize, colour: ink}
	ticks  = letters{size: tickSize, colour: ink}
	notes  = letters{size: tickSize, colour: grey} // of rules
)

// plan is where everything in a figure goes.
type plan struct {
	figure                   Figure
	width, height            float64
	left, right, top, bottom float64 // of the rectangle that the data are drawn in
	x, y, z                  scale
	xTicks, yTicks, zTicks   []tick
	slanted                  bool // names on X that are too long to stand upright
	title                    []string
	legend                   []entry
	rules, rulesX            []note
	styles                   map[string]style
}

// entry is a series in the legend and where it begins.
type entry struct {
	series string
	text   string
	at     point
}

// note is the label of a rule: the rule's pixel along the axis, and the label's.
type note struct {
	text     string
	rule, at float64
	style    style
}

func newPlan(f Figure) *plan {
	p := &plan{figure: f, width: totalWidth, styles: newStyles(&f)}
	p.scales()
	p.placeTop()
	p.placeBottom()
	p.placeSides()
	p.placeRules()
	return p
}

// scales finds the axes' ranges from what is drawn.
func (p *plan) scales() {
	var x, y, z []float64
	zeroY := false
	for _, l := range p.figure.Layers {
		for _, d := range l.Data {
			whisker := &y
			if p.namesOnY() {
				whisker = &x
			}
			switch l.Mark {
			case Points:
				x, y = append(x, d.X), append(y, d.Y)
				for _, end := range []*float64{d.Low, d.High} {
					if end != nil {
						*whisker = append(*whisker, *end)
					}
				}
				if l.Series == "" {
					z = append(z, d.Z)
				}
			case Line:
				x, y = append(x, d.X), append(y, d.Y)
			case Band:
				if d.Low != nil && d.High != nil {
					x, y = append(x, d.X), append(y, *d.Low, *d.High)
				}
			case Bars:
				x, y = append(x, d.X, d.X2), append(y, 0, d.Y)
				zeroY = true
			case Rule:
				y = append(y, d.Y)
			case RuleX:
				x = append(x, d.X)
			case Cells:
				x, y, z = append(x, d.X, d.X2), append(y, d.Y, d.Y2), append(z, d.Z)
			}
		}
	}
	p.x, p.y = newScale(p.figure.X, x, false), newScale(p.figure.Y, y, zeroY)
	p.tighten(&p.x, func(d Datum) []float64 { return []float64{d.X, d.X2} })
	p.tighten(&p.y, func(d Datum) []float64 { return []float64{d.Y, d.Y2} })
	if p.figure.Z != nil {
		p.z = newScale(*p.figure.Z, z, false)
	}
}

// tighten ends an axis where its cells end, if nothing lies beyond them: a surface fills its frame.
func (p *plan) tighten(s *scale, ends func(Datum) []float64) {
	if len(s.axis.Names) > 0 || s.axis.Low != nil || s.axis.High != nil {
		return
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, l := range p.figure.Layers {
		for _, d := range l.Data {
			for _, v := range ends(d) {
				if l.Mark == Cells && s.possible(v) {
					low, high = min(low, v), max(high, v)
				}
			}
		}
	}
	if low < high && s.low <= low && s.high >= high && s.share(low) < 2*margin && s.share(high) > 1-2*margin {
		s.low, s.high = low, high
	}
}

func (p *plan) namesOnY() bool { return len(p.figure.Y.Names) > 0 }

// placeTop places title and legend, from the top.
func (p *plan) placeTop() {
	y := float64(padding)
	p.title = titles.wrap(p.figure.Title, p.width-2*padding, 3)
	y += float64(len(p.title)) * titleSize * 1.3
	at := point{padding, y}
	for i, name := range p.figure.Series() {
		text := ticks.fit(name, p.width-2*padding-sample-gap)
		width := sample + gap + ticks.width(text)
		if i > 0 && at.x+width > p.width-padding {
			at = point{padding, at.y + 1.5*tickSize}
		}
		p.legend = append(p.legend, entry{name, text, point{at.x, at.y + 0.8*tickSize}})
		at.x += width + 2.5*gap
		y = at.y + 1.5*tickSize
	}
	p.top = crisp(y + gap)
	if p.hasNotes(RuleX) {
		p.top = crisp(p.top + 1.3*tickSize)
	}
}

// crisp is the nearest place where a line one pixel wide fills pixels whole.
func crisp(x float64) float64 { return math.Floor(x) + 0.5 }

// hasNotes is whether rules of a kind have labels.
func (p *plan) hasNotes(m Mark) bool {
	return slices.ContainsFunc(p.figure.Layers, func(l Layer) bool {
		return l.Mark == m && slices.ContainsFunc(l.Data, func(d Datum) bool { return d.Label != "" })
	})
}

// rowHeight is that of a name on Y: higher where points stand one below the other.
func (p *plan) rowHeight() float64 {
	places := map[float64]map[float64]bool{} // of points, by the name that is nearest
	most := 1
	for _, l := range p.figure.Layers {
		for _, d := range l.Data {
			name := math.Round(d.Y)
			if l.Mark != Points || math.IsNaN(name) {
				continue
			}
			if places[name] == nil {
				places[name] = map[float64]bool{}
			}
			places[name][d.Y] = true
			most = max(most, len(places[name]))
		}
	}
	return rowHeight + 9*float64(min(most-1, 4))
}

// placeBottom finds the height.
func (p *plan) placeBottom() {
	p.bottom = p.top + plotHeight
	if p.namesOnY() {
		p.bottom = p.top + p.rowHeight()*float64(len(p.figure.Y.Names))
	}
	below := tickLength + 1.4*tickSize + float64(padding)
	if p.figure.X.Label != "" {
		below += 1.4 * labelSize
	}
	if names := p.figure.X.Names; len(names) > 0 {
		p.xTicks = p.x.ticks(0)
		for i := range p.xTicks {
			p.xTicks[i].label = ticks.fit(p.xTicks[i].label, plotHeight/2)
		}
		widest := p.widest(p.xTicks)
		if p.slanted = widest > 0.75*totalWidth/float64(len(names)); p.slanted {
			below += widest * math.Sqrt2 / 2
		}
	}
	p.height = math.Ceil(p.bottom + below)
	p.y.from, p.y.to = p.bottom, p.top
	if p.namesOnY() {
		p.y.from, p.y.to = p.top, p.bottom
	}
	p.yTicks = p.y.ticks(int((p.bottom - p.top) / 45))
}

// placeSides finds the left and the right end of the data's rectangle, which depend on the widths of labels.
func (p *plan) placeSides() {
	const most = totalWidth * 0.42 // of the width, for names
	for i := range p.yTicks {
		p.yTicks[i].label = ticks.fit(p.yTicks[i].label, most)
	}
	p.left = padding + p.widest(p.yTicks) + tickLength + gap
	if p.figure.Y.Label != "" {
		p.left += 1.4 * labelSize
	}
	if n := len(p.figure.X.Names); p.slanted { // the first name leans out to the left
		p.left = max(p.left, padding+p.widest(p.xTicks)*math.Sqrt2/2-totalWidth/2/float64(n))
	}
	p.left = crisp(p.left)
	p.right = p.width - padding - gap
	if p.figure.Z != nil {
		p.z.from, p.z.to = p.bottom, p.top
		p.zTicks = p.z.ticks(int((p.bottom - p.top) / 45))
		p.right -= barWidth + tickLength + p.widest(p.zTicks) + 3*gap
		if p.figure.Z.Label != "" {
			p.right -= 1.4 * labelSize
		}
	}
	widest := 0.0
	for _, l := range p.figure.Layers {
		for _, d := range l.Data {
			if l.Mark == Rule {
				widest = max(widest, notes.width(notes.fit(d.Label, totalWidth/4)))
			}
		}
	}
	if widest > 0 {
		p.right -= widest + 2*gap
	}
	p.right = crisp(p.right)
	p.x.from, p.x.to = p.left, p.right
	if len(p.figure.X.Names) > 0 {
		return
	}
	count := int((p.right - p.left) / 70)
	p.xTicks = p.x.ticks(count)
	for count > 2 && p.crowded() {
		count--
		p.xTicks = p.x.ticks(count)
	}
	// The first and the last label may be wider than what is beside them.
	for _, t := range p.xTicks {
		const edge = 2
		half := ticks.width(t.label) / 2
		if over := edge - (p.x.at(t.value) - half); over > 0 {
			p.left = crisp(p.left + over + 1)
		}
		if over := p.x.at(t.value) + half - (p.width - edge); over > 0 {
			p.right = crisp(p.right - over)
		}
	}
	p.x.from, p.x.to = p.left, p.right
}

// crowded is whether labels on X touch.
func (p *plan) crowded() bool {
	last := math.Inf(-1)
	for _, t := range p.xTicks {
		if t.label == "" {
			continue
		}
		half := ticks.width(t.label) / 2
		if p.x.at(t.value)-half < last+gap {
			return true
		}
		last = p.x.at(t.value) + half
	}
	return false
}

func (p *plan) widest(list []tick) (width float64) {
	for _, t := range list {
		width = max(width, ticks.width(t.label))
	}
	return width
}

// placeRules places the labels of rules, so that none lies on another.
func (p *plan) placeRules() {
	var sizes, sizesX []float64
	for _, l := range p.figure.Layers {
		for _, d := range l.Data {
			switch {
			case l.Mark == Rule && d.Label != "" && p.y.has(d.Y):
				p.rules = append(p.rules, note{notes.fit(d.Label, totalWidth/4), p.y.at(d.Y), p.y.at(d.Y), p.styles[l.Series]})
				sizes = append(sizes, tickSize*1.15)
			case l.Mark == RuleX && d.Label != "" && p.x.has(d.X):
				text := notes.fit(d.Label, totalWidth/4)
				p.rulesX = append(p.rulesX, note{text, p.x.at(d.X), p.x.at(d.X), p.styles[l.Series]})
				sizesX = append(sizesX, notes.width(text)+gap)
			}
		}
	}
	spread(p.rules, sizes, p.top, p.bottom)
	spread(p.rulesX, sizesX, padding, p.width-padding)
}

// spread moves labels along a line apart, each as little as its neighbours let it, and within low to high if there is room.
func spread(list []note, sizes []float64, low, high float64) {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case list[a].rule < list[b].rule:
			return -1
		case list[a].rule > list[b].rule:
			return 1
		}
		return 0
	})
	// Neighbours that overlap are joined to a block about the mean of their places, until no two blocks overlap.
	type block struct{ first, n, middle, size float64 }
	var blocks []block
	for k, i := range order {
		b := block{float64(k), 1, list[i].rule, sizes[i]}
		for {
			b.middle = max(min(b.middle, high-b.size/2), low+b.size/2)
			if len(blocks) == 0 {
				break
			}
			above := blocks[len(blocks)-1]
			if above.middle+above.size/2 <= b.middle-b.size/2 {
				break
			}
			blocks = blocks[:len(blocks)-1]
			b = block{above.first, above.n + b.n, (above.n*above.middle + b.n*b.middle) / (above.n + b.n), above.size + b.size}
		}
		blocks = append(blocks, b)
	}
	for _, b := range blocks {
		at := b.middle - b.size/2
		for _, i := range order[int(b.first):int(b.first+b.n)] {
			list[i].at = at + sizes[i]/2
			at += sizes[i]
		}
	}
}

// style is how a series looks.
type style struct {
	colour color.NRGBA
	marker int
	dash   []float64
}

// lineDashes tell series apart that are lines only; the first is a whole line.
var lineDashes = [][]float64{nil, {7, 3}, {2, 2.5}, {8, 2.5, 2, 2.5}, {12, 3}, {10, 2.5, 2, 2.5, 2, 2.5}, {4, 5}}

// newStyles gives each series its colour and marker, and those without points a dash.
func newStyles(f *Figure) map[string]style {
	styles := map[string]style{"": {colour: grey}}
	colours := f.Colours()
	lines := 0
	for i, name := range f.Series() {
		s := style{colour: parseColour(colours[i]), marker: i}
		if !slices.ContainsFunc(f.Layers, func(l Layer) bool { return l.Series == name && (l.Mark == Points || l.Mark == Band) }) {
			s.dash = lineDashes[lines%len(lineDashes)]
			lines++
		}
		styles[name] = s
	}
	return styles
}
