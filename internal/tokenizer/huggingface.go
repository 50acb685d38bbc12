package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Parse reads a Hugging Face tokenizer.json for a model with so many rows in its vocabulary: byte-level BPE with the
// pre-tokenizers of GPT-2, GPT-NeoX, Llama 3, Qwen 2 and SmolLM2, and the BPE of Llama 2 with byte fallback. Anything else
// that would change what a text becomes is an error that names it.
//
// It differs from Hugging Face on purpose in what loses bytes, or costs some: normalisation to NFC is not applied,
// the text of a special token is text like any other, every byte has a symbol, and SentencePiece's space is put
// before every text. Post-processors add special tokens only, so that they, truncation and padding do not matter here.
func Parse(text []byte, vocab int) (Tokenizer, error) {
	t, err := parse(text, vocab)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: tokenizer.json: %w", err)
	}
	return t, nil
}

// hfTokenizer is a tokenizer.json.
type hfTokenizer struct {
	Version       string          `json:"version"`
	Truncation    any             `json:"truncation"`
	Padding       any             `json:"padding"`
	AddedTokens   []hfAddedToken  `json:"added_tokens"`
	Normalizer    json.RawMessage `json:"normalizer"`
	PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
	PostProcessor any             `json:"post_processor"`
	Decoder       json.RawMessage `json:"decoder"`
	Model         hfModel         `json:"model"`
}

// hfAddedToken is a token that a text is searched for before all else.
type hfAddedToken struct {
	ID         int    `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

// hfModel is a model of the type BPE.
type hfModel struct {
	Type         string   `json:"type"`
	Dropout      float64  `json:"dropout"`
	Unknown      string   `json:"unk_token"`
	Prefix       string   `json:"continuing_subword_prefix"`
	Suffix       string   `json:"end_of_word_suffix"`
	FuseUnknown  bool     `json:"fuse_unk"` // of characters without a token: there are none here
	ByteFallback bool     `json:"byte_fallback"`
	IgnoreMerges bool     `json:"ignore_merges"`
	Vocab        hfVocab  `json:"vocab"`
	Merges       hfMerges `json:"merges"`
}

func parse(text []byte, vocab int) (Tokenizer, error) {
	var kind struct{ Model struct{ Type string } }
	var file hfTokenizer
	if err := strictly(text, &file); err != nil {
		// Models of other types have other fields: their type says more.
		if json.Unmarshal(text, &kind) == nil && kind.Model.Type != "" && kind.Model.Type != "BPE" {
			return nil, fmt.Errorf("model is of type %s, want BPE", kind.Model.Type)
		}
		return nil, err
	}
	model := &file.Model
	if err := model.validate(); err != nil {
		return nil, err
	}
	steps, err := parseSteps(&file)
	if err != nil {
		return nil, err
	}
	l, err := newLexicon(vocab)
	if err != nil {
		return nil, err
	}
	special := map[string]bool{model.Unknown: true}
	for _, t := range file.AddedTokens {
		special[t.Content] = special[t.Content] || t.Special
		if id, ok := model.Vocab[t.Content]; ok && id != t.ID {
			return nil, fmt.Errorf("added token %q has the id %d, and %d in the vocabulary", cut(t.Content), t.ID, id)
		}
	}
	added := map[string]bool{}
	for _, t := range file.AddedTokens {
		if added[t.Content] || t.Content == "" {
			return nil, fmt.Errorf("added token %q with the id %d is empty or there twice", cut(t.Content), t.ID)
		}
		added[t.Content] = true
		switch {
		case t.Special:
			err = l.put(t.ID, t.Content, "")
		case t.SingleWord || t.LStrip || t.RStrip:
			err = fmt.Errorf("added token %q has single_word, lstrip or rstrip, want none", cut(t.Content))
		case !steps.byteLevel:
			err = fmt.Errorf("added token %q is not special, which with byte_fallback is not supported", cut(t.Content))
		default:
			l.added = append(l.added, int32(t.ID))
			err = l.put(t.ID, t.Content, t.Content)
		}
		if err != nil {
			return nil, err
		}
	}
	for name, id := range model.Vocab {
		var text string
		switch {
		case added[name]:
			continue
		case special[name]:
		case steps.byteLevel:
			text = bytesOf(name)
		default:
			text = spaced(name)
		}
		if err := l.put(id, name, text); err != nil {
			return nil, err
		}
	}
	l.names = model.Vocab
	rules, err := l.rules(model.Merges)
	if err != nil {
		return nil, err
	}
	if !steps.byteLevel {
		if !model.ByteFallback {
			return nil, fmt.Errorf("model has no byte_fallback, want it, or a pre_tokenizer ByteLevel")
		}
		return newSentencePiece(l, rules, steps.lead, steps.cut)
	}
	if model.ByteFallback {
		return nil, fmt.Errorf("model has byte_fallback, want none with a pre_tokenizer ByteLevel")
	}
	return newByteLevel(l, rules, steps.splits, addedTrees(l, file.AddedTokens), model.IgnoreMerges)
}

// addedTrees finds added tokens in Hugging Face's order: those that want the text as it is, then the others.
func addedTrees(l *lexicon, tokens []hfAddedToken) []*addedTokens {
	var trees []*addedTokens
	for _, normalized := range []bool{false, true} {
		var text []string
		var ids []int32
		for _, t := range tokens {
			if !t.Special && t.Normalized == normalized {
				text, ids = append(text, t.Content), append(ids, int32(t.ID))
			}
		}
		if len(text) > 0 {
			trees = append(trees, newAddedTokens(text, ids))
		}
	}
	return trees
}

// strictly reads JSON into v, which must have all of its fields.
func strictly(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

// validate says what is wrong with a model, nil if it is a BPE that does nothing else.
func (m *hfModel) validate() error {
	if m.Type != "BPE" && (m.Type != "" || m.Merges == nil) { // old files do not say it
		return fmt.Errorf("model is of type %q, want BPE", m.Type)
	}
	for field, value := range map[string]any{"dropout": m.Dropout, "continuing_subword_prefix": m.Prefix, "end_of_word_suffix": m.Suffix} {
		if value != 0.0 && value != "" {
			return fmt.Errorf("model has %s %v, want none", field, value)
		}
	}
	return nil
}
