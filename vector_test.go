package lmz_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"lmz"
	"lmz/internal/codec"
	"lmz/internal/cumfreq"
	"lmz/internal/lm"
)

// TestVector: the example that docs/format.md offers to those who write another decoder is true.
func TestVector(t *testing.T) {
	const dir = "testdata/vector"
	if *update {
		if err := lm.Quantise(dir, modelDir(t, 1)); err != nil {
			t.Fatal(err)
		}
	}
	raw := text(21, 300)
	goldenFile(t, filepath.Join(dir, "text"), raw)
	o := lmz.Options{Model: openModel(t, dir)}
	for _, o.Policy = range []lmz.Policy{lmz.Fresh, lmz.Carry} {
		file := compress(t, o, raw)
		goldenFile(t, filepath.Join(dir, o.Policy.String()+".lmz"), file)
		mustDecompress(t, o, file, raw)
	}

	m, err := lm.Open(dir, lm.Int8)
	if err != nil {
		t.Fatal(err)
	}
	p := m.Predictor(lm.Fresh)
	logits := make([]float32, p.Symbols())
	p.NewSession(1, 1).Advance([]codec.Row{{Lane: 0, Symbol: p.Start()}}, logits)
	var table cumfreq.Table
	table.Set(logits)
	list := bytes.NewBufferString("# After start-of-text: symbol, bits of its logit, its interval of 2^28.\n")
	for symbol, l := range logits {
		lo, hi := table.Interval(symbol)
		fmt.Fprintf(list, "%3d %08x %9d %9d\n", symbol, math.Float32bits(l), lo, hi)
	}
	goldenFile(t, filepath.Join(dir, "logits.txt"), list.Bytes())
}

// goldenFile compares bytes with those of a file, which -update rewrites.
func goldenFile(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes, want other %d: go test -update rewrites them", name, len(got), len(want))
	}
}
