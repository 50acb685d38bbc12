package model

// llama is the architecture of Touvron et al. 2023 (arXiv 2302.13971), of Llama 1 to 3 and SmolLM2: RMSNorm, rotary
// positions, keys and values shared by groups of heads, SwiGLU.
var llama = architecture{
	config:     llamaConfig,
	rms:        true,
	activation: swiGLU,
	names: names{
		embed: "model.embed_tokens.weight",
		layer: "model.layers.",
		norm1: "input_layernorm",
		qkv:   []string{"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"},
		out:   "self_attn.o_proj",
		norm2: "post_attention_layernorm",
		up:    []string{"mlp.gate_proj", "mlp.up_proj"},
		down:  "mlp.down_proj",
		norm:  "model.norm", unembed: "lm_head.weight",
	},
}

// llamaWindow bounds the window: Llama 3 can look back at 131,072 positions, but no segment of lmz has more bytes than
// 65,536, which are some 16,384 tokens of text. A table of rotary angles for more would take seconds to compute.
const llamaWindow = 1 << 14

// llamaConfig reads the settings of transformers' LlamaConfig.
func llamaConfig(s *settings) Config {
	want(s, "hidden_act", "silu")
	want(s, "rope_interleaved", false)
	hidden, heads := s.int("hidden_size", 4096), s.int("num_attention_heads", 32)
	c := Config{
		Layers: s.int("num_hidden_layers", 32), Hidden: hidden, Heads: heads, KVHeads: s.int("num_key_value_heads", heads),
		FeedForward: s.int("intermediate_size", 11008), Vocab: s.int("vocab_size", 32000),
		Window:  min(s.int("max_position_embeddings", 2048), llamaWindow),
		NormEps: float32(s.float("rms_norm_eps", 1e-6)), Tied: s.bool("tie_word_embeddings", false),
		AttentionBias: s.bool("attention_bias", false), MLPBias: s.bool("mlp_bias", false), Start: s.int("bos_token_id", 1),
	}
	c.HeadWidth = s.int("head_dim", hidden/max(heads, 1))
	c.RotaryWidth = c.HeadWidth
	c.RotaryBase = s.float("rope_theta", 10000)
	rope := s.rope(&c)
	want(rope, "partial_rotary_factor", 1.0)
	s.within(rope)
	return c
}
