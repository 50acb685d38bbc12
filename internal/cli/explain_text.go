package cli

import (
	"bufio"
	"fmt"
	"math"
	"strings"
	"unicode"

	"lmz/internal/lab/surprisal"
)

// cell is a character of explained text.
type cell struct {
	text  string
	width int // columns
	level int
	mark  byte // what stands below it where there are no colours
	space bool // a line may end after it
	end   bool // it ends a line of the text
}

// explainText shows the first bytes of the text, as many as --show says and the rest of a piece: coloured, or with numbers below the lines.
func (x *explanation) explainText(out *bufio.Writer, l *surprisal.Lens) {
	most := x.show
	if most < 0 {
		most = len(l.Raw)
	}
	if most == 0 || len(l.Raw) == 0 {
		return
	}
	x.legend(out)
	var line []cell
	shown := 0
	for p := range l.Pieces() {
		if p.Begin >= most {
			break
		}
		shown = p.Begin + p.Size
		level, mark := surprisal.Level(p.Bits), digit(p.Bits)
		for g := range surprisal.Glyphs(l.Raw[p.Begin:shown]) {
			c := cell{text: g.Text, width: columns(g), level: level, mark: mark, space: g.Rune == ' ' || g.Rune == '\t', end: g.Rune == '\n'}
			line = append(line, c)
			mark = '-' // a token's number stands below its first character
			if g.Rune == '\t' {
				line = append(line, cell{text: " ", width: 1, level: level, mark: '-', space: true})
			}
			line = x.fold(out, line)
		}
	}
	x.line(out, line)
	if rest := len(l.Raw) - shown; rest > 0 {
		fmt.Fprintln(out, x.ink.quiet(fmt.Sprintf("(%s more bytes: --show -1 shows them, --html makes a page)", surprisal.Thousands(rest))))
	}
	fmt.Fprintln(out)
}

// fold prints a line that is full or at its end, and returns the cells that are left over.
func (x *explanation) fold(out *bufio.Writer, line []cell) []cell {
	last := line[len(line)-1]
	if last.end {
		x.line(out, line)
		return line[:0]
	}
	width, cut := 0, len(line)-1
	for i, c := range line {
		width += c.width
		if c.space && i < len(line)-1 && width > x.ink.width/2 {
			cut = i + 1
		}
	}
	if width <= x.ink.width || len(line) == 1 {
		return line
	}
	x.line(out, line[:cut])
	return append(line[:0], line[cut:]...)
}

// line prints one line. Each run of one level is one escape sequence, and no sequence stands within a character.
func (x *explanation) line(out *bufio.Writer, line []cell) {
	if len(line) == 0 {
		return
	}
	for i := 0; i < len(line); {
		level := line[i].level
		var run strings.Builder
		for ; i < len(line) && line[i].level == level; i++ {
			run.WriteString(line[i].text)
		}
		out.WriteString(x.ink.level(level, run.String()))
	}
	out.WriteByte('\n')
	if !x.ink.on {
		var marks strings.Builder
		for _, c := range line {
			if c.width > 0 {
				marks.WriteByte(c.mark)
				marks.WriteString(strings.Repeat(" ", c.width-1))
			}
		}
		out.WriteString(strings.TrimRight(marks.String(), " "))
		out.WriteByte('\n')
	}
}

// legend says what colours or numbers mean.
func (x *explanation) legend(out *bufio.Writer) {
	if !x.ink.on {
		x.words(out, "Below each token its cost in bits, rounded: nothing for less than half a bit, + for 10 and more, - within a token.")
		fmt.Fprintln(out)
		return
	}
	fmt.Fprint(out, x.ink.quiet("bits a token "))
	for i := range surprisal.Levels {
		fmt.Fprint(out, " ", x.ink.level(i, " "+levelName(i)+" "))
	}
	fmt.Fprint(out, "\n\n")
}

// levelName is the range of a level in bits.
func levelName(i int) string {
	low := fmt.Sprintf("%g", surprisal.Levels[i])
	if i == len(surprisal.Levels)-1 {
		return low + "+"
	}
	return low + "\u2013" + fmt.Sprintf("%g", surprisal.Levels[i+1])
}

// digit is the mark of so many bits.
func digit(bits float64) byte {
	switch n := math.Round(bits); {
	case bits < 0.5:
		return ' '
	case n > 9:
		return '+'
	default:
		return '0' + byte(n)
	}
}

// wide are the scripts and pictures that take two columns of a terminal: East Asian wide and fullwidth (Unicode Standard Annex 11).
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{{0x1100, 0x115f, 1}, {0x2e80, 0x303e, 1}, {0x3041, 0xa4cf, 1}, {0xa960, 0xa97f, 1}, {0xac00, 0xd7a3, 1}, {0xf900, 0xfaff, 1}, {0xfe30, 0xfe6f, 1}, {0xff00, 0xff60, 1}, {0xffe0, 0xffe6, 1}},
	R32: []unicode.Range32{{0x1f300, 0x1f64f, 1}, {0x1f680, 0x1f6ff, 1}, {0x1f900, 0x1faff, 1}, {0x20000, 0x3fffd, 1}},
}

// columns is how many a glyph takes.
func columns(g surprisal.Glyph) int {
	if !g.Plain {
		return len([]rune(g.Text))
	}
	switch {
	case unicode.In(g.Rune, unicode.Mn, unicode.Me):
		return 0
	case unicode.Is(wide, g.Rune):
		return 2
	}
	return 1
}
