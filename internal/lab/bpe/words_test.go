package bpe

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"testing"
	"unicode/utf8"

	"lmz/internal/tokenizer"
)

// gpt2 is the pattern by Go's regexp, which knows ASCII's spaces only under \s and no lookahead.
var gpt2 = regexp.MustCompile(`^(?:'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\v\x{85}\p{Z}\p{L}\p{N}]+|[\s\v\x{85}\p{Z}]+)`)

// wordByRegexp is word by the pattern.
func wordByRegexp(b []byte) int {
	n := len(gpt2.Find(b))
	if r, _ := utf8.DecodeRune(b[:n]); n < len(b) && classOfRune(r) == space {
		if last, size := utf8.DecodeLastRune(b[:n]); classOfRune(last) == space && n > size {
			return n - size // \s+(?!\S)
		}
	}
	return n
}

// words cuts a text.
func words(b []byte) (all [][]byte) {
	for len(b) > 0 {
		n := word(b)
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
		for b := drawn(rng, 1+rng.IntN(12)); len(b) > 0; b = b[word(b):] {
			if got, want := word(b), wordByRegexp(b); got != want {
				t.Fatalf("%q: first word %q, want %q", b, b[:got], b[:want])
			}
		}
	}
}

// TestWordsAreTokenizers: a tokenizer that takes a word which is a token as it stands makes one symbol of each of our
// words, so it cuts where we do.
func TestWordsAreTokenizers(t *testing.T) {
	text, err := os.ReadFile("testdata/text.txt")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, drawn(rand.New(rand.NewPCG(3, 4)), 10000)...)
	v := &Vocabulary{}
	known := map[string]bool{}
	for b := range 256 {
		v.Tokens = append(v.Tokens, []byte{byte(b)})
		known[string([]byte{byte(b)})] = true
	}
	all := words(text)
	for _, w := range all {
		if !known[string(w)] {
			known[string(w)] = true
			v.Tokens = append(v.Tokens, w)
		}
	}
	var file map[string]any
	if err := json.Unmarshal(v.JSON(), &file); err != nil {
		t.Fatal(err)
	}
	file["model"].(map[string]any)["ignore_merges"] = true
	whole, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Parse(whole, len(v.Tokens)+1)
	if err != nil {
		t.Fatal(err)
	}
	symbols := tok.Encode(nil, text)
	for i, w := range all[:min(len(all), len(symbols))] {
		if got := tok.Decode(nil, symbols[i:i+1]); !bytes.Equal(got, w) {
			t.Fatalf("word %d is %q, package tokenizer has %q", i, w, got)
		}
	}
	if len(all) != len(symbols) {
		t.Errorf("%d words, package tokenizer has %d", len(all), len(symbols))
	}
	if !slices.Equal(bytes.Join(all, nil), text) {
		t.Error("the words are not the text")
	}
}
