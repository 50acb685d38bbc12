package tokenizer

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// roundTrip says what of an Encode and Decode is wrong, nil if nothing is.
func roundTrip(tok Tokenizer, b []byte) error {
	symbols := tok.Encode(nil, b)
	if len(b) == 0 && len(symbols) != 0 {
		return fmt.Errorf("%d symbols of no bytes", len(symbols))
	}
	size := 0
	for _, s := range symbols {
		if s < 0 || int(s) >= tok.Symbols() {
			return fmt.Errorf("symbol %d of %d", s, tok.Symbols())
		}
		if n := tok.Size(s); n < 1 {
			return fmt.Errorf("symbol %d has %d bytes", s, n)
		} else {
			size += n
		}
	}
	if len(b) > 0 && size != len(b)+tok.Lead() {
		return fmt.Errorf("sizes add up to %d, want %d and %d", size, len(b), tok.Lead())
	}
	if got := tok.Decode(nil, symbols); !bytes.Equal(got, b) {
		i := 0
		for i < min(len(got), len(b)) && got[i] == b[i] {
			i++
		}
		return fmt.Errorf("%d bytes come back as %d, other ones from %d on: %.60q, want %.60q", len(b), len(got), i, got[i:], b[i:])
	}
	return nil
}

// hard are texts that a tokenizer may lose bytes of.
func hard() []string {
	list := slices.Clone(texts)
	for b := range 256 {
		list = append(list, string([]byte{byte(b)}), string([]byte{byte(b), byte(b), 'x'}), " "+string([]byte{byte(b)})+" ")
	}
	mixed := "aé日🙂▁ \u0301"
	for i := range len(mixed) + 1 { // code points cut anywhere
		list = append(list, mixed[:i], mixed[i:], mixed[i:]+mixed[:i])
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 100 {
		b := make([]byte, n*n/8)
		for i := range b {
			b[i] = byte(rng.Uint32() >> (n % 2)) // half of them with more letters
		}
		list = append(list, string(b))
	}
	for _, s := range []string{"a", " ", "\n", "\xc3", "é", "\u3000", "\u2581", "ab", "0", "'s", "\r\n", "\x00"} {
		list = append(list, strings.Repeat(s, 500), "x"+strings.Repeat(s, 63)+"x")
	}
	return append(list, "<|endoftext|>", "<s></s><unk><0x0A>", "▁▁", " ▁", "<tool_call>|||IP|||", "\xef\xbf\xbd\xff", "\xe2\x96")
}

func TestRoundTrip(t *testing.T) {
	for name := range small {
		tok := open(t, name)
		for _, s := range hard() {
			if err := roundTrip(tok, []byte(s)); err != nil {
				t.Fatalf("%s: %.60q: %v", name, s, err)
			}
		}
	}
}

// TestEncodeAppends: what dst held stays, and an encoder that has seen other texts gives the same symbols.
func TestEncodeAppends(t *testing.T) {
	for name := range small {
		tok := open(t, name)
		text := []byte("the quick brown fox, the lazy dog  and 123 others\n")
		want := tok.Encode(nil, text)
		tok.Encode(nil, bytes.Repeat([]byte("words that come between "), 1000))
		if got := tok.Encode([]int32{7}, text); !slices.Equal(got, append([]int32{7}, want...)) {
			t.Errorf("%s: %v, want 7 and %v", name, got, want)
		}
		if got := tok.Decode([]byte("x"), want); string(got) != "x"+string(text) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestConcurrent: encoders may run side by side.
func TestConcurrent(t *testing.T) {
	tok := open(t, "gptneox")
	text := []byte(strings.Repeat("The quick brown fox  jumps over 12 lazy dogs.\n", 50))
	want := tok.Encode(nil, text)
	done := make(chan bool)
	for range 4 {
		go func() {
			ok := true
			for range 20 {
				ok = ok && slices.Equal(tok.Encode(nil, text), want)
			}
			done <- ok
		}()
	}
	for range 4 {
		if !<-done {
			t.Error("other symbols when encoders run side by side")
		}
	}
}

func FuzzTokenizer(f *testing.F) {
	var list []Tokenizer
	for _, name := range []string{"gpt2", "gptneox", "llama3", "qwen2", "smollm2", "llama2", "metaspace"} {
		list = append(list, open(f, name))
	}
	for _, s := range hard()[:40] {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, tok := range list {
			if err := roundTrip(tok, b); err != nil {
				t.Errorf("%s: %v", tok.Name(), err)
			}
		}
	})
}
