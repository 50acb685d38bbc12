package tokenizer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBytesJSONParses(t *testing.T) {
	for _, rows := range []int{257, MaxRows} {
		tok, err := Parse(BytesJSON(), rows)
		if err != nil || tok != (Bytes{}) {
			t.Fatalf("%d rows: %v, %v", rows, tok, err)
		}
	}
}

// TestParseRefuses: what would change the symbols of a text is an error that names it.
func TestParseRefuses(t *testing.T) {
	byteLevel := `"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}`
	special := `"id":0,"content":"<|endoftext|>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true`
	for _, c := range []struct{ file, old, new, want string }{
		{"gpt2", `{`, `[`, "invalid character"},
		{"gpt2", `"version"`, `"verdict"`, `unknown field "verdict"`},
		{"gpt2", `"type":"BPE"`, `"type":"Unigram"`, `type "Unigram", want BPE`},
		{"gpt2", `"dropout":null`, `"dropout":0.1`, "dropout 0.1"},
		{"gpt2", `"continuing_subword_prefix":null`, `"continuing_subword_prefix":"##"`, "continuing_subword_prefix ##"},
		{"gpt2", `"end_of_word_suffix":null`, `"end_of_word_suffix":"</w>"`, "end_of_word_suffix </w>"},
		{"gpt2", `"byte_fallback":false`, `"byte_fallback":true`, "byte_fallback"},
		{"gpt2", `"ignore_merges":false`, `"ignore_merges":false,"cache":1`, `unknown field "cache"`},
		{"gpt2", `"merges":[`, `"merges":[["q","Z"],`, `merge 0 is of "q" and "Z"`},
		{"gpt2", `"merges":[`, `"merges":[["q"],`, "merge 0 has 1 parts"},
		{"gpt2", `"!":1`, `"!":2`, "the id 2, which another token has too"},
		{"gpt2", `"!":1`, `"!":-1`, "the id -1"},
		{"gpt2", `"!":1`, `"!":700`, "the id 700, want one below 700"},
		{"gpt2", `"!":1`, `"` + strings.Repeat("!", 2000) + `":1`, "has 2000 bytes"},
		{"gpt2", `"normalizer":null`, `"normalizer":{"type":"NFKC"}`, "normalizer is NFKC"},
		{"gpt2", `"normalizer":null`, `"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Lowercase"}]}`, "normalizer is Lowercase"},
		{"gpt2", `"normalizer":null`, `"normalizer":{"type":"NFC","form":2}`, `unknown field "form"`},
		{"gpt2", `"normalizer":null`, `"normalizer":{"type":"Prepend","prepend":"x"}`, "normalizer is Prepend"},
		{"gpt2", byteLevel, `"pre_tokenizer":null`, "normalizers Prepend and Replace"},
		{"gpt2", byteLevel, `"pre_tokenizer":{"type":"Whitespace"}`, "pre_tokenizer is Whitespace"},
		{"gpt2", byteLevel, strings.Replace(byteLevel, "prefix_space\":false", "prefix_space\":true", 1), "add_prefix_space"},
		{"gpt2", `"decoder":{"type":"ByteLevel"`, `"decoder":{"type":"WordPiece"`, "decoder is WordPiece"},
		{"gpt2", `"decoder":{"type":"ByteLevel"`, `"decoder":{"type":"Fuse"`, "decoder is Fuse"},
		{"gpt2", special, strings.Replace(special, `"id":0`, `"id":7`, 1), `"<|endoftext|>" has the id 7, and 0 in the vocabulary`},
		{"gpt2", special, special + "},{" + special, "there twice"},
		{"gptneox", `"lstrip":false,"rstrip":false,"normalized":true`, `"lstrip":true,"rstrip":false,"normalized":true`, "single_word, lstrip or rstrip"},
		{"smollm2", `"individual_digits":true`, `"individual_digits":false`, "individual_digits"},
		{"llama3", `(?!\\S)`, `(?!\\s)`, `unknown pattern: regular expression "(?i:'s`},
		{"llama3", `"behavior":"Isolated"`, `"behavior":"Removed"`, `behavior "Removed"`},
		{"llama3", `"invert":false`, `"invert":true`, "invert true"},
		{"llama2", `"byte_fallback":true`, `"byte_fallback":false`, "byte_fallback"},
		{"llama2", `"<0xFF>"`, `"<0xff>"`, "no token <0xFF>"},
		{"llama2", `"special":true`, `"special":true},{"id":300,"content":"xyzzy","special":false`, `"xyzzy" is not special`},
		{"llama2", `"prepend":"▁"`, `"prepend":"_"`, "normalizer is Prepend"},
		{"llama2", `"merges":["`, `"merges":["< 0 x","`, "merge 0 has 3 parts"},
		{"metaspace", `"replacement":"▁"`, `"replacement":"_"`, `replacement "_"`},
		{"metaspace", `"prepend_scheme":"first"`, `"prepend_scheme":"last"`, `prepend_scheme "last"`},
	} {
		text, err := os.ReadFile(filepath.Join("testdata", c.file+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), c.old) {
			t.Fatalf("%s.json has no %s", c.file, c.old)
		}
		_, err = Parse([]byte(strings.Replace(string(text), c.old, c.new, 1)), small[c.file])
		if err == nil || !strings.HasPrefix(err.Error(), "tokenizer: tokenizer.json: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s.json with %s: error %v, want one with %s", c.file, c.new, err, c.want)
		}
	}
	for _, vocab := range []int{-1, 0, 256, 1 << 30} {
		if tok, err := Parse(BytesJSON(), vocab); err == nil {
			t.Errorf("%d rows: %v", vocab, tok)
		}
	}
	if _, err := Parse([]byte("{"), 257); err == nil {
		t.Error("no JSON: no error")
	}
	if _, err := Parse([]byte("{}"), 257); err == nil {
		t.Error("no model: no error")
	}
}

// FuzzParse: no file makes it panic, and what it accepts loses nothing.
func FuzzParse(f *testing.F) {
	for name := range small {
		text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add(BytesJSON())
	f.Fuzz(func(t *testing.T, text []byte) {
		tok, err := Parse(text, 1000)
		if err != nil {
			return
		}
		for _, s := range texts {
			if err := roundTrip(tok, []byte(s)); err != nil {
				t.Errorf("%q: %v", s, err)
			}
		}
	})
}

func TestByteRunesAreGPT2s(t *testing.T) {
	for b, want := range map[byte]rune{0: 0x100, ' ': 0x120, '!': '!', '~': '~', 0x7F: 0x121, 0xA0: 0x142, 0xAD: 0x143, 0xFF: 0xFF} {
		if got := byteRunes[b]; got != want {
			t.Errorf("byte %#x: %U, want %U", b, got, want)
		}
	}
	for b, r := range byteRunes {
		if got := bytesOf(string(r)); got != string([]byte{byte(b)}) {
			t.Errorf("%U: %q, want %#x", r, got, b)
		}
	}
}
