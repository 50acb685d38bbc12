package bpe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"lmz/internal/tokenizer"
)

// Vocabulary is the tokens of a byte-level BPE and the merges that make them.
type Vocabulary struct {
	Tokens [][]byte   // by id: the 256 bytes in the order of their characters, then what merges made
	Merges [][2]int32 // by rank: the ids of the left and the right part

	RawBytes  int64 // of the text it was trained on
	Words     int   // distinct words of the text
	Forgotten int   // distinct words that memory had no room for, see maxDistinct
}

// Start is the id of start-of-text, the one after all tokens.
func (v *Vocabulary) Start() int { return len(v.Tokens) }

// byteRunes are the characters that stand for bytes in a tokenizer.json, and byteID the ids of bytes, in the order of
// these characters.
var (
	byteRunes = func() (runes [256]rune) {
		var file struct {
			Model struct{ Vocab map[string]int }
		}
		if err := json.Unmarshal(tokenizer.BytesJSON(), &file); err != nil {
			panic("bpe: " + err.Error())
		}
		for s, b := range file.Model.Vocab {
			runes[b] = []rune(s)[0]
		}
		return runes
	}()
	byteID = func() (ids [256]int32) {
		sorted := slices.Sorted(slices.Values(byteRunes[:]))
		for b, r := range byteRunes {
			ids[b] = int32(slices.Index(sorted, r))
		}
		return ids
	}()
)

// written is a token as a tokenizer.json has it.
func written(token []byte) string {
	runes := make([]rune, len(token))
	for i, b := range token {
		runes[i] = byteRunes[b]
	}
	return string(runes)
}

// JSON is the vocabulary as a Hugging Face tokenizer.json, that of tokenizer.BytesJSON with tokens and merges of its
// own: GPT-2's pattern cuts words, and start-of-text is the last id.
func (v *Vocabulary) JSON() []byte {
	var file map[string]any
	if err := json.Unmarshal(tokenizer.BytesJSON(), &file); err != nil {
		panic("bpe: " + err.Error())
	}
	file["added_tokens"].([]any)[0].(map[string]any)["id"] = v.Start()
	for _, step := range []string{"pre_tokenizer", "decoder"} {
		file[step].(map[string]any)["use_regex"] = true
	}
	tokens := make(byID, len(v.Tokens))
	for id, t := range v.Tokens {
		tokens[id] = written(t)
	}
	merges := make([]string, len(v.Merges))
	for i, p := range v.Merges {
		merges[i] = tokens[p[0]] + " " + tokens[p[1]]
	}
	model := file["model"].(map[string]any)
	model["vocab"], model["merges"] = tokens, merges
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		panic("bpe: " + err.Error()) // strings and numbers always marshal
	}
	return append(text, '\n')
}

// byID is tokens that become a JSON object of ids, in their order.
type byID []string

func (tokens byID) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for id, token := range tokens {
		text, err := json.Marshal(token)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, ",%s:%d", text, id)
	}
	return append(append([]byte{'{'}, b.Bytes()[1:]...), '}'), nil
}
