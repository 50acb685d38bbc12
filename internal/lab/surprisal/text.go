package surprisal

import (
	"iter"
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

// Pieces are those of l from a byte on where a piece begins, 0 say. Bytes that are no UTF-8 are characters each.
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

// Glyph is what is shown of a character.
type Glyph struct {
	Rune   rune // what it is; of a byte that is no UTF-8, that byte
	Plain  bool // it may be shown as it is: it prints, or is a space
	IsByte bool // it is no UTF-8
}

// Glyphs tells how to show bytes: what would command a terminal, turn the direction of the text, or not be seen is not Plain, and neither
// are tabs and ends of lines.
func Glyphs(b []byte) iter.Seq[Glyph] {
	return func(yield func(Glyph) bool) {
		for len(b) > 0 {
			r, size := utf8.DecodeRune(b)
			g := Glyph{Rune: r, Plain: unicode.IsPrint(r)}
			if r == utf8.RuneError && size == 1 {
				g = Glyph{Rune: rune(b[0]), IsByte: true}
			}
			b = b[size:]
			if !yield(g) {
				return
			}
		}
	}
}
