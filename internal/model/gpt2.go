package model

import "fmt"

// gpt2 is the architecture of Radford et al. 2019: LayerNorm, learned positions, GELU approximated by tanh, one
// embedding for input and output.
var gpt2 = architecture{
	config:     gpt2Config,
	activation: geluTanh,
	names: names{
		embed: "transformer.wte.weight", positions: "transformer.wpe.weight",
		layer: "transformer.h.",
		norm1: "ln_1",
		qkv:   []string{"attn.c_attn"},
		out:   "attn.c_proj",
		norm2: "ln_2",
		up:    []string{"mlp.c_fc"},
		down:  "mlp.c_proj",
		norm:  "transformer.ln_f", unembed: "lm_head.weight",
		inputsFirst: true,
	},
}

// gpt2Config reads the settings of transformers' GPT2Config.
func gpt2Config(s *settings) Config {
	want(s, "activation_function", "gelu_new", "gelu_pytorch_tanh")
	want(s, "scale_attn_weights", true)
	want(s, "scale_attn_by_inverse_layer_idx", false)
	want(s, "add_cross_attention", false)
	hidden, heads := s.int("n_embd", 768), s.int("n_head", 12)
	c := Config{
		Layers: s.int("n_layer", 12), Hidden: hidden, Heads: heads, KVHeads: heads,
		FeedForward: s.int("n_inner", 4*hidden), Vocab: s.int("vocab_size", 50257),
		Window: s.int("n_positions", 1024), NormEps: float32(s.float("layer_norm_epsilon", 1e-5)),
		Tied:          s.bool("tie_word_embeddings", true),
		AttentionBias: true, MLPBias: true, Start: s.int("bos_token_id", 50256),
	}
	want(s, "n_ctx", c.Window)
	if heads > 0 && hidden%heads == 0 {
		c.HeadWidth = hidden / heads
	} else {
		s.refuse("n_head", heads, fmt.Sprintf("a divisor of n_embd %d", hidden))
	}
	return c
}
