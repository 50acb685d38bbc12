package lm

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"lmz/internal/codec"
)

// logits is what a model predicts after each of the symbols of one context, (len(symbols), Symbols).
func logits(m *Model, symbols []int32) []float32 {
	out := make([]float32, len(symbols)*m.tokenizer.Symbols())
	rows := make([]codec.Row, len(symbols))
	for i, s := range symbols {
		rows[i].Symbol = s
	}
	m.Predictor(Fresh).NewSession(1, 1).Advance(rows, out)
	return out
}

// TestTransformers compares models with what transformers computes. LMZ_LOGITS_DIR has a directory for each: the model, and
// logits.json, a text, its tokens with start-of-text before them, and the logits after each, (T, V). .ci/transformers makes them.
func TestTransformers(t *testing.T) {
	root := os.Getenv("LMZ_LOGITS_DIR")
	if root == "" {
		t.Skip("LMZ_LOGITS_DIR names no directory of models and their logits: .ci/transformers makes one")
	}
	files, err := filepath.Glob(filepath.Join(root, "*", "logits.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d models in %s, want some (%v)", len(files), root, err)
	}
	for _, file := range files {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) { compareLogits(t, dir) })
	}
}

func compareLogits(t *testing.T, dir string) {
	text, err := os.ReadFile(filepath.Join(dir, "logits.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Text   string
		Tokens []int32
		Logits [][]float64
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	m, err := Open(dir, F32)
	if err != nil {
		t.Fatal(err)
	}
	ids := m.tokenizer.IDs()
	symbols := append([]int32{int32(len(ids))}, m.tokenizer.Encode(nil, []byte(want.Text))...)
	tokens := []int32{int32(m.Config().Start)}
	for _, s := range symbols[1:] {
		tokens = append(tokens, ids[s])
	}
	if !slices.Equal(tokens, want.Tokens) {
		t.Fatalf("tokens %d, want %d", tokens, want.Tokens)
	}
	got := logits(m, symbols)
	var most float64
	for pos, row := range want.Logits {
		for s, id := range ids {
			most = max(most, math.Abs(float64(got[pos*len(ids)+s])-row[id]))
		}
	}
	t.Logf("%d tokens: logits differ by %.2g at most", len(tokens), most)
	if !(most <= 2e-4) || len(want.Logits) != len(tokens) {
		t.Errorf("logits after %d of %d tokens differ by %.3g, want all and at most 2e-4", len(want.Logits), len(tokens), most)
	}
}
