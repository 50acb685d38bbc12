package bpe

import (
	"unicode"
	"unicode/utf8"
)

// wordPattern is GPT-2's, which GPT-NeoX has too. It covers every text: words follow one another without gaps.
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+

// lookahead is how many bytes behind a word decide where it ends: of two characters, the last one of a run of spaces
// and the one that follows.
const lookahead = 2 * utf8.UTFMax

// word is the size in bytes of the first word of b, which is not empty.
func word(b []byte) int {
	if n := contraction(b); n > 0 {
		return n
	}
	c, n := classOf(b)
	if b[0] == ' ' && len(b) > 1 {
		if next, size := classOf(b[1:]); next != space {
			c, n = next, 1+size
		}
	}
	last := 0 // size of the last character
	for n < len(b) {
		next, size := classOf(b[n:])
		if next != c {
			break
		}
		n, last = n+size, size
	}
	if c == space && n < len(b) {
		return n - last // the next word may take the last of several spaces
	}
	return n
}

// contraction matches 's|'t|'re|'ve|'m|'ll|'d at the beginning of b; it is 0 where none is.
func contraction(b []byte) int {
	if len(b) < 2 || b[0] != '\'' {
		return 0
	}
	switch b[1] {
	case 's', 't', 'm', 'd':
		return 2
	}
	if len(b) > 2 {
		switch string(b[1:3]) {
		case "re", "ve", "ll":
			return 3
		}
	}
	return 0
}

// class is what the pattern tells apart: \p{L}, \p{N}, \s and the rest, to which each byte belongs that is no part
// of valid UTF-8.
type class uint8

const (
	other class = iota
	letter
	number
	space
)

// classOf is the class of the first character of b, which is not empty, and its size in bytes.
func classOf(b []byte) (class, int) {
	if b[0] < utf8.RuneSelf {
		return ascii[b[0]], 1
	}
	r, n := utf8.DecodeRune(b)
	return classOfRune(r), n
}

func classOfRune(r rune) class {
	switch {
	case unicode.IsLetter(r):
		return letter
	case unicode.IsNumber(r):
		return number
	case unicode.IsSpace(r):
		return space
	}
	return other
}

// ascii is the class of each ASCII character.
var ascii = func() (t [utf8.RuneSelf]class) {
	for r := range t {
		t[r] = classOfRune(rune(r))
	}
	return t
}()
