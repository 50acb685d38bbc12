package tokenizer

import (
	"slices"
	"strings"
	"testing"
)

// tiny is a byte-level GGUF of the bytes but those missing, some special tokens, and merges.
func tiny(missing string, special int, merges ...string) GGUF {
	g := GGUF{Model: "gpt2", Pre: "gpt-2", Merges: merges}
	for range special {
		g.Tokens, g.Types = append(g.Tokens, "<|x|>"), append(g.Types, ggufControl)
	}
	for b, r := range byteRunes {
		if strings.IndexByte(missing, byte(b)) < 0 {
			g.Tokens, g.Types = append(g.Tokens, string(r)), append(g.Types, ggufNormal)
		}
	}
	for _, m := range merges {
		g.Tokens, g.Types = append(g.Tokens, strings.Replace(m, " ", "", 1)), append(g.Types, ggufNormal)
	}
	return g
}

// TestMissingBytes: bytes without a token have ids without a string, then those of special tokens, then those
// of the last merges, and too few ids are an error.
func TestMissingBytes(t *testing.T) {
	const missing = "\x00\x01\xfe\xff"
	merges := []string{"a b", "ab c", "d e"} // ids 256, 257, 258 with four specials and four bytes less
	for _, c := range []struct {
		name           string
		special, spare int
		want           []int32 // of the missing bytes
		abcde          []int32
	}{
		{"spare ids only", 2, 5, []int32{257, 258, 259, 260}, []int32{255, 256}},
		{"and special tokens", 2, 3, []int32{257, 258, 259, 0}, []int32{255, 256}},
		{"special tokens only", 5, 0, []int32{0, 1, 2, 3}, []int32{258, 259}},
		{"and the last merge", 2, 1, []int32{257, 0, 1, 256}, []int32{255, -1, -2}},
		{"and the last two merges", 1, 1, []int32{256, 0, 254, 255}, []int32{253, -3, -1, -2}},
	} {
		g := tiny(missing, c.special, merges...)
		tok, err := FromGGUF(g, len(g.Tokens)+c.spare)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := ids(tok, tok.Encode(nil, []byte(missing))); !slices.Equal(got, c.want) {
			t.Errorf("%s: ids %v, want %v", c.name, got, c.want)
		}
		for i, letter := range []string{"d", "e", "c"} { // -1, -2, -3
			id := ids(tok, tok.Encode(nil, []byte(letter)))[0]
			for j := range c.abcde {
				if c.abcde[j] == int32(-1-i) {
					c.abcde[j] = id
				}
			}
		}
		if got := ids(tok, tok.Encode(nil, []byte("abcde"))); !slices.Equal(got, c.abcde) {
			t.Errorf("%s: abcde is %v, want %v", c.name, got, c.abcde)
		}
		if want := 256 + len(g.Tokens) - c.special - 252 - max(0, 4-c.special-c.spare); tok.Symbols() != want {
			t.Errorf("%s: %d symbols, want %d", c.name, tok.Symbols(), want)
		}
		for _, s := range hard() {
			if err := roundTrip(tok, []byte(s)); err != nil {
				t.Errorf("%s: %.60q: %v", c.name, s, err)
			}
		}
	}
	g := tiny(missing, 0, "a b")
	if _, err := FromGGUF(g, len(g.Tokens)+1); err == nil || !strings.Contains(err.Error(), "4 byte values have no token, and 2 ids can be spared for them: 2 are missing") {
		t.Errorf("too few ids: error %v", err)
	}
}

// TestEqualBytes: of ids that stand for the same bytes the one that the encoder uses is coded.
func TestEqualBytes(t *testing.T) {
	g := tiny("", 0, "a b", "Ġ Ġ", "\u010a \u010a")
	g.Tokens, g.Types = append(g.Tokens, "  ", "ab"), append(g.Types, ggufUserDefined, ggufUserDefined)
	tok, err := FromGGUF(g, len(g.Tokens))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := ids(tok, tok.Encode(nil, []byte("ab   \n\n"))), []int32{260, 259, 32, 258}; !slices.Equal(got, want) {
		t.Errorf("ids %v, want %v", got, want)
	}
	for _, id := range []int32{256, 257} {
		if slices.Contains(tok.IDs(), id) {
			t.Errorf("id %d is coded too", id)
		}
	}
}

// TestName: what a decoder does is in the name, what only an encoder does is not.
func TestName(t *testing.T) {
	name := func(g GGUF, vocab int) string {
		tok, err := FromGGUF(g, vocab)
		if err != nil {
			t.Fatal(err)
		}
		return tok.Name()
	}
	// Of the table's bytes as they stand in the documentation, by Python's hashlib.
	if got, want := name(tiny("", 1, "a b"), 300), "vocabulary 5324785a8a33e6b77f08db0185d0729e7b7801e6849894e6b8519286ca842425"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	want := name(tiny("", 1, "a b", "c d"), 300)
	for _, c := range []struct {
		what   string
		change func(g *GGUF)
		same   bool
	}{
		{"another order of merges", func(g *GGUF) { slices.Reverse(g.Merges) }, true},
		{"another pre-tokenizer", func(g *GGUF) { g.Pre = "smollm" }, true},
		{"other bytes", func(g *GGUF) { g.Tokens[258], g.Merges[1] = "dc", "d c" }, false},
		{"other ids", func(g *GGUF) { g.Tokens[257], g.Tokens[258] = g.Tokens[258], g.Tokens[257] }, false},
		{"a token less", func(g *GGUF) { g.Types[258], g.Merges = ggufControl, g.Merges[:1] }, false},
	} {
		g := tiny("", 1, "a b", "c d")
		c.change(&g)
		if got := name(g, 300); (got == want) != c.same {
			t.Errorf("%s: same name %t, want %t", c.what, got == want, c.same)
		}
	}
	p := pieces([]string{"▁"}, []float32{0})
	with := name(p, 300)
	p.SpacePrefix = false
	if name(p, 300) == with {
		t.Error("without a space before the text: the same name")
	}
}
