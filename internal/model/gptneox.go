// Package model evaluates GPT-NeoX language models (Black et al. 2022, arXiv 2204.06745; the
// architecture of Pythia) with int8 weights and exact integer products, so that the same tokens
// give the same logits to the last bit on every machine (docs/numerics.md).
//
// Start at New, which makes a Model from Weights, and Model.NewState, which holds the contexts of
// several lanes; State.Advance is the forward pass. Config and Weights come from a checkpoint.
//
// The package does not find models or read text: see lm and tokenizer.
//
// What State.Advance computes for a row depends on the symbols of that row's lane and nothing else:
// batch = step = any number of lanes.
package model

import (
	"fmt"
	"slices"

	"lmz/internal/kernels"
)

// Model is a GPT-NeoX model ready to be evaluated. It is immutable and may be shared.
type Model struct {
	Config
	symbols  int       // how many of the V outputs are computed
	embed    []int8    // (V, D)
	scale    []float32 // (V)
	layers   []layer
	norm     norm
	unembed  linear    // D to symbols, no bias
	cos, sin []float32 // (Window, RotaryWidth/2)
}

// layer is one block: attention and MLP.
type layer struct {
	norm1, norm2       norm
	qkv, out, up, down linear
}

type norm struct{ gain, bias []float32 }

// linear is y = x W^T + bias.
type linear struct {
	weight *kernels.Matrix
	bias   []float32 // nil for none
}

// New prepares weights for evaluation. Only the first symbols outputs are computed: the rest of the
// vocabulary, start-of-text for one, is never coded.
func New(w *Weights, symbols int) (*Model, error) {
	c := w.Config
	if symbols < 1 || symbols > c.Vocab {
		return nil, fmt.Errorf("model: %d symbols, want 1 to the vocabulary of %d", symbols, c.Vocab)
	}
	m := &Model{Config: c, symbols: symbols}
	m.embed, m.scale = w.matrix(embedIn)
	m.embed = slices.Clone(m.embed) // the rest of a checkpoint's memory is not to be kept for it
	linearOf := func(l int, name string) linear {
		q, scale := w.matrix(layerName(l, name+".weight"))
		rows := len(scale)
		return linear{kernels.NewMatrix(q, scale, rows, len(q)/rows), w.vector(layerName(l, name+".bias"))}
	}
	normOf := func(name string) norm { return norm{w.vector(name + ".weight"), w.vector(name + ".bias")} }
	for l := range c.Layers {
		m.layers = append(m.layers, layer{
			norm1: normOf(layerName(l, "input_layernorm")),
			qkv:   linearOf(l, "attention.query_key_value"),
			out:   linearOf(l, "attention.dense"),
			norm2: normOf(layerName(l, "post_attention_layernorm")),
			up:    linearOf(l, "mlp.dense_h_to_4h"),
			down:  linearOf(l, "mlp.dense_4h_to_h"),
		})
	}
	m.norm = normOf(finalNorm)
	q, scale := w.matrix(embedOut)
	m.unembed = linear{weight: kernels.NewMatrix(q[:symbols*c.Hidden], scale[:symbols], symbols, c.Hidden)}
	half := c.RotaryWidth / 2
	m.cos, m.sin = make([]float32, c.Window*half), make([]float32, c.Window*half)
	kernels.RotaryTable(m.cos, m.sin, c.Window, c.RotaryWidth, c.RotaryBase)
	return m, nil
}

// matrix returns an int8 matrix and its row scales; the tensors were checked by NewWeights.
func (w *Weights) matrix(name string) (q []int8, scale []float32) {
	q, err := w.tensors[name].Int8s()
	if err != nil {
		panic("model: " + name + ": " + err.Error())
	}
	return q, w.vector(name + scaleSuffix)
}

func (w *Weights) vector(name string) []float32 {
	x, err := w.tensors[name].Float32s()
	if err != nil {
		panic("model: " + name + ": " + err.Error())
	}
	return x
}

// Symbols is the number of outputs, and the width of a row of logits.
func (m *Model) Symbols() int { return m.symbols }
