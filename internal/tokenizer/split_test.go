package tokenizer

import (
	"slices"
	"strings"
	"testing"
	"unicode"
)

// TestClasses: the table and the tree of ranges agree for every character.
func TestClasses(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if 0xD800 <= r && r < 0xE000 {
			continue
		}
		want := other
		switch {
		case unicode.Is(unicode.L, r):
			want = letter
		case unicode.Is(unicode.N, r):
			want = number
		case unicode.Is(unicode.White_Space, r):
			want = space
		}
		if got, n := classOf([]byte(string(r))); got != want || n != len(string(r)) {
			t.Errorf("%U: class %d of %d bytes, want %d of %d", r, got, n, want, len(string(r)))
		}
	}
	for _, s := range []string{"\xff", "\xc3", "\xc3a", "\xed\xa0\x80", "\xf0\x9f\x99"} {
		if got, n := classOf([]byte(s)); got != other || n != 1 {
			t.Errorf("%q: class %d of %d bytes, want a byte of the rest", s, got, n)
		}
	}
}

// TestSplitters: words of text that is not UTF-8 too, for which Hugging Face has no answer.
func TestSplitters(t *testing.T) {
	for _, c := range []struct {
		name string
		f    splitter
		text string
		want string // parted by |
	}{
		{"gpt2", GPT2Word, "it's  'LL 12 x!'s\n\n y \xff\xffa\xc3 \xc3", "it|'s| | '|LL| 12| x|!'|s|\n\n| y| \xff\xff|a|\xc3| \xc3"},
		{"gpt2", GPT2Word, "a  ", "a|  "},
		{"gpt2", GPT2Word, "a\u3000\u3000b", "a|\u3000|\u3000|b"},
		{"llama3", llama3Word, "it'S 'ſa\tb (c ((d 1234 5\r\n \n  e!\n\nf \xffg", "it|'S| '|ſa|\tb| (|c| ((|d| |123|4| |5|\r\n \n| | e|!\n\n|f| \xff|g"},
		{"llama3", llama3Word, "a'ſ  \u00a0b", "a|'ſ|  |\u00a0b"},
		{"qwen2", qwen2Word, "1234 \xff\n", "1|2|3|4| \xff\n"},
		{"digits", digitsWord, "a 12\xff½b", "a |1|2|\xff|½|b"},
	} {
		var words []string
		for rest := []byte(c.text); len(rest) > 0; {
			n := c.f(rest)
			words = append(words, string(rest[:n]))
			rest = rest[n:]
		}
		if want := strings.Split(c.want, "|"); !slices.Equal(words, want) {
			t.Errorf("%s: %q is %q, want %q", c.name, c.text, words, want)
		}
	}
}

// TestAddedTokens: the longest token at the first place where one is.
func TestAddedTokens(t *testing.T) {
	a := newAddedTokens([]string{"ab", "abcd", "bx", "  ", "    "}, []int32{0, 1, 2, 3, 4})
	for _, c := range []struct {
		text       string
		begin, end int
		id         int32
	}{
		{"", 0, 0, -1}, {"a b", 3, 3, -1}, {"xab", 1, 3, 0}, {"abc", 0, 2, 0}, {"abcdab", 0, 4, 1}, {"abx", 0, 2, 0},
		{"a bx", 2, 4, 2}, {"a   b", 1, 3, 3}, {"a     b", 1, 5, 4}, {"aab", 1, 3, 0},
	} {
		if begin, end, id := a.find([]byte(c.text)); begin != c.begin || end != c.end || id != c.id {
			t.Errorf("%q: token %d at %d to %d, want %d at %d to %d", c.text, id, begin, end, c.id, c.begin, c.end)
		}
	}
}
