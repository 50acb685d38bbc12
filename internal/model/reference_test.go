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

// referenceDir holds tiny random models, one a directory, and what transformers computes with them; make.py beside them.
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
	if len(names) < 6 {
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
				case relative > 0.04:
					t.Errorf("want at most 0.04 of their size")
				}
			})
		}
	}
}

// TestReferenceGolden holds the bits of the logits of every architecture and precision: any machine and implementation gives
// these hashes.
func TestReferenceGolden(t *testing.T) {
	want := map[string]string{}
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
