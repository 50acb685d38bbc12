package cli

import (
	"fmt"
	"image/color"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// inkModes are the values of --color.
var inkModes = []string{"auto", "always", "never"}

// ink is how a terminal is told of colours: not at all, by the 256 that nearly all know, or by any.
type ink struct {
	on, full bool
	width    int // columns
}

// newInk finds out what is wanted and what the terminal can do. NO_COLOR is https://no-color.org.
func newInk(mode string, stdout io.Writer) ink {
	k := ink{width: 80}
	if f, ok := stdout.(*os.File); ok && isTerminal(stdout) {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			k.width = min(max(columns, 20), 120)
		}
		k.on = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	if mode != "auto" {
		k.on = mode == "always"
	}
	depth := os.Getenv("COLORTERM")
	k.full = k.on && (depth == "truecolor" || depth == "24bit")
	return k
}

// levelInk are the colours of surprisal.Levels among the 256: grey letters for what cost nothing, the terminal's own for little, then
// grounds of middling lightness, which stand out on a dark terminal as much as on a light one and the more the redder they are.
var levelInk = []string{"38;5;244", "", "38;5;16;48;5;109", "38;5;16;48;5;144", "38;5;16;48;5;179", "38;5;16;48;5;214", "38;5;16;48;5;208", "38;5;231;48;5;160", "38;5;231;48;5;90"}

// level is s as it looks at a level.
func (k ink) level(level int, s string) string {
	if !k.on || levelInk[level] == "" {
		return s
	}
	return "\x1b[" + levelInk[level] + "m" + s + "\x1b[0m"
}

// bold is s in bold.
func (k ink) bold(s string) string {
	if !k.on {
		return s
	}
	return "\x1b[1m" + s + "\x1b[0m"
}

// quiet is s in grey.
func (k ink) quiet(s string) string { return k.level(0, s) }

// code is a colour for an escape sequence: 38 and 48 are before it.
func (k ink) code(c color.RGBA) string {
	if k.full {
		return fmt.Sprintf("2;%d;%d;%d", c.R, c.G, c.B)
	}
	if c.R == c.G && c.G == c.B {
		return fmt.Sprintf("5;%d", 232+int(c.R)*23/255)
	}
	part := func(x uint8) int { // of the cube of 6 x 6 x 6: 0, 95, 135, 175, 215, 255
		if x < 48 {
			return 0
		}
		return min(5, (int(x)-35)/40)
	}
	return fmt.Sprintf("5;%d", 16+36*part(c.R)+6*part(c.G)+part(c.B))
}

// halves is a character of two colours, one above the other.
func (k ink) halves(above, below color.RGBA) string {
	return "\x1b[38;" + k.code(above) + ";48;" + k.code(below) + "m\u2580\x1b[0m"
}

// bar is a bar of this part of width columns, filled up with spaces.
func bar(part float64, width int) string {
	eighths := int(part*float64(8*width) + 0.5)
	s := strings.Repeat("\u2588", eighths/8)
	columns := eighths / 8
	if rest := eighths % 8; rest > 0 {
		s += string(rune(0x2590 - rest))
		columns++
	} else if eighths == 0 && part > 0 {
		s, columns = "\u258f", 1
	}
	return s + strings.Repeat(" ", max(0, width-columns))
}
