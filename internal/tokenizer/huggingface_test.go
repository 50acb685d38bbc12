package tokenizer

import (
	"strings"
	"testing"
)

func TestBytesJSONParses(t *testing.T) {
	tok, err := Parse(BytesJSON(), 257)
	if err != nil || tok != (Bytes{}) {
		t.Fatalf("%v, %v", tok, err)
	}
}

func TestParseRefuses(t *testing.T) {
	good := string(BytesJSON())
	for _, c := range []struct{ name, text, want string }{
		{"not JSON", "{", "tokenizer.json"},
		{"merges", strings.Replace(good, `"merges": []`, `"merges": ["a b"]`, 1), "1 merges"},
		{"another vocabulary", strings.Replace(good, `"a": 97`, `"a": 98`, 1), "256 bytes"},
		{"a normalizer", strings.Replace(good, `"normalizer": null`, `"normalizer": {"type": "NFC"}`, 1), "normalizer"},
		{"no start-of-text", strings.Replace(good, `"id": 256`, `"id": 300`, 1), "start-of-text"},
	} {
		if _, err := Parse([]byte(c.text), 512); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

func TestByteRuneIsAPermutationOfGPT2(t *testing.T) {
	for _, c := range []struct {
		b    byte
		want rune
	}{{0, 0x100}, {' ', 0x120}, {'!', '!'}, {'~', '~'}, {0x7F, 0x121}, {0xA0, 0x142}, {0xAD, 0x143}, {0xFF, 0xFF}} {
		if got := byteRune(c.b); got != c.want {
			t.Errorf("byte %#x: %U, want %U", c.b, got, c.want)
		}
	}
	if n := len(bytesVocab()); n != 256 {
		t.Errorf("%d entries, want 256", n)
	}
}
