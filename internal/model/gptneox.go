package model

import (
	"encoding/json"
	"fmt"
)

// gptNeoX is the architecture of Black et al. 2022 (arXiv 2204.06745), that of Pythia and of the models that lmz
// trains: LayerNorm, rotary positions on part of each head, attention and MLP side by side, GELU.
var gptNeoX = architecture{
	config:     gptNeoXConfig,
	activation: gelu,
	names: names{
		embed: "gpt_neox.embed_in.weight",
		layer: "gpt_neox.layers.",
		norm1: "input_layernorm",
		qkv:   []string{"attention.query_key_value"},
		out:   "attention.dense",
		norm2: "post_attention_layernorm",
		up:    []string{"mlp.dense_h_to_4h"},
		down:  "mlp.dense_4h_to_h",
		norm:  "gpt_neox.final_layer_norm", unembed: "embed_out.weight",
		qkvByHead: true,
	},
}

// gptNeoXWithNGrams is the model_type of a GPT-NeoX model with a table of n-grams. It is a name of our own: programs that
// know nothing of the table would take the model for another under that of GPT-NeoX.
const gptNeoXWithNGrams = "lmz_gpt_neox"

// gptNeoXConfig reads the settings of transformers' GPTNeoXConfig. New versions keep those of rotary positions in
// rope_parameters.
func gptNeoXConfig(s *settings) Config {
	want(s, "hidden_act", "gelu")
	c := Config{
		Layers: s.int("num_hidden_layers", 44), Hidden: s.int("hidden_size", 6144), Heads: s.int("num_attention_heads", 64),
		FeedForward: s.int("intermediate_size", 24576), Vocab: s.int("vocab_size", 50432),
		Window: s.int("max_position_embeddings", 2048), NormEps: float32(s.float("layer_norm_eps", 1e-5)),
		Parallel: s.bool("use_parallel_residual", true), Tied: s.bool("tie_word_embeddings", false),
		RotaryBase: s.either("rotary_emb_base", "rope_theta", 10000), Start: s.int("bos_token_id", 0),
	}.AsGPTNeoX()
	c.AttentionBias = s.bool("attention_bias", true)
	if c.HeadWidth == 0 {
		s.refuse("num_attention_heads", c.Heads, fmt.Sprintf("a divisor of hidden_size %d", c.Hidden))
	}
	part := s.either("rotary_pct", "partial_rotary_factor", 0.25)
	rope := s.rope(&c)
	part = rope.float("partial_rotary_factor", part)
	s.within(rope)
	if part >= 0 && part <= 1 {
		c.RotaryWidth = int(float64(c.HeadWidth) * part)
	} else {
		s.refuse("rotary_pct", part, "0 to 1")
	}
	return c
}

// AsGPTNeoX is the configuration c, in which sizes are given, with what follows from them in a GPT-NeoX model: the width
// of heads, keys and values for each of them, biases.
func (c Config) AsGPTNeoX() Config {
	c.Architecture, c.KVHeads = GPTNeoX, c.Heads
	if c.Heads > 0 && c.Hidden%c.Heads == 0 {
		c.HeadWidth = c.Hidden / c.Heads
	}
	c.AttentionBias, c.MLPBias = true, true
	return c
}

// JSON is the configuration of a GPT-NeoX model as a config.json that transformers loads as GPTNeoXForCausalLM, or refuses
// if the model has n-grams.
func (c Config) JSON() []byte {
	if c.Architecture != GPTNeoX {
		panic(fmt.Sprintf("model: JSON of a %s model, want %s", c.Architecture, GPTNeoX))
	}
	class, modelType := "GPTNeoXForCausalLM", string(GPTNeoX)
	if c.NGrams > 0 {
		class, modelType = "LmzGPTNeoXForCausalLM", gptNeoXWithNGrams
	}
	bits := 8
	if c.Wide {
		bits = 12
	}
	b, err := json.MarshalIndent(struct {
		Architectures    []string `json:"architectures"`
		ModelType        string   `json:"model_type"`
		HiddenAct        string   `json:"hidden_act"`
		HiddenSize       int      `json:"hidden_size"`
		IntermediateSize int      `json:"intermediate_size"`
		Layers           int      `json:"num_hidden_layers"`
		Heads            int      `json:"num_attention_heads"`
		VocabSize        int      `json:"vocab_size"`
		Positions        int      `json:"max_position_embeddings"`
		RotaryPct        float64  `json:"rotary_pct"`
		RotaryBase       float64  `json:"rotary_emb_base"`
		NormEps          float64  `json:"layer_norm_eps"`
		Parallel         bool     `json:"use_parallel_residual"`
		Bias             bool     `json:"attention_bias"`
		Tied             bool     `json:"tie_word_embeddings"`
		Start            int      `json:"bos_token_id"`
		End              int      `json:"eos_token_id"`
		DType            string   `json:"torch_dtype"`
		InitializerRange float64  `json:"initializer_range"`
		ActivationBits   int      `json:"lmz_activation_bits"`
		NGrams           int      `json:"lmz_ngram_rows,omitempty"`
		NGramLength      int      `json:"lmz_ngram_length,omitempty"`
	}{
		[]string{class}, modelType, "gelu",
		c.Hidden, c.FeedForward, c.Layers, c.Heads, c.Vocab, c.Window,
		float64(c.RotaryWidth) / float64(c.HeadWidth), c.RotaryBase, roundDecimal(c.NormEps),
		c.Parallel, c.AttentionBias, c.Tied, c.Start, c.Start, "float32", 0.02, bits, c.NGrams, c.NGramLength,
	}, "", "  ")
	if err != nil {
		panic("model: " + err.Error()) // plain numbers and strings always marshal
	}
	return append(b, '\n')
}

// roundDecimal is the shortest decimal that reads back as x, as a float64: 1e-5, not 9.99999974e-06.
func roundDecimal(x float32) float64 {
	var y float64
	if _, err := fmt.Sscan(fmt.Sprint(x), &y); err != nil {
		panic("model: " + err.Error())
	}
	return y
}
