package train

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"lmz/internal/checkpoint"
	"lmz/internal/lab/gemm"
	"lmz/internal/model"
)

// TestForwardAgainstTransformers compares the loss of the float32 forward pass with logits that
// transformers computed for the same weights (make.py and ngrams.py in internal/model/testdata/reference).
func TestForwardAgainstTransformers(t *testing.T) {
	for _, name := range []string{"gptneox", "gptneox-ngrams"} {
		t.Run(name, func(t *testing.T) { testForward(t, name) })
	}
}

func testForward(t *testing.T, name string) {
	dir := filepath.Join("..", "..", "model", "testdata", "reference", name)
	c, err := model.ReadConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	f, err := checkpoint.Open(filepath.Join(dir, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "logits.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Tokens []int32
		Logits [][]float64
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	params, size := layout(c)
	r := &Run{Options: Options{Model: c}, params: params, weights: make([]float32, size)}
	if err := r.Load(f); err != nil {
		t.Fatal(err)
	}
	n := len(want.Tokens)
	s := NewShard(c, gemm.Mul, 1, n)
	if c.NGrams > 0 {
		s.setNGrams(r.ngrams)
	}
	s.Forward(newView(c, r.weights), want.Tokens, make([]int32, n))
	for pos, row := range want.Logits {
		var sum float64
		for _, x := range row {
			sum += math.Exp(x)
		}
		for i, x := range row { // Forward leaves the softmax of the logits
			got, p := float64(s.logits[pos*c.Vocab+i]), math.Exp(x)/sum
			if math.Abs(got-p) > 1e-4*p+1e-6 {
				t.Fatalf("position %d, symbol %d: probability %.7f, want %.7f", pos, i, got, p)
			}
		}
	}
}
