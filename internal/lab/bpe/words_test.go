package bpe

import (
	"math/rand/v2"
	"regexp"
	"testing"
	"unicode"
	"unicode/utf8"

	"lmz/internal/tokenizer"
)

// gpt2 is the pattern by Go's regexp, which knows ASCII's spaces only under \s and no lookahead.
var gpt2 = regexp.MustCompile(`^(?:'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\v\x{85}\p{Z}\p{L}\p{N}]+|[\s\v\x{85}\p{Z}]+)`)

// wordByRegexp is tokenizer.GPT2Word by the pattern.
func wordByRegexp(b []byte) int {
	n := len(gpt2.Find(b))
	if r, _ := utf8.DecodeRune(b[:n]); n < len(b) && unicode.IsSpace(r) {
		if last, size := utf8.DecodeLastRune(b[:n]); unicode.IsSpace(last) && n > size {
			return n - size // \s+(?!\S)
		}
	}
	return n
}

// words cuts a text.
func words(b []byte) (all [][]byte) {
	for len(b) > 0 {
		n := tokenizer.GPT2Word(b)
		all = append(all, b[:n])
		b = b[n:]
	}
	return all
}

// pieces are what the texts of these tests are put together of.
var pieces = []string{"a", "Zz", "é", "中", "1", "²", "٣", " ", "  ", "\n", "\t", "\r\n", "\u00a0", "\u0085", "\u2003", "\u3000", "\v",
	"'", "'s", "'re", "'ll", "'r", "!", "€", "👋🏽", "\u0301", "\x00", "\xff", "\xc3", "\xe3\x80", "\xf0\x9f", "\u200b"}

func drawn(rng *rand.Rand, n int) []byte {
	var b []byte
	for range n {
		b = append(b, pieces[rng.IntN(len(pieces))]...)
	}
	return b
}

func TestWordsArePattern(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		for b := drawn(rng, 1+rng.IntN(12)); len(b) > 0; b = b[tokenizer.GPT2Word(b):] {
			if got, want := tokenizer.GPT2Word(b), wordByRegexp(b); got != want {
				t.Fatalf("%q: first word %q, want %q", b, b[:got], b[:want])
			}
		}
	}
}
