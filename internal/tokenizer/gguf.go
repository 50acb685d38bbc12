package tokenizer

import (
	"fmt"
	"slices"
	"strings"
)

// GGUF is a tokenizer as the metadata of a GGUF file give it, under the keys that stand here.
type GGUF struct {
	Model       string    // tokenizer.ggml.model: gpt2 is byte-level BPE, llama is SentencePiece's
	Pre         string    // tokenizer.ggml.pre, the name of gpt2's pre-tokenizer
	Tokens      []string  // tokenizer.ggml.tokens, by id
	Types       []int32   // tokenizer.ggml.token_type, by id
	Merges      []string  // tokenizer.ggml.merges, for gpt2
	Scores      []float32 // tokenizer.ggml.scores, by id, for llama: of two merges that of the better score goes first
	SpacePrefix bool      // tokenizer.ggml.add_space_prefix, for llama; true where the key is missing
}

// The types of tokens in a GGUF file.
const (
	ggufNormal = 1 + iota
	ggufUnknown
	ggufControl
	ggufUserDefined // cut out of a text before words are looked for
	ggufUnused
	ggufByte
)

// ggufPre is what llama.cpp's names of pre-tokenizers stand for.
var ggufPre = map[string]struct {
	splits       []splitter
	ignoreMerges bool
}{
	"gpt-2":     {splits: []splitter{GPT2Word}},
	"mpt":       {splits: []splitter{GPT2Word}}, // GPT-NeoX's vocabulary
	"olmo":      {splits: []splitter{GPT2Word}}, // also GPT-NeoX's
	"gptneox":   {splits: []splitter{GPT2Word}},
	"llama-bpe": {splits: []splitter{llama3Word}, ignoreMerges: true},
	"llama3":    {splits: []splitter{llama3Word}, ignoreMerges: true},
	"llama-v3":  {splits: []splitter{llama3Word}, ignoreMerges: true},
	"qwen2":     {splits: []splitter{qwen2Word}},
	"smollm":    {splits: []splitter{digitsWord, GPT2Word}},
}

// FromGGUF makes the tokenizer of a GGUF file, for a model with so many rows in its vocabulary. It is the one that Parse
// makes of the tokenizer.json which the file was made from.
func FromGGUF(g GGUF, vocab int) (Tokenizer, error) {
	t, err := fromGGUF(&g, vocab)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: GGUF: %w", err)
	}
	return t, nil
}

func fromGGUF(g *GGUF, vocab int) (Tokenizer, error) {
	if g.Model != "gpt2" && g.Model != "llama" {
		return nil, fmt.Errorf("model is %q, want gpt2 or llama", g.Model)
	}
	if len(g.Types) != len(g.Tokens) {
		return nil, fmt.Errorf("%d types of %d tokens, want as many", len(g.Types), len(g.Tokens))
	}
	if len(g.Tokens) > vocab {
		return nil, fmt.Errorf("%d tokens, want at most %d, the rows of the model's vocabulary", len(g.Tokens), vocab)
	}
	l, err := newLexicon(vocab)
	if err != nil {
		return nil, err
	}
	for id, name := range g.Tokens {
		if g.Types[id] == ggufUnused {
			continue
		}
		text, err := g.text(id)
		if err != nil {
			return nil, err
		}
		if err := l.put(id, name, text); err != nil {
			return nil, err
		}
		switch g.Types[id] {
		case ggufUserDefined:
			l.added = append(l.added, int32(id))
		case ggufNormal, ggufByte:
			if other, ok := l.names[name]; ok {
				return nil, fmt.Errorf("tokens %d and %d are both %q", other, id, cut(name))
			}
			l.names[name] = id
		}
	}
	if g.Model == "llama" {
		rules, err := g.scoredRules(l)
		if err != nil {
			return nil, err
		}
		lead := 0
		if g.SpacePrefix {
			lead = 1
		}
		return newSentencePiece(l, rules, lead, false)
	}
	pre, ok := ggufPre[g.Pre]
	if !ok {
		return nil, fmt.Errorf("pre-tokenizer is %q, want one of those that are known, such as gpt-2, llama-bpe or smollm", g.Pre)
	}
	pairs := make([]pair, len(g.Merges))
	for i, s := range g.Merges {
		parts := strings.Split(s, " ")
		if len(parts) != 2 {
			return nil, fmt.Errorf("merge %d is %q, want two parts with a space between", i, cut(s))
		}
		pairs[i] = pair(parts)
	}
	rules, err := l.rules(pairs)
	if err != nil {
		return nil, err
	}
	var added []*addedTokens
	if len(l.added) > 0 {
		var text []string
		for _, id := range l.added {
			text = append(text, l.text[id])
		}
		added = append(added, newAddedTokens(text, l.added))
	}
	return newByteLevel(l, rules, pre.splits, added, pre.ignoreMerges)
}

// text is the bytes that an id stands for in a text, "" for none.
func (g *GGUF) text(id int) (string, error) {
	name, kind := g.Tokens[id], g.Types[id]
	switch {
	case kind == ggufUnknown || kind == ggufControl:
		return "", nil
	case kind == ggufNormal && g.Model == "gpt2":
		return bytesOf(name), nil
	case kind == ggufUserDefined && g.Model == "gpt2" && name != "":
		return name, nil
	case kind == ggufNormal || kind == ggufByte && g.Model == "llama":
		return spaced(name), nil
	}
	return "", fmt.Errorf("token %q has the type %d, which is not supported with the model %s", cut(name), kind, g.Model)
}

// scoredRules are the merges of SentencePiece, which merges two neighbours if both together are a token: every token can
// come of any two that it can be cut into. Its score says how soon, and equal scores are equal ranks.
func (g *GGUF) scoredRules(l *lexicon) ([]merge, error) {
	if len(g.Scores) != len(g.Tokens) {
		return nil, fmt.Errorf("%d scores of %d tokens, want as many", len(g.Scores), len(g.Tokens))
	}
	var scores []float32
	for id, s := range g.Scores {
		if s != s {
			return nil, fmt.Errorf("token %q has the score NaN, want a number", cut(g.Tokens[id]))
		}
		scores = append(scores, -s)
	}
	slices.Sort(scores)
	scores = slices.Compact(scores)
	part := func(name string) (int32, bool) {
		id, ok := l.names[name]
		return int32(id), ok && l.text[id] != "" && g.Types[id] == ggufNormal
	}
	var rules []merge
	for id, name := range g.Tokens {
		if g.Types[id] != ggufNormal || l.text[id] == "" {
			continue
		}
		rank, _ := slices.BinarySearch(scores, -g.Scores[id])
		for i := range name {
			left, ok1 := part(name[:i])
			right, ok2 := part(name[i:])
			if ok1 && ok2 && i > 0 {
				rules = append(rules, merge{left, right, int32(id), uint32(rank)})
			}
		}
	}
	return rules, nil
}
