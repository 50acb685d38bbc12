package figure

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// record is a canvas that remembers what is drawn on it.
type record struct {
	points []point
	texts  []written
}

type written struct {
	text      string
	low, high point // corners, of text that lies or stands
	angle     float64
}

func (r *record) path(points []point, _ bool, p pen, _ string) {
	r.points = append(r.points, points...)
	r.points = append(r.points, point{p.width, 0})
}

func (r *record) circle(at point, radius float64, _ pen, _ string) {
	r.points = append(r.points, point{at.x - radius, at.y - radius}, point{at.x + radius, at.y + radius})
}

func (r *record) text(at point, s string, t letters) {
	width := t.width(s)
	before := width * [...]float64{start: 0, middle: 0.5, end: 1}[t.anchor]
	w := written{text: s, angle: t.angle}
	switch t.angle {
	case 0:
		w.low, w.high = point{at.x - before, at.y - 0.72*t.size}, point{at.x - before + width, at.y + 0.2*t.size}
	case -90:
		w.low, w.high = point{at.x - 0.72*t.size, at.y + before - width}, point{at.x + 0.2*t.size, at.y + before}
	default: // slanted: only where it begins and ends
		sin, cos := math.Sincos(t.angle * math.Pi / 180)
		w.low = point{at.x - before*cos, at.y - before*sin}
		w.high = point{w.low.x + width*cos, w.low.y + width*sin}
	}
	r.texts = append(r.texts, w)
}

// check draws a figure and finds what is not on the page, and texts that lie on one another.
func check(t *testing.T, f Figure) {
	t.Helper()
	p := newPlan(f)
	var r record
	p.draw(&r)
	inside := func(q point) bool { return q.x >= 0 && q.x <= p.width && q.y >= 0 && q.y <= p.height }
	for _, q := range r.points {
		if !inside(q) {
			t.Errorf("%s: something is drawn at %v, on a page of %v by %v", f.ID, q, p.width, p.height)
			break
		}
	}
	for i, w := range r.texts {
		if !inside(w.low) || !inside(w.high) {
			t.Errorf("%s: text %q from %v to %v, on a page of %v by %v", f.ID, w.text, w.low, w.high, p.width, p.height)
		}
		for _, o := range r.texts[:i] {
			if w.angle == -45 || o.angle == -45 {
				continue
			}
			if w.low.x < o.high.x && o.low.x < w.high.x && w.low.y < o.high.y && o.low.y < w.high.y {
				t.Errorf("%s: %q lies on %q", f.ID, w.text, o.text)
			}
		}
	}
	for _, tick := range append(p.xTicks, p.yTicks...) {
		if strings.Contains(tick.label, "NaN") || strings.Contains(tick.label, "Inf") {
			t.Errorf("%s: tick %q", f.ID, tick.label)
		}
	}
	drawn := svg(t, f)
	texts(t, drawn, "text")
	for _, bad := range []string{"NaN", "Inf", `"-0"`} {
		if strings.Contains(string(drawn), bad) {
			t.Errorf("%s: %s in the drawing", f.ID, bad)
		}
	}
}

func TestNothingIsClippedOrOverlaps(t *testing.T) {
	for _, f := range samples() {
		check(t, f)
	}
	long := samples()[0]
	long.ID = "long"
	long.Title = strings.Repeat("a very long title ", 12)
	long.X.Label, long.Y.Label = strings.Repeat("an axis ", 20), strings.Repeat("another axis ", 20)
	long.Layers = append(long.Layers, Layer{Mark: Points, Series: strings.Repeat("a long series ", 20), Data: []Datum{{X: 1e9, Y: 0.2}}})
	for i := range 12 {
		long.Layers = append(long.Layers, Layer{Mark: Rule, Data: []Datum{{Y: 0.2 + 0.001*float64(i), Label: strings.Repeat("rule ", i+1)}}})
		long.Layers = append(long.Layers, Layer{Mark: Points, Series: fmt.Sprintf("series %d", i), Data: []Datum{{X: 1e8, Y: 0.2}}})
	}
	check(t, long)
	for _, n := range []int{1, 2, 30} {
		f := Figure{ID: fmt.Sprintf("names-%d", n), X: Axis{Label: "x"}}
		g := Figure{ID: fmt.Sprintf("names-x-%d", n), Y: Axis{Label: "y"}}
		l := Layer{Mark: Points, Series: "s"}
		m := Layer{Mark: Points, Series: "s"}
		for i := range n {
			name := strings.Repeat("name ", i+1)
			f.Y.Names, g.X.Names = append(f.Y.Names, name), append(g.X.Names, name)
			l.Data, m.Data = append(l.Data, Datum{X: 1, Y: float64(i)}), append(m.Data, Datum{X: float64(i), Y: 1})
		}
		f.Layers, g.Layers = []Layer{l}, []Layer{m}
		check(t, f)
		check(t, g)
	}
}

// Whatever the numbers, something is drawn, and none of them is not finite.
func TestAnyNumbers(t *testing.T) {
	if testing.Short() {
		t.Skip("not under the race detector: it takes long, and nothing in it is concurrent that others have not")
	}
	inf, nan := math.Inf(1), math.NaN()
	special := []float64{0, 1, -1, nan, inf, -inf, math.MaxFloat64, -math.MaxFloat64, 5e-324, 1e-300, 1e300, 1e-9, 1e15, 1.0000000000000002, 0.1}
	sets := map[string][]float64{"none": nil, "one": {3}, "zero": {0}, "equal": {7, 7, 7}, "all": special, "huge": {1e299, 1e300}, "small": {1e-300, 2e-300},
		"wide": {1e-300, 1e300}, "near": {1, 1.0000000000000002}, "negative": {-5, -2}, "nan": {nan, nan}, "inf": {inf, -inf}, "large": {1e17, 3e18}, "years": {2000, 2001, 2002}, "close": {1000000.1, 1000000.2}}
	for name, set := range sets {
		for _, log := range []bool{false, true} {
			for _, mark := range []Mark{Points, Line, Band, Bars, Rule, RuleX, Cells} {
				for _, named := range []bool{false, true} {
					f := Figure{ID: fmt.Sprintf("%s log=%v %s names=%v", name, log, mark, named), Title: "t", X: Axis{Label: "x", Log: log}, Y: Axis{Label: "y", Log: log}, Z: &Axis{Label: "z", Log: log}}
					if named {
						f.Y = Axis{Names: []string{"a", "b"}}
					}
					l := Layer{Mark: mark, Series: "s"}
					for i, x := range set {
						y := set[(i*7+3)%len(set)]
						l.Data = append(l.Data, Datum{X: x, Y: y, X2: y, Y2: x, Z: x, Low: &set[i/2], High: &set[len(set)-1-i/2], Label: "label"})
					}
					f.Layers = []Layer{l, {Mark: Points, Data: l.Data}}
					check(t, f)
					f.Ordered = true
					f.X.Low, f.X.High = at(nan), at(-inf)
					if len(set) > 1 {
						f.X.Low, f.X.High = &set[1], &set[0]
					}
					check(t, f)
				}
			}
		}
	}
	decoded(t, Figure{}, 1)
}

func TestManyPoints(t *testing.T) {
	if testing.Short() {
		t.Skip("not under the race detector: it takes long, and nothing in it is concurrent that others have not")
	}
	r := rand.New(rand.NewPCG(1, 2))
	f := Figure{ID: "many", X: Axis{Label: "x"}, Y: Axis{Label: "y"}}
	points, curve := Layer{Mark: Points, Series: "points"}, Layer{Mark: Line, Series: "line"}
	for i := range 100000 {
		points.Data = append(points.Data, Datum{X: float64(i), Y: r.NormFloat64()})
		curve.Data = append(curve.Data, Datum{X: float64(i), Y: r.NormFloat64()})
	}
	f.Layers = []Layer{points, curve}
	check(t, f)
	decoded(t, f, 1)
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		log       bool
		want      string // labels; a minor tick is a dot
	}{
		{0, 1, false, "0 0.2 0.4 0.6 0.8 1.0"},
		{0.11, 0.26, false, "0.15 0.20 0.25"},
		{-3, 3, false, "−2 0 2"},
		{0, 45000, false, "0 10k 20k 30k 40k"},
		{0, 9000, false, "0 2000 4000 6000 8000"},
		{1e6, 1.4e6, false, "1.0M 1.1M 1.2M 1.3M 1.4M"},
		{0, 3e-7, false, "0 0.0000001 0.0000002 0.0000003"},
		{1, 1e9, true, "1 . 100 . 10k . 1M . 100M ."},
		{1e8, 1e9, true, "100M 200M . . 500M . . . . 1G"},
		{0.001, 1, true, "0.001 . . . . . . . . 0.01 . . . . . . . . 0.1 . . . . . . . . 1"},
		{2, 5, true, "2 3 4 5"},
		{1000, 2000, true, "1000 1200 1400 1600 1800 2000"},
		{1, 1000, true, "1 . . . . . . . . 10 . . . . . . . . 100 . . . . . . . . 1000"},
	} {
		s := scale{axis: Axis{Log: c.log}, low: c.low, high: c.high, to: 100}
		var got []string
		for _, k := range s.ticks(5) {
			label := k.label
			if label == "" {
				label = "."
			}
			got = append(got, label)
			if !s.has(k.value) {
				t.Errorf("%v to %v: tick %v is outside", c.low, c.high, k.value)
			}
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%v to %v log=%v: ticks %s, want %s", c.low, c.high, c.log, text, c.want)
		}
	}
}

func TestFit(t *testing.T) {
	look := letters{size: 10}
	whole := "a text that is long"
	if got := look.fit(whole, look.width(whole)+0.01); got != whole {
		t.Errorf("%q, want it whole", got)
	}
	for _, width := range []float64{0, 5, 10, 20, 50, look.width(whole) - 0.01} {
		got := look.fit(whole, width)
		if !strings.HasSuffix(got, "…") || !strings.HasPrefix(whole, strings.TrimSuffix(got, "…")) || look.width(got) > max(width, look.width("…")) {
			t.Errorf("in %v pixels: %q, of %v", width, got, look.width(got))
		}
		if n := len(got) - len("…"); look.width(whole[:n+1]+"…") <= width {
			t.Errorf("in %v pixels: %q, though more is room for", width, got)
		}
	}
	lines := look.wrap(strings.Repeat("word ", 10000)+strings.Repeat("long", 10000), 100, 3)
	if len(lines) != 3 || !strings.HasSuffix(lines[2], "…") || look.width(lines[0]) > 100 || look.width(lines[0]+" word") <= 100 {
		t.Errorf("lines %q", lines)
	}
	if lines := look.wrap("one two", 100, 3); len(lines) != 1 || lines[0] != "one two" {
		t.Errorf("lines %q", lines)
	}
	if lines := look.wrap("", 100, 3); lines != nil {
		t.Errorf("lines %q of nothing", lines)
	}
}

func TestSeriesAndColours(t *testing.T) {
	f := Figure{Layers: []Layer{{Series: "b"}, {}, {Series: "a"}, {Series: "b"}}}
	if got := strings.Join(f.Series(), " "); got != "b a" {
		t.Errorf("series %s, want b a", got)
	}
	if got := f.Colours(); got[0] != Palette[0] || got[1] != Palette[1] {
		t.Errorf("colours %v", got)
	}
	f.Ordered = true
	if got := f.Colours(); got[0] != "#440154" || got[1] == Palette[1] {
		t.Errorf("ordered colours %v, want those of viridis from its beginning", got)
	}
	for _, c := range Palette {
		if hex(parseColour(c)) != c {
			t.Errorf("colour %s is read as %s", c, hex(parseColour(c)))
		}
	}
}
