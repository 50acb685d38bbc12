// Package lm is a language model as one thing: a tokenizer, a model and the identity by which files
// name the two.
//
// Start at Default, the model that lmz carries, or Open, one in a directory. Predictor is what the
// codec asks for.
package lm

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"lmz/internal/checkpoint"
	"lmz/internal/codec"
	"lmz/internal/kernels"
	"lmz/internal/model"
	"lmz/internal/tokenizer"
	"lmz/models"
)

// Numerics is the version of docs/numerics.md by which models compute.
const Numerics = kernels.Numerics

// Policy says what becomes of a context that has filled the model's window.
type Policy = model.Policy

// The policies, as in docs/format.md.
const (
	Fresh = model.Fresh
	Carry = model.Carry
)

// Model is a language model. It is immutable and may be shared.
type Model struct {
	name      string
	tokenizer tokenizer.Tokenizer
	model     *model.Model
	identity  [32]byte
}

// Default returns the model that lmz carries.
var Default = sync.OnceValues(func() (*Model, error) {
	dir, err := fs.Sub(models.Files, models.Default)
	if err != nil {
		return nil, fmt.Errorf("lm: %w", err)
	}
	m, err := load(models.Default, dir)
	if err != nil {
		return nil, fmt.Errorf("lm: model %s: %w", models.Default, err)
	}
	return m, nil
})

// Open loads the model in a directory of Hugging Face's layout: config.json, model.safetensors (in
// float32, or quantised as the embedded model) and tokenizer.json.
func Open(path string) (*Model, error) {
	m, err := load(filepath.Base(filepath.Clean(path)), os.DirFS(path))
	if err != nil {
		return nil, fmt.Errorf("lm: model %s: %w", path, err)
	}
	return m, nil
}

// load reads a model from the files of a directory.
func load(name string, dir fs.FS) (*Model, error) {
	w, tok, err := read(dir)
	if err != nil {
		return nil, err
	}
	m, err := model.New(w, tok.Symbols())
	if err != nil {
		return nil, err
	}
	return &Model{name: name, tokenizer: tok, model: m, identity: identity(w, tok)}, nil
}

// identity is SHA-256 over the tokenizer's name and the weights' identity (docs/format.md, "Model identity").
func identity(w *model.Weights, tok tokenizer.Tokenizer) [32]byte {
	id := w.Identity()
	return sha256.Sum256(fmt.Appendf(nil, "lmz model\ntokenizer %s\nweights %x\n", tok.Name(), id))
}

// read reads the parts of a model.
func read(dir fs.FS) (*model.Weights, tokenizer.Tokenizer, error) {
	text, err := readFile(dir, "config.json")
	if err != nil {
		return nil, nil, err
	}
	c, err := model.ParseConfig(text)
	if err != nil {
		return nil, nil, err
	}
	if text, err = readFile(dir, "tokenizer.json"); err != nil {
		return nil, nil, err
	}
	tok, err := tokenizer.Parse(text, c.Vocab)
	if err != nil {
		return nil, nil, err
	}
	data, err := readFile(dir, "model.safetensors")
	if err != nil {
		return nil, nil, err
	}
	f, err := checkpoint.Parse(data)
	if err != nil {
		return nil, nil, err
	}
	w, err := model.NewWeights(c, f)
	return w, tok, err
}

// readFile reads a regular file: others may have no end.
func readFile(dir fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(dir, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", name)
	}
	return fs.ReadFile(dir, name)
}

// Quantise reads the model in the directory from and writes its quantised form, which has the same
// identity and a quarter of the size, to the directory to.
func Quantise(to, from string) error {
	w, _, err := read(os.DirFS(from))
	if err != nil {
		return fmt.Errorf("lm: model %s: %w", from, err)
	}
	if err := os.MkdirAll(to, 0o777); err != nil {
		return fmt.Errorf("lm: %w", err)
	}
	for _, name := range []string{"config.json", "tokenizer.json"} {
		text, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return fmt.Errorf("lm: %w", err)
		}
		if err := checkpoint.WriteFile(filepath.Join(to, name), text); err != nil {
			return fmt.Errorf("lm: %w", err)
		}
	}
	return checkpoint.Write(filepath.Join(to, "model.safetensors"), w.Tensors())
}

// Name is the name of the model's directory.
func (m *Model) Name() string { return m.name }

// ID identifies what the model computes: models of one ID give the same bits.
func (m *Model) ID() [32]byte { return m.identity }

// Tokenizer turns bytes into the model's symbols.
func (m *Model) Tokenizer() tokenizer.Tokenizer { return m.tokenizer }

// Config is the shape of the model.
func (m *Model) Config() model.Config { return m.model.Config }

// MemoryPerLane is the number of bytes that the context of one lane takes at most.
func (m *Model) MemoryPerLane() int64 { return m.model.MemoryPerLane() }

// Predictor is the model as the codec sees it, with a policy for contexts longer than its window.
func (m *Model) Predictor(p Policy) codec.Predictor { return NewPredictor(m.model, p) }

// NewPredictor is a model without a tokenizer as the codec sees it.
func NewPredictor(m *model.Model, p Policy) codec.Predictor { return predictor{m, p} }

type predictor struct {
	model  *model.Model
	policy Policy
}

func (p predictor) Symbols() int { return p.model.Symbols() }
func (p predictor) Start() int32 { return int32(p.model.Config.Start) }
func (p predictor) Window() int {
	if p.policy == Fresh {
		return p.model.Config.Window
	}
	return 0
}

// Lanes is 4 to 16, in fours as kernels like rows. A step of a decoder reads the weights once for all lanes, and what each lane
// remembers: while that stays in the processor's cache, of which a thread has some 6 MiB for it, more lanes than fit
// there lose more than they save. Where not even four fit, as with large windows, 16 share the weights, in up to 1 GiB.
// Both bounds are measured: docs/performance.md.
func (p predictor) Lanes() int {
	size := p.model.MemoryPerLane()
	room := int64(6 << 20)
	if 4*size > 16<<20 {
		room = 1 << 30
	}
	return 4 * int(min(max(room/size/4, 1), 4))
}

func (p predictor) NewSession(lanes int) codec.Session {
	return &session{state: p.model.NewState(lanes, p.policy)}
}

// session passes the codec's rows to a model's State.
type session struct {
	state *model.State
	rows  []model.Row
}

func (s *session) Advance(rows []codec.Row, logits []float32) {
	s.rows = s.rows[:0]
	for _, r := range rows {
		s.rows = append(s.rows, model.Row(r))
	}
	s.state.Advance(s.rows, logits)
}

func (s *session) Reset(lane int) { s.state.Reset(lane) }
