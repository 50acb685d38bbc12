package lmz

import (
	"fmt"

	"lmz/internal/container"
	"lmz/internal/lm"
)

// Model is a language model. It is immutable: any number of Writers and Readers may share one.
type Model struct{ lm *lm.Model }

// DefaultModel returns the model that the package carries. It is loaded once.
func DefaultModel() (*Model, error) {
	m, err := lm.Default()
	if err != nil {
		return nil, err
	}
	return &Model{m}, nil
}

// OpenModel loads the model in a directory of Hugging Face's layout, as lmz train writes it:
// config.json, model.safetensors, tokenizer.json.
func OpenModel(dir string) (*Model, error) {
	m, err := lm.Open(dir)
	if err != nil {
		return nil, err
	}
	return &Model{m}, nil
}

// Name is the name of the model's directory. Files name models by ID.
func (m *Model) Name() string { return m.lm.Name() }

// ModelID names a model in a file: the first half of a SHA-256 over its tokenizer and its weights.
type ModelID [16]byte

func (id ModelID) String() string { return fmt.Sprintf("%x", id[:]) }

// ID is what files name the model by.
func (m *Model) ID() ModelID {
	id := m.lm.ID()
	return ModelID(id[:16])
}

// Policy says what becomes of the model's context when it has filled the window. It is Fresh or Carry, and
// kept in the file.
type Policy = container.Policy

const (
	Fresh = container.Fresh // the context begins anew
	Carry = container.Carry // the context's second half is kept: files some 4% smaller, in more than twice the time
)
