package lmz

import (
	"fmt"

	"lmz/internal/container"
	"lmz/internal/lm"
)

// Model is a language model. It is immutable: any number of Writers and Readers may share one.
type Model struct{ lm *lm.Model }

// DefaultModel returns the model that the package carries, in Int8. It is loaded once.
func DefaultModel() (*Model, error) {
	m, err := lm.Default()
	if err != nil {
		return nil, err
	}
	return ModelOf(m), nil
}

// OpenModel loads a model: that which the package carries if name is "", or one which a directory of Hugging Face's layout
// holds (config.json, tokenizer.json, the weights), as lmz train writes it, or a GGUF file, or which Hugging Face's cache holds
// as ORG/NAME, ORG/NAME@REVISION or either with :FILE.gguf at its end. It loads nothing from the net: lmz models pull does.
func OpenModel(name string, p Precision) (*Model, error) {
	m, err := lm.Open(name, p)
	if err != nil {
		return nil, err
	}
	return ModelOf(m), nil
}

// ModelOf is a model that has been opened already, as the laboratory has it.
func ModelOf(m *lm.Model) *Model { return &Model{m} }

// Parameters counts the model's weights.
func (m *Model) Parameters() int64 {
	total, _ := m.lm.Config().Parameters()
	return total
}

// Name is that of the model's directory or file, or the reference to the hub. Files name models by ID.
func (m *Model) Name() string { return m.lm.Name() }

// Precision says how weights and activations of a model are kept: Int8, the fast one, Int8Outlier or F32. It is part of the model's
// identity: what one precision compressed no other decompresses.
type Precision = lm.Precision

const (
	Int8        = lm.Int8        // int8 weights and activations, exact integer products
	Int8Outlier = lm.Int8Outlier // large activations apart, as LLM.int8 does
	F32         = lm.F32         // float32 throughout, for measuring: several times slower
)

// ModelID names a model in a file: the first half of a SHA-256 over its tokenizer and its weights.
type ModelID [16]byte

func (id ModelID) String() string { return fmt.Sprintf("%x", id[:]) }

// ID is what files name the model by.
func (m *Model) ID() ModelID {
	id := m.lm.ID()
	return ModelID(id[:16])
}

// Check is nil if a member of this header, which begins at an offset of its file, can be decoded with the model, as a Reader and
// the laboratory do; else an *UnsupportedError, a *ModelError or a *FormatError.
func (m *Model) Check(h container.Header, offset int64) error {
	if h.Numerics != lm.Numerics {
		return &UnsupportedError{Offset: offset + 5, Msg: fmt.Sprintf("numerics version %d, want %d", h.Numerics, lm.Numerics)}
	}
	if need := ModelID(h.Model); need != m.ID() {
		return &ModelError{need, m}
	}
	if h.Mixed && !m.lm.Mixes() {
		return &FormatError{Offset: offset + 6, Msg: "mixed predictions, want none: the symbols of the model are no bytes"}
	}
	return nil
}

// Policy says what becomes of the model's context when it has filled the window. It is Fresh or Carry, and
// kept in the file.
type Policy = container.Policy

const (
	Fresh = container.Fresh // the context begins anew
	Carry = container.Carry // the context's second half is kept: files some 4% smaller, in more than twice the time
)
