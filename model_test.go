package lmz_test

import (
	"bytes"
	"fmt"
	"io"
	"math/bits"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"lmz"
	"lmz/internal/checkpoint"
	"lmz/internal/model"
	"lmz/internal/tokenizer"
)

// Tests use a model of 22,000 weights, drawn from a fixed seed: it codes some hundred kilobytes in a
// second, and its contexts, of 32 positions, fill up often. It knows how frequent letters are and nothing else,
// which is enough for text to shrink. Its sizes are multiples of what the vector kernels take at once.
var tinyConfig = model.Config{
	Layers: 1, Hidden: 32, Heads: 2, FeedForward: 32, Vocab: 257, Window: 32,
	RotaryWidth: 16, RotaryBase: 10000, NormEps: 1e-5, Parallel: true, Start: 256,
}.AsGPTNeoX()

// tiny is the model that most tests use.
var tiny = sync.OnceValue(func() *lmz.Model {
	dir, err := os.MkdirTemp("", "lmz-test-*")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	if err := writeModel(dir, 1); err != nil {
		panic(err)
	}
	m, err := lmz.OpenModel(dir, lmz.Int8)
	if err != nil {
		panic(err)
	}
	return m
})

// modelDir writes a model like tiny, whose seed is 1, and gives its directory.
func modelDir(t testing.TB, seed uint64) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tiny")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := writeModel(dir, seed); err != nil {
		t.Fatal(err)
	}
	return dir
}

// openModel is the model in a directory. It keeps the kernels that are in use now.
func openModel(t testing.TB, dir string) *lmz.Model {
	t.Helper()
	m, err := lmz.OpenModel(dir, lmz.Int8)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// writeModel draws the weights from seed and writes the files of a model.
func writeModel(dir string, seed uint64) error {
	rng := rand.New(rand.NewPCG(seed, 0))
	f := &checkpoint.File{Tensors: make(map[string]checkpoint.Tensor)}
	for _, s := range tinyConfig.Tensors() {
		n := 1
		for _, d := range s.Shape {
			n *= d
		}
		x := make([]float32, n)
		for i := range x {
			x[i] = float32((rng.Float32() - 0.5) * 0.8) // the conversion forbids fusing it with what follows
			if strings.HasSuffix(s.Name, "norm.weight") {
				x[i]++
			}
		}
		// The last norm gives component 0 as 1, whatever the context, and its weights in embed_out
		// are then what the model thinks of each byte beforehand: a logarithm of how often text has it.
		switch s.Name {
		case "gpt_neox.final_layer_norm.weight":
			x[0] = 0
		case "gpt_neox.final_layer_norm.bias":
			x[0] = 1
		case "embed_out.weight":
			for symbol := range 257 {
				count := 0
				if symbol < 256 {
					count = strings.Count(strings.Join(words, " "), string(rune(symbol)))
				}
				x[symbol*tinyConfig.Hidden] = float32(bits.Len(uint(count))) * 0.75
			}
		}
		f.Tensors[s.Name] = checkpoint.Float32(x, s.Shape...)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), tinyConfig.JSON(), 0o666); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "tokenizer.json"), tokenizer.BytesJSON(), 0o666); err != nil {
		return err
	}
	return checkpoint.Write(filepath.Join(dir, "model.safetensors"), f)
}

var words = strings.Fields(`the of and to in a is that it was for on are as with his they at be this from have or by
	one had not but what all were when we there can an your which their said if do will each about how up out them
	then she many some so these would other into has more her two like him see time could no make than first been its
	who now people my made over did down only way find use may water long little very after words called just where most know`)

// text is n bytes of sentences without sense.
func text(seed uint64, n int) []byte {
	rng := rand.New(rand.NewPCG(seed, 3))
	var b []byte
	for len(b) < n {
		for i := range 4 + rng.IntN(12) {
			word := words[rng.IntN(len(words))]
			if i == 0 {
				word = strings.ToUpper(word[:1]) + word[1:]
			} else {
				b = append(b, ' ')
			}
			b = append(b, word...)
		}
		b = append(b, ". "...)
		if rng.IntN(5) == 0 {
			b = append(b[:len(b)-1], '\n')
		}
	}
	return b[:n]
}

// noise is n bytes that no model can predict.
func noise(seed uint64, n int) []byte {
	var key [32]byte
	key[0] = byte(seed)
	b := make([]byte, n)
	rand.NewChaCha8(key).Read(b)
	return b
}

// write gives w raw in pieces of size bytes.
func write(w io.Writer, raw []byte, size int) error {
	for len(raw) > 0 {
		n := min(size, len(raw))
		switch written, err := w.Write(raw[:n]); {
		case err != nil:
			return err
		case written != n:
			return fmt.Errorf("wrote %d bytes of %d without an error", written, n)
		}
		raw = raw[n:]
	}
	return nil
}

// compress makes a member of pieces, with a Flush between them.
func compress(t testing.TB, o lmz.Options, pieces ...[]byte) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := lmz.NewWriter(&file, o)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range pieces {
		if i > 0 {
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		if err := write(w, p, max(1, len(p))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// decompress returns all that a Reader gives, also before an error.
func decompress(o lmz.Options, file []byte) ([]byte, error) {
	r, err := lmz.NewReader(bytes.NewReader(file), o)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// mustDecompress tests that a file is one of raw.
func mustDecompress(t testing.TB, o lmz.Options, file, raw []byte) {
	t.Helper()
	got, err := decompress(o, file)
	if err != nil {
		t.Errorf("%d raw bytes: %v", len(raw), err)
	} else if !bytes.Equal(got, raw) {
		t.Errorf("%d raw bytes: decompressed to %d others", len(raw), len(got))
	}
}

// TestDefaultModel is the only test of the model that the package carries: a short text shrinks, and
// comes back.
func TestDefaultModel(t *testing.T) {
	m, err := lmz.DefaultModel()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := lmz.DefaultModel(); err != nil || again.ID() != m.ID() || again.Name() != m.Name() {
		t.Errorf("a second time: %v, %v", again, err)
	}
	raw := text(1, 2000)
	file := compress(t, lmz.Options{}, raw)
	if len(file) >= len(raw) {
		t.Errorf("%d bytes for %d of text, want fewer", len(file), len(raw))
	}
	mustDecompress(t, lmz.Options{Model: m}, file, raw)
}

func TestOpenModel(t *testing.T) {
	dir := modelDir(t, 1)
	m := openModel(t, dir)
	if m.Name() != "tiny" || m.ID() != tiny().ID() {
		t.Errorf("model %s %v, want tiny %v", m.Name(), m.ID(), tiny().ID())
	}
	if other := openModel(t, modelDir(t, 2)); other.ID() == m.ID() {
		t.Errorf("other weights have the same ID %v", m.ID())
	}
	if got := fmt.Sprint(lmz.ModelID{0x0f, 15: 0xa0}); got != "0f0000000000000000000000000000a0" {
		t.Errorf("ModelID prints as %s", got)
	}
	for _, name := range []string{"config.json", "tokenizer.json", "model.safetensors"} {
		dir := modelDir(t, 1)
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if _, err := lmz.OpenModel(dir, lmz.Int8); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: error %v", name, err)
		}
	}
}
