package tokenizer

import (
	"bytes"
	"slices"
	"testing"
)

// texts are the inputs that tokenizers tend to lose bytes of.
var texts = []string{
	"", "a", "\x00", "\xff", "caf\u00e9", "cafe\u0301", "\u212b", "\xc3", "\xed\xa0\x80", "\xf5\xff",
	"<|endoftext|>", "     ", "a\r\nb\n\rc", "naïve 日本語 🙂", "\U0010ffff",
}

func TestBytesRoundTrip(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, text := range append(texts, string(all)) {
		symbols := Bytes{}.Encode(nil, []byte(text))
		if len(symbols) != len(text) {
			t.Errorf("%q: %d symbols, want %d", text, len(symbols), len(text))
		}
		for _, s := range symbols {
			if s < 0 || int(s) >= (Bytes{}).Symbols() {
				t.Errorf("%q: symbol %d", text, s)
			}
		}
		if got := (Bytes{}).Decode(nil, symbols); string(got) != text {
			t.Errorf("%q: decoded to %q", text, got)
		}
	}
}

func TestBytesAppends(t *testing.T) {
	if got := (Bytes{}).Encode([]int32{7}, []byte("ab")); !slices.Equal(got, []int32{7, 'a', 'b'}) {
		t.Errorf("Encode: %v", got)
	}
	if got := (Bytes{}).Decode([]byte("x"), []int32{'y'}); string(got) != "xy" {
		t.Errorf("Decode: %q", got)
	}
}

func TestBytesDecodePanics(t *testing.T) {
	for _, s := range []int32{-1, 256, 1 << 30} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("symbol %d: no panic", s)
				}
			}()
			Bytes{}.Decode(nil, []int32{s})
		}()
	}
}

func FuzzBytes(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if got := (Bytes{}).Decode(nil, Bytes{}.Encode(nil, b)); !bytes.Equal(got, b) {
			t.Errorf("%q: decoded to %q", b, got)
		}
	})
}
