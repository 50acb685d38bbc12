package figure

import (
	"fmt"
	"strings"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// typeface is a font whose glyphs are read in its own units: at a size of as many dots as the em has units, nothing is rounded.
type typeface struct{ font *sfnt.Font }

// The fonts of images, by which texts are measured for SVG too.
var (
	regular = sync.OnceValue(func() typeface { return parse(goregular.TTF) })
	bold    = sync.OnceValue(func() typeface { return parse(gobold.TTF) })
)

// parse reads a font that comes with the program.
func parse(ttf []byte) typeface { return typeface{must(sfnt.Parse(ttf))} }

// must is for the fonts that come with the program, which are whole.
func must[T any](x T, err error) T {
	if err != nil {
		panic(fmt.Sprintf("figure: a font that comes with the program: %v", err))
	}
	return x
}

// em is the number of units of an em.
func (f typeface) em() float64 { return float64(f.font.UnitsPerEm()) }

// size is that at which a dot is a unit of the font.
func (f typeface) size() fixed.Int26_6 { return fixed.Int26_6(f.font.UnitsPerEm()) }

// glyph is that of a character; for one that the font lacks it is an empty box.
func (f typeface) glyph(r rune) sfnt.GlyphIndex { return must(f.font.GlyphIndex(nil, r)) }

// width is how far a glyph moves the pen, in ems.
func (f typeface) width(glyph sfnt.GlyphIndex) float64 {
	return float64(must(f.font.GlyphAdvance(nil, glyph, f.size(), font.HintingNone))) / f.em()
}

// outline is a glyph's, in ems about its origin on the base line, y downward.
func (f typeface) outline(glyph sfnt.GlyphIndex) (o outline) {
	at := func(p fixed.Point26_6) point { return point{float64(p.X) / f.em(), float64(p.Y) / f.em()} }
	for _, s := range must(f.font.LoadGlyph(nil, glyph, f.size(), nil)) {
		if s.Op == sfnt.SegmentOpMoveTo {
			o = append(o, contour{begin: at(s.Args[0])})
			continue
		}
		k := &o[len(o)-1]
		switch s.Op {
		case sfnt.SegmentOpLineTo:
			k.lineTo(at(s.Args[0]))
		case sfnt.SegmentOpQuadTo:
			k.quadTo(at(s.Args[0]), at(s.Args[1]))
		case sfnt.SegmentOpCubeTo:
			k.cubeTo(at(s.Args[0]), at(s.Args[1]), at(s.Args[2]))
		}
	}
	return o
}

func (t letters) font() typeface {
	if t.bold {
		return bold()
	}
	return regular()
}

// width is that of a text in pixels.
func (t letters) width(text string) (width float64) {
	for _, r := range text {
		width += t.font().width(t.font().glyph(r))
	}
	return width * t.size
}

// fit cuts a text that is wider than width, with an ellipsis.
func (t letters) fit(text string, width float64) string {
	const ellipsis = "…"
	room := width - t.width(ellipsis)
	at, cut := 0.0, 0 // the width so far, and how many bytes of it leave room for the ellipsis
	for i, r := range text {
		if at <= room {
			cut = i
		}
		if at += t.width(string(r)); at > width {
			return text[:cut] + ellipsis
		}
	}
	return text
}

// wrap breaks a text at spaces into lines of a width. What is more than most lines is cut.
func (t letters) wrap(text string, width float64, most int) (lines []string) {
	words := strings.Fields(text)
	for len(words) > 0 {
		line := words[0]
		n := 1
		for n < len(words) && (len(lines) == most-1 || t.width(line+" "+words[n]) <= width) {
			line += " " + words[n]
			n++
			if len(lines) == most-1 && t.width(line) > width {
				return append(lines, t.fit(line, width))
			}
		}
		lines, words = append(lines, t.fit(line, width)), words[n:]
	}
	return lines
}
