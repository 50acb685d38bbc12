package tokenizer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ggufOf is what llama.cpp's converter makes of a tokenizer.json of testdata. SentencePiece's merges become scores: the
// earlier the merge that makes a token, the better its score.
func ggufOf(t *testing.T, name, model, pre string) GGUF {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var file hfTokenizer
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	size := len(file.Model.Vocab)
	for _, a := range file.AddedTokens {
		size = max(size, a.ID+1)
	}
	g := GGUF{Model: model, Pre: pre, SpacePrefix: true, Tokens: make([]string, size), Types: make([]int32, size), Scores: make([]float32, size)}
	for token, id := range file.Model.Vocab {
		g.Tokens[id], g.Types[id] = token, ggufNormal
		if model == "llama" && strings.HasPrefix(token, "<0x") {
			g.Types[id] = ggufByte
		}
	}
	for _, a := range file.AddedTokens {
		g.Tokens[a.ID], g.Types[a.ID] = a.Content, ggufUserDefined
		if a.Special {
			g.Types[a.ID] = ggufControl
		}
	}
	for rank, m := range file.Model.Merges {
		g.Merges = append(g.Merges, m[0]+" "+m[1])
		g.Scores[file.Model.Vocab[m[0]+m[1]]] = -float32(rank)
	}
	return g
}

// TestGGUFIsTheSame: a GGUF file gives the tokenizer of the tokenizer.json that it was made from, with the same name,
// so that the two models are one, and the same ids.
func TestGGUFIsTheSame(t *testing.T) {
	for _, c := range []struct{ name, model, pre string }{
		{"gpt2", "gpt2", "gpt-2"}, {"gptneox", "gpt2", "olmo"}, {"llama3", "gpt2", "llama-bpe"}, {"qwen2", "gpt2", "qwen2"},
		{"smollm2", "gpt2", "smollm"}, {"llama2", "llama", "default"},
	} {
		want := open(t, c.name)
		g := ggufOf(t, c.name, c.model, c.pre)
		// The converter fills the vocabulary up with tokens that are not used.
		for len(g.Tokens) < small[c.name] {
			g.Tokens, g.Types, g.Scores = append(g.Tokens, "[PAD]"), append(g.Types, ggufUnused), append(g.Scores, 0)
		}
		got, err := FromGGUF(g, small[c.name])
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got.Name() != want.Name() || !slices.Equal(got.IDs(), want.IDs()) || got.Lead() != want.Lead() {
			t.Errorf("%s: another vocabulary: %s, %d symbols, want %s, %d", c.name, got.Name(), got.Symbols(), want.Name(), want.Symbols())
		}
		for _, s := range hard() {
			if err := roundTrip(got, []byte(s)); err != nil {
				t.Errorf("%s: %.60q: %v", c.name, s, err)
			}
			if a, b := got.Encode(nil, []byte(s)), want.Encode(nil, []byte(s)); !slices.Equal(a, b) {
				t.Errorf("%s: %.60q: %v, want %v", c.name, s, a, b)
			}
		}
	}
}

// pieces is a SentencePiece of these tokens and scores, after the bytes.
func pieces(tokens []string, scores []float32) GGUF {
	g := GGUF{Model: "llama", SpacePrefix: true, Tokens: []string{"<unk>", "<s>", "</s>"}, Types: []int32{ggufUnknown, ggufControl, ggufControl}}
	for b := range 256 {
		g.Tokens, g.Types = append(g.Tokens, "<0x"+strings.ToUpper(string("0123456789abcdef"[b>>4])+string("0123456789abcdef"[b&15]))+">"), append(g.Types, ggufByte)
	}
	g.Scores = make([]float32, len(g.Tokens))
	for i, token := range tokens {
		g.Tokens, g.Types, g.Scores = append(g.Tokens, token), append(g.Types, ggufNormal), append(g.Scores, scores[i])
	}
	return g
}

// TestScores: the best score merges first, and of equal ones the leftmost pair, whatever the order of ids.
func TestScores(t *testing.T) {
	for _, c := range []struct {
		tokens []string
		scores []float32
		text   string
		want   string
	}{
		{[]string{"▁", "a", "b", "c", "ab", "bc"}, []float32{0, 0, 0, 0, -1, -2}, "abc", " |ab|c"},
		{[]string{"▁", "a", "b", "c", "ab", "bc"}, []float32{0, 0, 0, 0, -2, -1}, "abc", " |a|bc"},
		{[]string{"▁", "a", "b", "c", "bc", "ab"}, []float32{0, 0, 0, 0, -1, -1}, "abc", " |ab|c"},
		{[]string{"▁", "a", "aa", "aaa"}, []float32{0, 0, -1, -1}, "aaaaa", " |aaa|aa"},
		{[]string{"▁", "a", "▁a", "▁▁"}, []float32{0, 0, -1, -2}, "  a", "  | a"},
		{[]string{"a"}, []float32{0}, " a", " | |a"}, // no token for a space
		{[]string{"▁", "<", "s", ">", "<s"}, []float32{0, 0, 0, 0, -1}, "<s>", " |<s|>"},
	} {
		g := pieces(c.tokens, c.scores)
		tok, err := FromGGUF(g, len(g.Tokens))
		if err != nil {
			t.Fatal(err)
		}
		symbols := tok.Encode(nil, []byte(c.text))
		var parts []string
		for _, s := range symbols {
			parts = append(parts, string(tok.(*sentencePiece).at(s)))
		}
		if got := strings.Join(parts, "|"); got != c.want {
			t.Errorf("%v: %q is %q, want %q", c.tokens, c.text, got, c.want)
		}
		if err := roundTrip(tok, []byte(c.text)); err != nil {
			t.Errorf("%v: %q: %v", c.tokens, c.text, err)
		}
	}
}

func TestFromGGUFRefuses(t *testing.T) {
	nan := float32(0)
	nan /= nan
	for _, c := range []struct {
		name   string
		change func(g *GGUF)
		want   string
	}{
		{"gpt2", func(g *GGUF) { g.Model = "rwkv" }, `model is "rwkv"`},
		{"gpt2", func(g *GGUF) { g.Pre = "tekken" }, `pre-tokenizer is "tekken"`},
		{"gpt2", func(g *GGUF) { g.Types = g.Types[1:] }, "631 types of 632 tokens"},
		{"gpt2", func(g *GGUF) { g.Types[9] = 17 }, "the type 17"},
		{"gpt2", func(g *GGUF) { g.Types[9] = ggufByte }, "the type 6"},
		{"gpt2", func(g *GGUF) { g.Tokens[9] = g.Tokens[8] }, "tokens 8 and 9 are both"},
		{"gpt2", func(g *GGUF) { g.Merges[3] = "abc" }, `merge 3 is "abc"`},
		{"gpt2", func(g *GGUF) { g.Merges[3] = "a b c" }, `merge 3 is "a b c"`},
		{"gpt2", func(g *GGUF) { g.Merges[3] = "q Z" }, `merge 3 is of "q" and "Z"`},
		{"gpt2", func(g *GGUF) { g.Tokens = append(g.Tokens, "x"); g.Types = append(g.Types, 1) }, "633 tokens, want at most 632"},
		{"llama2", func(g *GGUF) { g.Scores = g.Scores[1:] }, "694 scores of 695 tokens"},
		{"llama2", func(g *GGUF) { g.Scores[5] = nan }, "NaN"},
		{"llama2", func(g *GGUF) { g.Tokens[10] = "<0x07" }, "no token <0x07>"},
		{"llama2", func(g *GGUF) { g.Types[400] = ggufUserDefined }, "the type 4"},
		{"llama2", func(g *GGUF) { g.Tokens[400] = strings.Repeat("x", 2000) }, "2000 bytes"},
	} {
		g := ggufOf(t, c.name, map[string]string{"gpt2": "gpt2", "llama2": "llama"}[c.name], "gpt-2")
		vocab := len(g.Tokens)
		c.change(&g)
		_, err := FromGGUF(g, vocab)
		if err == nil || !strings.HasPrefix(err.Error(), "tokenizer: GGUF: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %s", c.name, err, c.want)
		}
	}
}
