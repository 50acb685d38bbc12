package figure

import (
	"strings"
	"sync"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
)

// The fonts of images, by which texts are measured for SVG too.
var (
	regular = sync.OnceValue(func() *trueType { return parseTrueType(goregular.TTF) })
	bold    = sync.OnceValue(func() *trueType { return parseTrueType(gobold.TTF) })
)

func (t letters) font() *trueType {
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
