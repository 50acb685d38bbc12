// Package lm is a language model as one thing: a tokenizer, a model and the identity by which files
// name the two.
//
// Start at Default, the model that lmz carries, or Open, one in a directory, a GGUF file or Hugging Face's cache.
// Predictor is what the codec asks for.
package lm

import (
	"crypto/sha256"
	"fmt"

	"lmz/internal/kernels"
	"lmz/internal/model"
	"lmz/internal/tokenizer"
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

// Precision says how a model's weights and activations are kept.
type Precision = model.Precision

// The precisions, as in docs/format.md.
const (
	Int8        = model.Int8
	Int8Outlier = model.Int8Outlier
	F32         = model.F32
)

// Model is a language model. It is immutable and may be shared.
type Model struct {
	name      string
	tokenizer tokenizer.Tokenizer
	model     *model.Model
	identity  [32]byte
}

// identity is SHA-256 over the tokenizer's name and the weights' identity (docs/format.md, "Model identity").
func identity(w *model.Weights, tok tokenizer.Tokenizer) [32]byte {
	id := w.Identity()
	return sha256.Sum256(fmt.Appendf(nil, "lmz model\ntokenizer %s\nweights %x\n", tok.Name(), id))
}

// Name is what the model was opened by: that of its directory or file, or the reference to the hub.
func (m *Model) Name() string { return m.name }

// ID identifies what the model computes: models of one ID give the same bits.
func (m *Model) ID() [32]byte { return m.identity }

// Tokenizer turns bytes into the model's symbols.
func (m *Model) Tokenizer() tokenizer.Tokenizer { return m.tokenizer }

// Mixes tells whether lmz mixes the model's predictions with what a file's bytes show (docs/format.md, section 3), which it does if the
// model's symbols are bytes.
func (m *Model) Mixes() bool { return m.tokenizer == tokenizer.Bytes{} }

// Config is the shape of the model.
func (m *Model) Config() model.Config { return m.model.Config }

// Precision is that of the model's weights.
func (m *Model) Precision() Precision { return m.model.Precision() }

// MemoryPerLane is the number of bytes that the context of one lane takes at most.
func (m *Model) MemoryPerLane() int64 { return m.model.MemoryPerLane() }
