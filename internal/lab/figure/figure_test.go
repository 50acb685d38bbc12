package figure

import (
	"bytes"
	"encoding/xml"
	"flag"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

func svg(t *testing.T, f Figure) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := SVG(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decoded(t *testing.T, f Figure, scale float64) image.Image {
	t.Helper()
	var b bytes.Buffer
	if err := PNG(&b, f, scale); err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestGolden(t *testing.T) {
	for _, f := range samples() {
		if f.ID != "forest" && f.ID != "curves" && f.ID != "names" {
			continue
		}
		name := filepath.Join("testdata", f.ID+".svg")
		got := svg(t, f)
		if *update {
			if err := os.WriteFile(name, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is drawn otherwise than %s: look at both, then go test -update", f.ID, name)
		}
	}
}

func TestEqualFiguresGiveEqualBytes(t *testing.T) {
	again := samples()
	for i, f := range samples() {
		if !bytes.Equal(svg(t, f), svg(t, again[i])) {
			t.Errorf("%s: SVG differs", f.ID)
		}
		var a, b bytes.Buffer
		if err := PNG(&a, f, 1); err != nil {
			t.Fatal(err)
		}
		if err := PNG(&b, again[i], 1); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s: PNG differs", f.ID)
		}
	}
}

// texts are the character data of an SVG's elements of a name. That the whole is XML is checked.
func texts(t *testing.T, drawn []byte, element string) (list []string) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(drawn))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatalf("not XML: %v", err)
		}
		if begin, ok := token.(xml.StartElement); ok && begin.Name.Local == element {
			token, err := d.Token()
			if err != nil {
				t.Fatal(err)
			}
			if text, ok := token.(xml.CharData); ok {
				list = append(list, string(text))
			}
		}
	}
}

func TestSVGEscapes(t *testing.T) {
	const hostile = `</text><script>alert("1")</script> & 'x'`
	f := Figure{Title: hostile, Text: hostile + "\x00\xff\ufffe", X: Axis{Label: "x"}, Y: Axis{Names: []string{"<a>"}},
		Layers: []Layer{{Mark: Points, Series: "]]>&", Data: []Datum{{Label: hostile}}}}}
	drawn := svg(t, f)
	if bytes.Contains(drawn, []byte("<script")) {
		t.Error("a script element is in the drawing")
	}
	titles := texts(t, drawn, "title")
	if len(titles) != 2 || titles[0] != hostile || titles[1] != hostile {
		t.Errorf("titles %q, want %q twice: of the whole and of the point", titles, hostile)
	}
	if got, want := texts(t, drawn, "desc"), hostile+"\ufffd\ufffd\ufffd"; len(got) != 1 || got[0] != want {
		t.Errorf("description %q, want %q", got, want)
	}
	if all := strings.Join(texts(t, drawn, "text"), "|"); !strings.Contains(all, "<a>") || !strings.Contains(all, "]]>&") {
		t.Errorf("texts %q lack the name or the series", all)
	}
}

func near(a color.Color, b color.NRGBA) bool {
	r, g, bl, _ := a.RGBA()
	d := func(x uint32, y uint8) bool { return math.Abs(float64(x>>8)-float64(y)) < 8 }
	return d(r, b.R) && d(g, b.G) && d(bl, b.B)
}

func TestPNGHasInkWhereItMust(t *testing.T) {
	if testing.Short() {
		t.Skip("not under the race detector: it takes long, and nothing in it is concurrent that others have not")
	}
	for _, scale := range []float64{1, 2.5} {
		for _, f := range samples() {
			m := decoded(t, f, scale)
			p := newPlan(f)
			if got, want := m.Bounds().Size(), image.Pt(int(math.Ceil(p.width*scale)), int(math.Ceil(p.height*scale))); got != want {
				t.Fatalf("%s: size %v, want %v", f.ID, got, want)
			}
			at := func(x, y float64) color.Color { return m.At(int(x*scale), int(y*scale)) }
			if c := at(p.left, (p.top+p.bottom)/2); !near(c, ink) {
				t.Errorf("%s: %v on the frame, want its colour", f.ID, c)
			}
			for _, l := range f.Layers {
				for _, d := range l.Data {
					if l.Mark != Points || l.Series == "" {
						continue
					}
					if c := at(p.x.at(d.X), p.y.at(d.Y)); near(c, paper) || near(c, faint) {
						t.Errorf("%s: no ink at the point %v, %v of %s", f.ID, d.X, d.Y, l.Series)
					}
				}
			}
			dark := 0
			for x := range int(p.width * scale) {
				for y := int(padding * scale); y < int((padding+titleSize)*scale); y++ {
					if near(m.At(x, y), ink) {
						dark++
					}
				}
			}
			if least := 2 * float64(len(f.Title)) * scale * scale; float64(dark) < least {
				t.Errorf("%s: %d dots of ink in the title, want %v", f.ID, dark, least)
			}
			size := m.Bounds().Size()
			for x := range size.X {
				if !near(m.At(x, 0), paper) || !near(m.At(x, size.Y-1), paper) {
					t.Fatalf("%s: ink at the upper or lower border, column %d", f.ID, x)
				}
			}
			for y := range size.Y {
				if !near(m.At(0, y), paper) || !near(m.At(size.X-1, y), paper) {
					t.Fatalf("%s: ink at the left or right border, row %d", f.ID, y)
				}
			}
		}
	}
}

func TestPNGRefusesScales(t *testing.T) {
	for _, scale := range []float64{0, -1, math.NaN(), math.Inf(1), 1e6} {
		if err := PNG(io.Discard, Figure{}, scale); err == nil {
			t.Errorf("scale %v: no error", scale)
		}
	}
}

// Anti-aliased filling in the right places: of a rectangle whose edges are between dots, each dot has its share.
func TestFillIsByArea(t *testing.T) {
	c := &imageCanvas{image: image.NewRGBA(image.Rect(0, 0, 4, 4)), scale: 1}
	c.path([]point{{0.5, 1}, {2, 1}, {2, 2.25}, {0.5, 2.25}}, true, pen{fill: color.NRGBA{A: 0xff}}, "")
	for _, want := range []struct{ x, y, alpha int }{{0, 1, 128}, {1, 1, 255}, {1, 2, 64}, {0, 2, 32}, {2, 1, 0}, {1, 0, 0}, {1, 3, 0}} {
		if got := int(c.image.RGBAAt(want.x, want.y).A); got < want.alpha-2 || got > want.alpha+2 {
			t.Errorf("dot %d, %d is %d dark, want %d", want.x, want.y, got, want.alpha)
		}
	}
}

func TestDashes(t *testing.T) {
	pieces := dashes([]point{{0, 0}, {3, 0}, {3, 7}}, []float64{4, 2})
	want := [][]point{{{0, 0}, {3, 0}, {3, 1}}, {{3, 3}, {3, 7}}}
	if len(pieces) != len(want) {
		t.Fatalf("%v, want %v", pieces, want)
	}
	for i := range want {
		for j := range want[i] {
			if len(pieces[i]) != len(want[i]) || pieces[i][j] != want[i][j] {
				t.Fatalf("%v, want %v", pieces, want)
			}
		}
	}
}

// The fonts have each character that labels are made of, and its outline lies about where its advance says.
func TestFontsHaveWhatIsWritten(t *testing.T) {
	for name, f := range map[string]typeface{"regular": regular(), "bold": bold()} {
		for r := ' ' + 1; r < 0x17f; r++ {
			if r >= 0x7f && r < 0xa1 || r == 0xad {
				continue
			}
			g := f.glyph(r)
			if g == 0 {
				t.Errorf("%s: no glyph for %q", name, r)
				continue
			}
			low, high := f.outline(g).bounds()
			if width := f.width(g); !(width > 0.1 && width < 1.2 && low.x > -0.3 && high.x < width+0.3 && low.y > -1.3 && high.y < 0.4 && low.y < high.y) {
				t.Errorf("%s: %q has width %v and lies from %v to %v", name, r, width, low, high)
			}
		}
		for _, r := range "−…αβ×²" {
			if f.glyph(r) == 0 {
				t.Errorf("%s: no glyph for %q", name, r)
			}
		}
		if g := f.glyph('語'); g != 0 {
			t.Errorf("%s: a glyph %d for a Chinese character", name, g)
		}
		if f.glyph('😀') != 0 || f.glyph(0xffff) != 0 {
			t.Errorf("%s: a glyph beyond its characters", name)
		}
	}
}
