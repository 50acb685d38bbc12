package train

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"

	"lmz/internal/tokenizer"
)

// Tokenizer is the vocabulary that a model is trained over: that of a tokenizer.json with a token for start-of-text.
type Tokenizer struct {
	Text       []byte // tokenizer.json
	Rows       int    // that the model's embeddings need: every id, that of start-of-text too, is below
	Start      int    // id of start-of-text
	StartToken string // its text

	tokenizer.Tokenizer
	sizes []int32 // (Rows) bytes of each id that is coded
}

// startTokens are the special tokens that stand for start-of-text, the first of them that a vocabulary has.
var startTokens = []string{tokenizer.StartToken, "<|endoftext|>", "<|begin_of_text|>", "<s>"}

// NewTokenizer reads the text of a tokenizer.json.
func NewTokenizer(text []byte) (*Tokenizer, error) {
	var file struct {
		AddedTokens []struct {
			ID      int
			Content string
			Special bool
		} `json:"added_tokens"`
		Model struct{ Vocab map[string]int }
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("train: tokenizer.json: %w", err)
	}
	t := &Tokenizer{Text: text}
	last := 0 // id
	for _, id := range file.Model.Vocab {
		last = max(last, id)
	}
	rank := len(startTokens)
	for _, a := range file.AddedTokens {
		last = max(last, a.ID)
		if i := slices.Index(startTokens, a.Content); a.Special && i >= 0 && i < rank {
			rank, t.Start, t.StartToken = i, a.ID, a.Content
		}
	}
	// A byte without a token takes an id without one: there are enough if we add one for each.
	var err error
	if t.Tokenizer, err = tokenizer.Parse(text, last+1+256); err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	ids := t.IDs()
	t.Rows = max(last, int(ids[len(ids)-1])) + 1
	switch {
	case rank == len(startTokens):
		return nil, fmt.Errorf("train: tokenizer.json: no special token is one of %q, want one for start-of-text", startTokens)
	case t.Lead() > 0:
		return nil, fmt.Errorf("train: tokenizer.json puts a space before every text, want byte-level BPE, which does not")
	}
	t.sizes = make([]int32, t.Rows)
	for s, id := range ids {
		t.sizes[id] = int32(t.Size(int32(s)))
	}
	return t, nil
}

// Bytes is the tokenizer of byte-level models: 256 bytes and start-of-text.
func Bytes() *Tokenizer {
	t, err := NewTokenizer(tokenizer.BytesJSON())
	if err != nil {
		panic(err.Error())
	}
	return t
}

// Unit is what its symbols are to the reader of a message.
func (t *Tokenizer) Unit() string {
	if _, ok := t.Tokenizer.(tokenizer.Bytes); ok {
		return "bytes"
	}
	return "tokens"
}

// fits is an error if a model of so many rows with that start-of-text has no place for the vocabulary.
func (t *Tokenizer) fits(rows, start int) error {
	if _, coded := slices.BinarySearchFunc(t.IDs(), start, func(id int32, start int) int { return cmp.Compare(int(id), start) }); coded || rows < t.Rows {
		return fmt.Errorf("train: vocabulary of %d with start-of-text %d, want %d rows and start-of-text apart from the %d symbols of the tokenizer",
			rows, start, t.Rows, t.Symbols())
	}
	return nil
}

// bytes is how many bytes the ids stand for.
func (t *Tokenizer) bytes(ids []int32) (sum int) {
	for _, id := range ids {
		sum += int(t.sizes[id])
	}
	return sum
}

// hash identifies the tokenizer: SHA-256 of its text, hexadecimal.
func (t *Tokenizer) hash() string { return fmt.Sprintf("%x", sha256.Sum256(t.Text)) }
