package tokenizer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// small are the tokenizers of testdata, which make.py trained, and the rows of a model's vocabulary for each: more than tokens, so that
// the bytes without a token, which gptneox and smollm2 have, take no token's id. TestMissingBytes is about vocabularies without ids to spare.
var small = map[string]int{"gpt2": 700, "gptneox": 740, "llama3": 706, "qwen2": 703, "smollm2": 700, "llama2": 700, "metaspace": 700}

func open(t testing.TB, name string) Tokenizer {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	tok, err := Parse(text, small[name])
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return tok
}

// ids are the rows of the model's vocabulary of symbols.
func ids(tok Tokenizer, symbols []int32) []int32 {
	list := make([]int32, len(symbols))
	for i, s := range symbols {
		list[i] = tok.IDs()[s]
	}
	return list
}

// TestVectors: every kind cuts texts as Hugging Face does.
func TestVectors(t *testing.T) {
	for name := range small {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", name+".vectors.json"))
			if err != nil {
				t.Fatal(err)
			}
			var vectors []struct {
				Text string
				IDs  []int32
			}
			if err := json.Unmarshal(text, &vectors); err != nil || len(vectors) < 80 {
				t.Fatalf("%d vectors, error %v", len(vectors), err)
			}
			tok := open(t, name)
			for _, v := range vectors {
				if got := ids(tok, tok.Encode(nil, []byte(v.Text))); !slices.Equal(got, v.IDs) {
					t.Errorf("%q: ids %v, want %v", v.Text, got, v.IDs)
				}
			}
		})
	}
}

// TestRows: rows of the vocabulary beyond those that ids and bytes need change nothing.
func TestRows(t *testing.T) {
	for name, rows := range small {
		text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		few, err := Parse(text, rows+256)
		if err != nil {
			t.Fatal(err)
		}
		many, err := Parse(text, MaxRows)
		if err != nil {
			t.Fatal(err)
		}
		if few.Name() != many.Name() || !slices.Equal(few.IDs(), many.IDs()) {
			t.Errorf("%s: %d rows make other symbols than %d", name, rows+256, MaxRows)
		}
	}
}
