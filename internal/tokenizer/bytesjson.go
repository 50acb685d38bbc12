package tokenizer

import "encoding/json"

// StartToken is the text of start-of-text in a tokenizer.json.
const StartToken = "<|startoftext|>"

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
	vocab := make(map[string]int, 256)
	for b, r := range byteRunes {
		vocab[string(r)] = b
	}
	byteLevel := object("type", "ByteLevel", "add_prefix_space", false, "trim_offsets", true, "use_regex", false)
	text, err := json.MarshalIndent(object(
		"version", "1.0",
		"truncation", nil,
		"padding", nil,
		"added_tokens", []any{object("id", 256, "content", StartToken, "single_word", false, "lstrip", false,
			"rstrip", false, "normalized", false, "special", true)},
		"normalizer", nil,
		"pre_tokenizer", byteLevel,
		"post_processor", nil,
		"decoder", byteLevel,
		"model", object("type", "BPE", "dropout", nil, "unk_token", nil, "continuing_subword_prefix", nil,
			"end_of_word_suffix", nil, "fuse_unk", false, "byte_fallback", false, "vocab", vocab, "merges", []any{}),
	), "", "  ")
	if err != nil {
		panic("tokenizer: " + err.Error()) // strings and numbers always marshal
	}
	return append(text, '\n')
}
