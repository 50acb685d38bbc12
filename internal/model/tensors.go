package model

import "strconv"

// TensorShape is the name and shape of one tensor of a checkpoint.
type TensorShape struct {
	Name  string
	Shape []int // of a matrix: outputs, inputs

	// InputsFirst says that a checkpoint in floats holds the matrix transposed, (inputs, outputs): GPT-2's Conv1D.
	InputsFirst bool

	Integers bool // I32: keys, not weights
}

// names are those of an architecture's tensors, without ".weight" and ".bias".
type names struct {
	embed, positions string // (V, D); (W, D), "" for none
	layer            string // what the names of layer n begin with, before its number
	norm1            string
	qkv              []string // one matrix, or one each for queries, keys and values
	out              string
	norm2            string
	up               []string // one matrix, or one for the gate and one for what it gates
	down             string
	norm, unembed    string
	qkvByHead        bool // one matrix of queries, keys and values: K rows of each, head after head; else all queries first
	inputsFirst      bool
}

// ofLayer is the full name of a tensor of layer l.
func (n *names) ofLayer(l int, name string) string { return n.layer + strconv.Itoa(l) + "." + name }

// Tensors lists what a checkpoint of this configuration holds, in the order of the computation.
func (c Config) Tensors() []TensorShape {
	a := architectures[c.Architecture]
	n, d, f, k := &a.names, c.Hidden, c.FeedForward, c.HeadWidth
	var list []TensorShape
	norm := func(name string) {
		list = append(list, TensorShape{Name: name + ".weight", Shape: []int{d}})
		if !a.rms {
			list = append(list, TensorShape{Name: name + ".bias", Shape: []int{d}})
		}
	}
	linear := func(name string, outputs, inputs int, bias bool) {
		list = append(list, TensorShape{Name: name + ".weight", Shape: []int{outputs, inputs}, InputsFirst: n.inputsFirst})
		if bias {
			list = append(list, TensorShape{Name: name + ".bias", Shape: []int{outputs}})
		}
	}
	list = append(list, TensorShape{Name: n.embed, Shape: []int{c.Vocab, d}})
	if n.positions != "" {
		list = append(list, TensorShape{Name: n.positions, Shape: []int{c.Window, d}})
	}
	if c.NGrams > 0 {
		list = append(list, TensorShape{Name: NGramKeys, Shape: []int{c.NGrams, c.NGramLength}, Integers: true},
			TensorShape{Name: NGramWeight, Shape: []int{c.NGrams, d}})
	}
	for l := range c.Layers {
		norm(n.ofLayer(l, n.norm1))
		if len(n.qkv) == 1 {
			linear(n.ofLayer(l, n.qkv[0]), c.projections(), d, c.AttentionBias)
		} else {
			linear(n.ofLayer(l, n.qkv[0]), c.Heads*k, d, c.AttentionBias)
			linear(n.ofLayer(l, n.qkv[1]), c.KVHeads*k, d, c.AttentionBias)
			linear(n.ofLayer(l, n.qkv[2]), c.KVHeads*k, d, c.AttentionBias)
		}
		linear(n.ofLayer(l, n.out), d, c.Heads*k, c.AttentionBias)
		norm(n.ofLayer(l, n.norm2))
		for _, name := range n.up {
			linear(n.ofLayer(l, name), f, d, c.MLPBias)
		}
		linear(n.ofLayer(l, n.down), d, f, c.MLPBias)
	}
	norm(n.norm)
	if !c.Tied {
		list = append(list, TensorShape{Name: n.unembed, Shape: []int{c.Vocab, d}})
	}
	return list
}
