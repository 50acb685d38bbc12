package tokenizer

import (
	"bytes"
	"compress/gzip"
	"io"
	"testing"
)

// english is the beginning of enwik7.
func english(b *testing.B, n int64) []byte {
	r, err := gzip.NewReader(bytes.NewReader(sharedFile(b, "data/text/enwik7.gz")))
	if err != nil {
		b.Fatal(err)
	}
	text, err := io.ReadAll(io.LimitReader(r, n))
	if err != nil {
		b.Fatal(err)
	}
	return text
}

func BenchmarkEncode(b *testing.B) {
	for _, c := range []struct {
		name string
		tok  func(testing.TB) Tokenizer
	}{{"neox", neox}, {"gpt2", gpt2}, {"stories260K", stories}} {
		tok := c.tok(b)
		for _, input := range []struct {
			name string
			text []byte
		}{{"enwik", english(b, 4<<20)}, {"a", bytes.Repeat([]byte("a"), 1<<20)}} {
			b.Run("tokenizer="+c.name+"/text="+input.name, func(b *testing.B) {
				var dst []int32
				b.SetBytes(int64(len(input.text)))
				for b.Loop() {
					dst = tok.Encode(dst[:0], input.text)
				}
				b.ReportMetric(float64(len(input.text))/float64(len(dst)), "bytes/symbol")
			})
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	tok, text := neox(b), english(b, 4<<20)
	symbols := tok.Encode(nil, text)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		text = tok.Decode(text[:0], symbols)
	}
}

func BenchmarkParse(b *testing.B) {
	text := sharedFile(b, "reference/tokenizers/20B_tokenizer.json")
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := Parse(text, 50304); err != nil {
			b.Fatal(err)
		}
	}
}
