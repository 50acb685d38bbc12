package lmz_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lmz"
	"lmz/internal/checkpoint"
	"lmz/internal/model"
)

// TestArchitectures compresses and decompresses with a random model of every architecture, whose tokenizer is of every kind,
// in every precision.
func TestArchitectures(t *testing.T) {
	raws := [][]byte{nil, []byte("x"), []byte(" "), text(1, 3000), noise(2, 300), []byte("a b\u2581c\r\n\xff\xc0 d<|endoftext|>  e  ")}
	for _, c := range []struct{ reference, tokenizer string }{
		{"gptneox", "gptneox"}, {"gptneox-ngrams", "gptneox"}, {"gpt2", "gpt2"}, {"llama", "llama2"}, {"llama-tied-rope3", "llama3"}, {"llama-linear", "smollm2"},
	} {
		dir := architectureDir(t, c.reference, c.tokenizer)
		ids := map[lmz.ModelID]bool{}
		for _, precision := range []lmz.Precision{lmz.Int8, lmz.Int8Outlier, lmz.F32} {
			t.Run(c.reference+"/"+precision.String(), func(t *testing.T) {
				m, err := lmz.OpenModel(dir, precision)
				if err != nil {
					t.Fatal(err)
				}
				ids[m.ID()] = true
				for _, policy := range []lmz.Policy{lmz.Fresh, lmz.Carry} {
					one := lmz.Options{Model: m, Policy: policy, Threads: 1}
					three := lmz.Options{Model: m, Policy: policy, Threads: 3}
					file := compress(t, one, raws...)
					if !slices.Equal(file, compress(t, three, raws...)) {
						t.Errorf("policy %v: three threads make another file", policy)
					}
					raw := slices.Concat(raws...)
					if len(file) >= len(raw) {
						t.Fatalf("%d bytes for %d: no model was at work", len(file), len(raw))
					}
					mustDecompress(t, one, file, raw)
					mustDecompress(t, three, file, raw)
				}
			})
		}
		if len(ids) != 3 {
			t.Errorf("%s: precisions share an identity: %v", c.reference, ids)
		}
	}
}

// architectureDir writes a model of the shape of one of internal/model's references, with a tokenizer of internal/tokenizer's tests,
// and the random weights that it takes.
func architectureDir(t *testing.T, reference, tokenizer string) string {
	t.Helper()
	read := func(path string) (values map[string]any) {
		text, err := os.ReadFile(filepath.FromSlash(path))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &values); err != nil {
			t.Fatal(err)
		}
		return values
	}
	dir := t.TempDir()
	write := func(name string, values map[string]any) {
		text, err := json.Marshal(values)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	tok := read("internal/tokenizer/testdata/" + tokenizer + ".json")
	write("tokenizer.json", tok)
	vocab := len(tok["model"].(map[string]any)["vocab"].(map[string]any)) + len(tok["added_tokens"].([]any)) + 20 // spare ids for bytes without a token
	config := read("internal/model/testdata/reference/" + reference + "/config.json")
	config["vocab_size"], config["bos_token_id"] = vocab, vocab-1
	const letters = 150 // ids, of which every pair has a row if there is a table of n-grams
	if config["lmz_ngram_rows"] != nil {
		config["lmz_ngram_rows"], config["lmz_ngram_length"] = letters*letters, 2
	}
	write("config.json", config)

	c, err := model.ReadConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	f := &checkpoint.File{Tensors: map[string]checkpoint.Tensor{}}
	for _, s := range c.Tensors() {
		if s.Integers {
			var keys []int32
			for i := range int32(letters * letters) {
				keys = append(keys, i/letters, i%letters)
			}
			f.Tensors[s.Name] = checkpoint.Int32(keys, s.Shape...)
			continue
		}
		if s.InputsFirst {
			s.Shape = []int{s.Shape[1], s.Shape[0]}
		}
		n := 1
		for _, d := range s.Shape {
			n *= d
		}
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(rng.NormFloat64() * 0.2)
			if len(s.Shape) == 1 && strings.HasSuffix(s.Name, ".weight") {
				x[i]++
			}
		}
		f.Tensors[s.Name] = checkpoint.Float32(x, s.Shape...)
	}
	if err := checkpoint.Write(filepath.Join(dir, "model.safetensors"), f); err != nil {
		t.Fatal(err)
	}
	return dir
}
