package lm

import (
	"os"
	"path/filepath"
	"testing"

	"lmz/internal/checkpoint"
	"lmz/internal/codec"
	"lmz/internal/codec/codectest"
	"lmz/internal/model"
)

// TestOathOfArchitectures holds the oath with a model of every architecture, in every precision.
func TestOathOfArchitectures(t *testing.T) {
	root := filepath.Join("..", "model", "testdata", "reference")
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	tested := map[model.Architecture]bool{}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		dir := filepath.Join(root, e.Name())
		c, err := model.ReadConfig(dir)
		if err != nil {
			t.Fatal(err)
		}
		f, err := checkpoint.OpenDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var ids []int32 // all but start-of-text
		for id := range int32(c.Vocab) {
			if int(id) != c.Start {
				ids = append(ids, id)
			}
		}
		for _, precision := range []Precision{Int8, Int8Outlier, F32} {
			w, err := model.NewWeights(c, f, precision)
			if err != nil {
				t.Fatal(err)
			}
			m, err := model.New(w, ids)
			if err != nil {
				t.Fatal(err)
			}
			for _, policy := range []Policy{Fresh, Carry} {
				if err := codectest.TestPredictor(func() codec.Predictor { return NewPredictor(m, policy) }, c.Window+20); err != nil {
					t.Errorf("%s, %v, policy %d: %v", e.Name(), precision, policy, err)
				}
			}
		}
		tested[c.Architecture] = true
	}
	for _, a := range model.Architectures() {
		if !tested[a] {
			t.Errorf("no model of %s in %s", a, root)
		}
	}
}
