package model

import "fmt"

// TensorShape is the name and shape of one tensor of a checkpoint.
type TensorShape struct {
	Name  string
	Shape []int
}

// Names of the tensors outside the layers, as in Hugging Face's GPTNeoXForCausalLM.
const (
	embedIn   = "gpt_neox.embed_in.weight"
	finalNorm = "gpt_neox.final_layer_norm"
	embedOut  = "embed_out.weight"
)

// layerName is the name of a tensor of layer l.
func layerName(l int, name string) string { return fmt.Sprintf("gpt_neox.layers.%d.%s", l, name) }

// Tensors lists what a checkpoint of this configuration holds, in the order of the computation.
// Linear layers are (outputs, inputs). query_key_value has, head after head, K rows of queries,
// K of keys and K of values.
func (c Config) Tensors() []TensorShape {
	d, f := c.Hidden, c.FeedForward
	var list []TensorShape
	add := func(name string, shape ...int) { list = append(list, TensorShape{name, shape}) }
	add(embedIn, c.Vocab, d)
	for l := range c.Layers {
		add(layerName(l, "input_layernorm.weight"), d)
		add(layerName(l, "input_layernorm.bias"), d)
		add(layerName(l, "attention.query_key_value.weight"), 3*d, d)
		add(layerName(l, "attention.query_key_value.bias"), 3*d)
		add(layerName(l, "attention.dense.weight"), d, d)
		add(layerName(l, "attention.dense.bias"), d)
		add(layerName(l, "post_attention_layernorm.weight"), d)
		add(layerName(l, "post_attention_layernorm.bias"), d)
		add(layerName(l, "mlp.dense_h_to_4h.weight"), f, d)
		add(layerName(l, "mlp.dense_h_to_4h.bias"), f)
		add(layerName(l, "mlp.dense_4h_to_h.weight"), d, f)
		add(layerName(l, "mlp.dense_4h_to_h.bias"), d)
	}
	add(finalNorm+".weight", d)
	add(finalNorm+".bias", d)
	add(embedOut, c.Vocab, d)
	return list
}
