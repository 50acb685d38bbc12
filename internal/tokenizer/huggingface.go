package tokenizer

import (
	"encoding/json"
	"fmt"
	"maps"
)

// startToken is the text of start-of-text in a tokenizer.json.
const startToken = "<|startoftext|>"

// bytesVocab is the vocabulary of a byte-level tokenizer.json: byte b has the id b.
func bytesVocab() map[string]int {
	vocab := make(map[string]int, 256)
	for b := range 256 {
		vocab[string(byteRune(byte(b)))] = b
	}
	return vocab
}

// Parse reads a Hugging Face tokenizer.json. It knows the one that BytesJSON writes; byte-level BPE
// with merges is refused as unsupported. vocab is the number of rows of the model's vocabulary.
func Parse(text []byte, vocab int) (Tokenizer, error) {
	var t struct {
		AddedTokens []struct {
			ID      int    `json:"id"`
			Content string `json:"content"`
		} `json:"added_tokens"`
		Normalizer any `json:"normalizer"`
		Model      struct {
			Type   string         `json:"type"`
			Vocab  map[string]int `json:"vocab"`
			Merges []any          `json:"merges"`
		} `json:"model"`
	}
	if err := json.Unmarshal(text, &t); err != nil {
		return nil, fmt.Errorf("tokenizer: tokenizer.json: %w", err)
	}
	if t.Model.Type != "BPE" || len(t.Model.Merges) != 0 || !maps.Equal(t.Model.Vocab, bytesVocab()) {
		return nil, fmt.Errorf("tokenizer: tokenizer.json: %s with %d entries and %d merges, want BPE with the 256 bytes and no merges",
			t.Model.Type, len(t.Model.Vocab), len(t.Model.Merges))
	}
	if t.Normalizer != nil {
		return nil, fmt.Errorf("tokenizer: tokenizer.json: a normalizer, want none: it would not be lossless")
	}
	if len(t.AddedTokens) != 1 || t.AddedTokens[0].ID != 256 {
		return nil, fmt.Errorf("tokenizer: tokenizer.json: added tokens %v, want one with id 256: start-of-text", t.AddedTokens)
	}
	if vocab < 257 {
		return nil, fmt.Errorf("tokenizer: tokenizer.json: id 256, want ids below %d, the size of the model's vocabulary", vocab)
	}
	return Bytes{}, nil
}

// BytesJSON is the text of a Hugging Face tokenizer.json that does what Bytes does: a byte-level
// BPE whose 256 entries are the bytes in order, without merges, and start-of-text as id 256.
func BytesJSON() []byte {
	object := func(kv ...any) map[string]any {
		m := make(map[string]any, len(kv)/2)
		for i := 0; i < len(kv); i += 2 {
			m[kv[i].(string)] = kv[i+1]
		}
		return m
	}
	byteLevel := object("type", "ByteLevel", "add_prefix_space", false, "trim_offsets", true, "use_regex", false)
	text, err := json.MarshalIndent(object(
		"version", "1.0",
		"truncation", nil,
		"padding", nil,
		"added_tokens", []any{object("id", 256, "content", startToken, "single_word", false, "lstrip", false,
			"rstrip", false, "normalized", false, "special", true)},
		"normalizer", nil,
		"pre_tokenizer", byteLevel,
		"post_processor", nil,
		"decoder", byteLevel,
		"model", object("type", "BPE", "dropout", nil, "unk_token", nil, "continuing_subword_prefix", nil,
			"end_of_word_suffix", nil, "fuse_unk", false, "byte_fallback", false, "vocab", bytesVocab(), "merges", []any{}),
	), "", "  ")
	if err != nil {
		panic("tokenizer: " + err.Error()) // strings and numbers always marshal
	}
	return append(text, '\n')
}

// byteRune is the printable character that stands for a byte in a byte-level vocabulary: itself for
// printable Latin-1, the next free one from U+0100 on for the others (GPT-2's bytes_to_unicode).
func byteRune(b byte) rune {
	printable := func(r rune) bool { return r >= '!' && r <= '~' || r >= 0xA1 && r <= 0xFF && r != 0xAD }
	if printable(rune(b)) {
		return rune(b)
	}
	next := rune(0x100)
	for r := range rune(b) {
		if !printable(r) {
			next++
		}
	}
	return next
}
