package surprisal

import (
	"fmt"
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Piece is the fewest tokens, one after another, that cut no character: a token, or a character of several.
type Piece struct {
	Begin  int // in Lens.Raw
	Size   int // bytes
	Tokens int
	Bits   float64
	First  int // index of its first token
}

// Pieces are those of l. Bytes that are no UTF-8 are characters each.
func (l *Lens) Pieces() iter.Seq[Piece] {
	return func(yield func(Piece) bool) {
		p := Piece{}
		whole := 0 // where the last character so far ends
		for i, t := range l.Tokens {
			p.Size += t.Size
			p.Bits += t.Bits
			p.Tokens++
			end := p.Begin + p.Size
			for whole < end {
				_, size := utf8.DecodeRune(l.Raw[whole:])
				whole += size
			}
			if whole > end {
				continue
			}
			if !yield(p) {
				return
			}
			p = Piece{Begin: end, First: i + 1}
		}
	}
}

// Glyph is a character as it may be shown to people.
type Glyph struct {
	Rune  rune   // what it is, or utf8.RuneError
	Text  string // what is shown of it
	Plain bool   // Text is the character itself: it prints
}

// Glyphs tells how to show bytes. What would command a terminal, turn the direction of the text, or not be seen is shown by a picture or its
// number: ↵ is the end of a line, ⇥ a tab, ␛ escape, ⟨U+202E⟩ that character, and ⟨FF⟩ a byte that is no UTF-8.
func Glyphs(b []byte) iter.Seq[Glyph] {
	return func(yield func(Glyph) bool) {
		for len(b) > 0 {
			r, size := utf8.DecodeRune(b)
			g := Glyph{Rune: r, Text: string(b[:size])}
			switch {
			case r == utf8.RuneError && size == 1:
				g.Text = fmt.Sprintf("⟨%02X⟩", b[0])
			case r == '\n':
				g.Text = "↵"
			case r == '\t':
				g.Text = "⇥"
			case r < ' ':
				g.Text = string('␀' + r)
			case r == 0x7f:
				g.Text = "␡"
			case !unicode.IsPrint(r):
				g.Text = fmt.Sprintf("⟨%U⟩", r)
			default:
				g.Plain = true
			}
			b = b[size:]
			if !yield(g) {
				return
			}
		}
	}
}

// Visible is b as Glyphs shows it.
func Visible(b []byte) string {
	var s strings.Builder
	for g := range Glyphs(b) {
		s.WriteString(g.Text)
	}
	return s.String()
}
