package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// class is what the patterns of pre-tokenizers tell apart: \p{L}, \p{N}, \s and the rest. A byte that
// is no part of valid UTF-8 is a character of the rest on its own.
type class uint8

const (
	other class = iota
	letter
	number
	space
)

// planeZero is the class of every character below U+10000.
var planeZero = func() *[1 << 16]class {
	t := new([1 << 16]class)
	for c, table := range map[class]*unicode.RangeTable{letter: unicode.L, number: unicode.N, space: unicode.White_Space} {
		for _, r := range table.R16 {
			for x := int(r.Lo); x <= int(r.Hi); x += int(r.Stride) {
				t[x] = c
			}
		}
	}
	return t
}()

// classOf is the class of the first character of b, which must not be empty, and its size in bytes.
func classOf(b []byte) (class, int) {
	if b[0] < utf8.RuneSelf {
		return planeZero[b[0]], 1
	}
	r, n := utf8.DecodeRune(b)
	switch {
	case r < 1<<16: // U+FFFD, which stands for an invalid byte, is of the rest
		return planeZero[r], n
	case unicode.Is(unicode.L, r):
		return letter, n
	case unicode.Is(unicode.N, r):
		return number, n
	}
	return other, n // no space lies beyond plane 0
}

// run is the size in bytes of the characters of class c that b begins with.
func run(b []byte, c class) int {
	i := 0
	for i < len(b) {
		got, n := classOf(b[i:])
		if got != c {
			break
		}
		i += n
	}
	return i
}
