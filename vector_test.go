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
	"lmz/internal/container"
	"lmz/internal/cumfreq"
	"lmz/internal/lm"
	"lmz/internal/mix"
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
	m, err := lm.Open(dir, lm.Int8)
	if err != nil {
		t.Fatal(err)
	}
	o := lmz.Options{Model: openModel(t, dir)}
	for _, o.Policy = range []lmz.Policy{lmz.Fresh, lmz.Carry} {
		file := unmixed(t, m, o.Policy, raw)
		goldenFile(t, filepath.Join(dir, o.Policy.String()+".lmz"), file)
		mustDecompress(t, o, file, raw)
	}
	o.Policy = lmz.Fresh
	file := compress(t, o, raw)
	goldenFile(t, filepath.Join(dir, "mixed.lmz"), file)
	mustDecompress(t, o, file, raw)
	lines := records(600)
	file = compress(t, o, lines)
	goldenFile(t, filepath.Join(dir, "records.lmz"), file)
	mustDecompress(t, o, file, lines)

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
	goldenFile(t, filepath.Join(dir, "mixed.txt"), decisions(p, raw))
}

// records are lines of a log, of which long matches are made that miss some bytes: what testdata/vector/records.lmz was made of.
func records(lines int) []byte {
	var b []byte
	for i := range lines {
		b = fmt.Appendf(b, "%05d %08x sshd: session opened for user u%d by uid=0\n", i, uint32(i)*2654435761, i%7)
	}
	return b
}

// unmixed is a file of one segment by the model's predictions alone, which a Reader reads and no Writer writes.
func unmixed(t *testing.T, m *lm.Model, policy lmz.Policy, raw []byte) []byte {
	t.Helper()
	payloads, _, err := codec.Encode(t.Context(), m.Predictor(lm.Policy(policy)), [][]int32{m.Tokenizer().Encode(nil, raw)}, codec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	id := m.ID()
	w := container.NewWriter(&file, container.Header{Numerics: lm.Numerics, Policy: policy, Model: [16]byte(id[:16]), RawSize: -1})
	if err := w.WriteCoded(raw, payloads); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// decisions lists what is predicted of each bit of a segment, by the model and mixed: docs/format.md, section 3.
func decisions(p codec.Predictor, raw []byte) []byte {
	list := bytes.NewBufferString("# Of mixed.lmz, each byte, and for each of its bits the log odds by the model and the mixed probability of a one, of 2^20.\n")
	session, mixer := p.NewSession(1, 1), new(mix.Mixer)
	mixer.Reset(len(raw))
	logits := make([]float32, p.Symbols())
	var table cumfreq.Table
	last := p.Start()
	for _, b := range raw {
		session.Advance([]codec.Row{{Lane: 0, Symbol: last}}, logits)
		table.Set(logits)
		last = int32(b)
		fmt.Fprintf(list, "%02x", b)
		begin, size := 0, 256 // of the bytes that begin with the bits so far
		for size > 1 {
			size /= 2
			lo, middle, hi := table.Cumulative(begin), table.Cumulative(begin+size), table.Cumulative(begin+2*size)
			x := mix.LogOdds(middle-lo, hi-middle)
			bit := 0
			if int(b) >= begin+size {
				bit, begin = 1, begin+size
			}
			fmt.Fprintf(list, " %d:%d", x, mixer.Predict(x))
			mixer.Update(bit)
		}
		fmt.Fprintln(list)
	}
	return list.Bytes()
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
