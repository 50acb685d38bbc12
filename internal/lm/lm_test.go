package lm

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lmz/internal/checkpoint"
	"lmz/internal/codec"
	"lmz/internal/codec/codectest"
	"lmz/internal/cumfreq"
	"lmz/internal/model"
	"lmz/internal/tokenizer"
	"lmz/models"
)

// tiny has a window so short that contexts fill it.
var tiny = model.Config{
	Layers: 2, Hidden: 16, Heads: 2, FeedForward: 32, Vocab: 257, Window: 24,
	RotaryWidth: 4, RotaryBase: 10000, NormEps: 1e-5, Parallel: true, Start: 256,
}.AsGPTNeoX()

// write writes a model of random float32 weights to a new directory.
func write(t *testing.T, seed uint64) (dir string) {
	t.Helper()
	return writeConfig(t, tiny, seed)
}

// writeNGrams writes one with a table of the 12 n-grams of two and three letters a, b.
func writeNGrams(t *testing.T, seed uint64) (dir string) {
	t.Helper()
	c := tiny
	c.NGrams, c.NGramLength = 12, 3
	return writeConfig(t, c, seed)
}

func writeConfig(t *testing.T, c model.Config, seed uint64) (dir string) {
	t.Helper()
	dir = t.TempDir()
	r := rand.New(rand.NewPCG(seed, 0))
	f := &checkpoint.File{Tensors: map[string]checkpoint.Tensor{}}
	for _, s := range c.Tensors() {
		if s.Integers {
			var keys []int32
			for i := range int32(4) {
				keys = append(keys, 'a'+i/2, 'a'+i%2, -1)
			}
			for i := range int32(8) {
				keys = append(keys, 'a'+i/4, 'a'+i/2%2, 'a'+i%2)
			}
			f.Tensors[s.Name] = checkpoint.Int32(keys, s.Shape...)
			continue
		}
		n := 1
		for _, d := range s.Shape {
			n *= d
		}
		x := make([]float32, n)
		for i := range x {
			x[i] = r.Float32() - 0.5
		}
		f.Tensors[s.Name] = checkpoint.Float32(x, s.Shape...)
	}
	if err := checkpoint.Write(filepath.Join(dir, "model.safetensors"), f); err != nil {
		t.Fatal(err)
	}
	put(t, dir, "config.json", c.JSON())
	put(t, dir, "tokenizer.json", tokenizer.BytesJSON())
	return dir
}

func put(t *testing.T, dir, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, dir string) *Model {
	t.Helper()
	m, err := Open(dir, Int8)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestOath(t *testing.T) {
	m := open(t, write(t, 1))
	for _, policy := range []Policy{Fresh, Carry} {
		if err := codectest.TestPredictor(func() codec.Predictor { return m.Predictor(policy) }, 100); err != nil {
			t.Errorf("policy %d: %v", policy, err)
		}
	}
}

// TestIdentity: the identity is that of what is computed, not of the files.
func TestIdentity(t *testing.T) {
	t.Run("plain", func(t *testing.T) { testIdentity(t, write) })
	t.Run("ngrams", func(t *testing.T) { testIdentity(t, writeNGrams) })
}

func testIdentity(t *testing.T, write func(t *testing.T, seed uint64) string) {
	dir := write(t, 1)
	quantised := filepath.Join(t.TempDir(), "new", "directory")
	if err := Quantise(quantised, dir); err != nil {
		t.Fatal(err)
	}
	a, b, other := open(t, dir), open(t, quantised), open(t, write(t, 2))
	if a.ID() != b.ID() {
		t.Errorf("quantised: identity %x, want %x", b.ID(), a.ID())
	}
	if a.ID() == other.ID() {
		t.Errorf("other weights have the same identity")
	}
	const name = "model.safetensors"
	big, small := size(t, filepath.Join(dir, name)), size(t, filepath.Join(quantised, name))
	if small*2 > big {
		t.Errorf("quantised: %d bytes, want less than half of %d", small, big)
	}
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestOpenErrors(t *testing.T) {
	for _, c := range []struct {
		name, want string
		damage     func(dir string)
	}{
		{"no weights", "model.safetensors", func(dir string) { os.Remove(filepath.Join(dir, "model.safetensors")) }},
		{"no configuration", "config.json", func(dir string) { os.Remove(filepath.Join(dir, "config.json")) }},
		{"no tokenizer", "tokenizer.json", func(dir string) { os.Remove(filepath.Join(dir, "tokenizer.json")) }},
		{"weights cut short", "checkpoint", func(dir string) {
			os.Truncate(filepath.Join(dir, "model.safetensors"), size(t, filepath.Join(dir, "model.safetensors"))/2)
		}},
		{"configuration of another shape", "hidden_size", func(dir string) {
			put(t, dir, "config.json", []byte(strings.Replace(string(tiny.JSON()), `"hidden_size": 16`, `"hidden_size": 17`, 1)))
		}},
		{"another architecture", "gpt_neox", func(dir string) {
			put(t, dir, "config.json", []byte(strings.ReplaceAll(string(tiny.JSON()), "gpt_neox", "gpt_other")))
		}},
		{"configuration that is no JSON", "config", func(dir string) { put(t, dir, "config.json", []byte("{")) }},
	} {
		dir := write(t, 1)
		c.damage(dir)
		_, err := Open(dir, Int8)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "lm: model ") {
			t.Errorf("%s: error %v, want one about %s", c.name, err, c.want)
		}
	}
}

// TestTooManySymbols: a vocabulary of more symbols than can be coded is refused before the weights are looked at.
func TestTooManySymbols(t *testing.T) {
	var tok map[string]any
	if err := json.Unmarshal(tokenizer.BytesJSON(), &tok); err != nil {
		t.Fatal(err)
	}
	tok["added_tokens"] = []any{}
	vocab := tok["model"].(map[string]any)["vocab"].(map[string]any)
	for id := len(vocab); id <= cumfreq.MaxSymbols; id++ {
		vocab[fmt.Sprint("x", id)] = id
	}
	text, err := json.Marshal(tok)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	put(t, dir, "tokenizer.json", text)
	large := tiny
	large.Vocab, large.Start = len(vocab)+1, len(vocab)
	put(t, dir, "config.json", large.JSON())
	if err := Check(dir); err == nil || !strings.Contains(err.Error(), "262145 symbols, want at most 262144") {
		t.Errorf("error %v, want one about 262145 symbols", err)
	}
}

// TestDefault: the model that is carried is the one that its card speaks of.
func TestDefault(t *testing.T) {
	m, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	card, err := os.ReadFile(filepath.Join("..", "..", "models", models.Default, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	id := m.ID()
	if want := fmt.Sprintf("%x", id[:16]); !strings.Contains(string(card), want) {
		t.Errorf("the card of %s does not name identity %s", m.Name(), want)
	}
	if n := size(t, filepath.Join("..", "..", "models", models.Default, "model.safetensors")); n > 8e6 {
		t.Errorf("weights of %d bytes, want at most 8 MB", n)
	}
}
