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
	if t.width(text) <= width {
		return text
	}
	runes := []rune(text)
	for len(runes) > 1 {
		runes = runes[:len(runes)-1]
		if cut := string(runes) + "…"; t.width(cut) <= width {
			return cut
		}
	}
	return "…"
}

// wrap breaks a text at spaces into lines of a width.
func (t letters) wrap(text string, width float64) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if longer := strings.TrimPrefix(line+" "+word, " "); line == "" || t.width(longer) <= width {
			line = longer
			continue
		}
		lines = append(lines, line)
		line = word
	}
	if line != "" {
		lines = append(lines, line)
	}
	for i, line := range lines {
		lines[i] = t.fit(line, width)
	}
	return lines
}
