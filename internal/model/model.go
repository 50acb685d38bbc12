// Package model evaluates transformers of three architectures, GPT-NeoX, GPT-2 and Llama, so that the same tokens give
// the same logits to the last bit on every machine (docs/numerics.md): with int8 weights and exact integer products, or
// in float32 summed in a written order.
//
// Start at New, which makes a Model from Weights, and Model.NewState, which holds the contexts of
// several lanes; State.Advance is the forward pass. Config and Weights come from a checkpoint. What the architectures
// have in common is in all files, what they differ in is in gptneox.go, gpt2.go and llama.go.
//
// The package does not find models or read text: see lm and tokenizer.
//
// What State.Advance computes for a row depends on the symbols of that row's lane and nothing else:
// batch = step = any number of lanes.
package model

import (
	"fmt"

	"lmz/internal/kernels"
)

// Model is a language model ready to be evaluated. It is immutable and may be shared.
type Model struct {
	Config
	precision Precision
	*architecture
	ids       []int32 // (Symbols + 1) the rows of the vocabulary that symbols stand for; the last is start-of-text
	embed     matrix  // (V, D)
	positions matrix  // (W, D), if the architecture has it
	ngrams    *NGrams // nil for none
	ngramRows matrix  // (NGrams, D)
	layers    []layer
	norm      norm
	unembed   linear    // D to symbols, no bias
	cos, sin  []float32 // (W, RotaryWidth/2)
}

// layer is one block: attention and MLP. qkv has all queries first, then keys, then values.
type layer struct {
	norm1, norm2       norm
	qkv, out, up, down linear
}

// New prepares weights for evaluation. ids says which rows of the vocabulary are coded: symbol i, 0 to len(ids)-1, is row
// ids[i]. Only their logits are computed. Symbol len(ids) is start-of-text, which is not coded.
func New(w *Weights, ids []int32) (*Model, error) {
	c := w.Config
	a := architectures[c.Architecture]
	if len(ids) < 1 || len(ids) > c.Vocab {
		return nil, fmt.Errorf("model: %d symbols, want 1 to the vocabulary of %d", len(ids), c.Vocab)
	}
	for i, id := range ids {
		if id < 0 || int(id) >= c.Vocab {
			return nil, fmt.Errorf("model: symbol %d is row %d of the vocabulary, want 0 to %d", i, id, c.Vocab-1)
		}
	}
	m := &Model{Config: c, precision: w.Precision, architecture: a}
	m.ids = append(append(m.ids, ids...), int32(c.Start))
	n := &a.names
	m.embed, m.positions = w.matrices[n.embed].own(), w.matrices[n.positions].own()
	m.ngrams, m.ngramRows = w.ngrams, w.matrices[NGramWeight].own()
	for l := range c.Layers {
		of := func(name string) string { return n.ofLayer(l, name) }
		var qkv, up rows
		for _, name := range n.qkv {
			qkv = qkv.append(w.rows(of(name)))
		}
		if n.qkvByHead {
			qkv = qkv.choose(kindByKind(c.Heads, c.HeadWidth))
		}
		for _, name := range n.up {
			up = up.append(w.rows(of(name)))
		}
		m.layers = append(m.layers, layer{
			norm1: w.norm(of(n.norm1)), norm2: w.norm(of(n.norm2)),
			qkv: qkv.linear(), out: w.rows(of(n.out)).linear(),
			up: up.linear(), down: w.rows(of(n.down)).linear(),
		})
	}
	m.norm = w.norm(n.norm)
	unembed := n.unembed
	if c.Tied {
		unembed = n.embed
	}
	m.unembed = rows{matrix: w.matrices[unembed]}.choose(ids).linear()
	if half := c.RotaryWidth / 2; half > 0 {
		m.cos, m.sin = make([]float32, c.Window*half), make([]float32, c.Window*half)
		kernels.RotaryTable(m.cos, m.sin, c.Window, c.RotaryWidth, c.RotaryBase, c.RotaryScaling)
	}
	return m, nil
}

// kindByKind lists the rows of a matrix that has, head after head, K rows of queries, of keys and of values, in the order of
// a layer's qkv.
func kindByKind(heads, k int) []int32 {
	var list []int32
	for kind := range 3 {
		for h := range heads {
			for i := range k {
				list = append(list, int32((3*h+kind)*k+i))
			}
		}
	}
	return list
}

// Symbols is the number of outputs, and the width of a row of logits.
func (m *Model) Symbols() int { return len(m.ids) - 1 }

// Start is the symbol that every context begins with.
func (m *Model) Start() int32 { return int32(m.Symbols()) }

// Precision is that of the weights.
func (m *Model) Precision() Precision { return m.precision }
