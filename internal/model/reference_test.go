package model

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"path/filepath"
	"testing"

	"lmz/internal/checkpoint"
)

// referenceDir holds tiny random models, one a directory, and what transformers computes with them; make.py and ngrams.py beside them.
const referenceDir = "testdata/reference"

// references are the directories' names.
func references(t testing.TB) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(referenceDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	if len(names) < 7 {
		t.Fatalf("%d models in %s, want all architectures", len(names), referenceDir)
	}
	return names
}

// reference is one of them, all of whose vocabulary is coded.
func reference(t testing.TB, name string, p Precision) *Model {
	t.Helper()
	dir := filepath.Join(referenceDir, name)
	c, err := ReadConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	f, err := checkpoint.Open(filepath.Join(dir, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewWeights(c, f, p)
	if err != nil {
		t.Fatal(err)
	}
	m, err := New(w, first(c.Vocab))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestAgainstTransformers: float32 computes what transformers does. int8 is not far off: a term left out or misplaced gives errors of the size of
// the logits.
func TestAgainstTransformers(t *testing.T) {
	for _, name := range references(t) {
		text, err := os.ReadFile(filepath.Join(referenceDir, name, "logits.json"))
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
		for _, p := range []Precision{Int8, Int8Outlier, F32} {
			t.Run(name+"/"+p.String(), func(t *testing.T) {
				m := reference(t, name, p)
				got := step(m, Fresh, want.Tokens)
				var squares, errors, most float64
				for pos, row := range want.Logits {
					for i, x := range row {
						e := float64(got[pos*m.Symbols()+i]) - x
						squares += x * x
						errors += e * e
						most = max(most, math.Abs(e))
					}
				}
				relative := math.Sqrt(errors / squares)
				t.Logf("logits are off by %.5f of their size, root mean square, and by %.2g at most", relative, most)
				switch {
				case p == F32 && most > 2e-4:
					t.Errorf("want at most 2e-4")
				case relative > 0.03 && m.Architecture != Llama, relative > 0.04:
					t.Errorf("want at most 0.03 of their size, or 0.04 where gates multiply errors")
				}
			})
		}
	}
}

// TestReferenceGolden holds the bits of the logits of every architecture and precision: any machine and implementation gives
// these hashes.
func TestReferenceGolden(t *testing.T) {
	want := map[string]string{
		"gpt2 int8":                       "bb46bbcf0362106b",
		"gpt2 int8-outlier":               "538f9ebc6bedd57a",
		"gpt2 f32":                        "3be3666afc1672d6",
		"gptneox int8":                    "8b88759e212fd7a3",
		"gptneox int8-outlier":            "a45cc14f2d545530",
		"gptneox f32":                     "4c81a7e0aae91d21",
		"gptneox-ngrams int8":             "6f1895fdd94a09a0",
		"gptneox-ngrams int8-outlier":     "d79de94ae996ccbb",
		"gptneox-ngrams f32":              "4ae46746d4e2aac8",
		"gptneox-sequential int8":         "25c403818a36109c",
		"gptneox-sequential int8-outlier": "9212cc349cfb82ff",
		"gptneox-sequential f32":          "14ee1e1360b55091",
		"llama int8":                      "46689c98f1213ed3",
		"llama int8-outlier":              "e5615bf2dc931ef9",
		"llama f32":                       "ddd70b2a44828a92",
		"llama-linear int8":               "9f8b8d0aebbd17a8",
		"llama-linear int8-outlier":       "8ee3138ecdd00684",
		"llama-linear f32":                "b06cf028bdb60e4",
		"llama-tied-rope3 int8":           "f0e73bd4c9740f4f",
		"llama-tied-rope3 int8-outlier":   "46f27b63e8d4fb82",
		"llama-tied-rope3 f32":            "aa9877bca307f402",
	}
	for _, name := range references(t) {
		for _, p := range []Precision{Int8, Int8Outlier, F32} {
			m := reference(t, name, p)
			sequence := []int32{m.Start()}
			for i := range 100 {
				sequence = append(sequence, int32(i*i*7%m.Symbols()))
			}
			h := fnv.New64a()
			for _, x := range step(m, Carry, sequence) {
				fmt.Fprintf(h, "%08x", math.Float32bits(x))
			}
			key := name + " " + p.String()
			if got := fmt.Sprintf("%x", h.Sum64()); got != want[key] {
				t.Errorf("%s: logits hash to %s, want %q: the numerics changed, or this machine computes otherwise", key, got, want[key])
			}
		}
	}
}
