package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lmz/internal/checkpoint"
)

// FromGGUF reads the configuration of a model of llama.cpp's file format, and gives its tensors
// the names and the order of rows that Config.Tensors has. It knows general.architecture "llama".
// What it does not know of a model is refused by name.
func FromGGUF(g *checkpoint.GGUF) (Config, error) {
	c, err := ggufConfig(g)
	if err != nil {
		return Config{}, fmt.Errorf("model: GGUF: %w", err)
	}
	if err := c.Validate(); err != nil {
		return Config{}, fmt.Errorf("GGUF: %w", err)
	}
	renamed := make(map[string]checkpoint.Tensor, len(g.Tensors))
	for _, name := range g.Names() {
		t := g.Tensors[name]
		heads := 0
		switch {
		case strings.HasSuffix(name, ".attn_q.weight"):
			heads = c.Heads
		case strings.HasSuffix(name, ".attn_k.weight"):
			heads = c.KVHeads
		}
		if heads > 0 {
			if t, err = halves(t, heads, c.HeadWidth); err != nil {
				return Config{}, fmt.Errorf("model: GGUF: tensor %q: %w", name, err)
			}
		}
		renamed[ggufName(name)] = t
	}
	g.Tensors = renamed
	return c, nil
}

// ggufConfig reads the metadata of a Llama model.
func ggufConfig(g *checkpoint.GGUF) (c Config, err error) {
	if got := g.Metadata["general.architecture"]; got != "llama" {
		return c, fmt.Errorf("general.architecture is %q, want \"llama\"", got)
	}
	fail := func(e error) {
		if err == nil {
			err = e
		}
	}
	asked := map[string]bool{}
	count := func(name string, absent int) int {
		asked[name] = true
		if _, ok := g.Metadata[name]; !ok {
			return absent
		}
		n, err := g.Int(name)
		if err != nil {
			fail(err)
		}
		return n
	}
	number := func(name string, absent float32) float32 {
		asked[name] = true
		if _, ok := g.Metadata[name]; !ok {
			return absent
		}
		x, err := checkpoint.Value[float32](g, name)
		if err != nil {
			fail(err)
		}
		return x
	}
	_, untied := g.Tensors["output.weight"]
	c = Config{
		Architecture: Llama, Layers: count("llama.block_count", 0), Hidden: count("llama.embedding_length", 0),
		Heads: count("llama.attention.head_count", 0), FeedForward: count("llama.feed_forward_length", 0),
		Window: min(count("llama.context_length", 0), llamaWindow), NormEps: number("llama.attention.layer_norm_rms_epsilon", 0),
		RotaryBase: float64(number("llama.rope.freq_base", 10000)), Tied: !untied,
		Start: count("tokenizer.ggml.bos_token_id", -1), Wide: true,
	}
	c.KVHeads = count("llama.attention.head_count_kv", c.Heads)
	c.HeadWidth = count("llama.attention.key_length", c.Hidden/max(c.Heads, 1))
	if v := count("llama.attention.value_length", c.HeadWidth); v != c.HeadWidth {
		fail(fmt.Errorf("llama.attention.value_length is %d, want %d as that of keys", v, c.HeadWidth))
	}
	c.RotaryWidth = c.HeadWidth
	if v := count("llama.rope.dimension_count", c.HeadWidth); v != c.HeadWidth { // halves reorders whole heads
		fail(fmt.Errorf("llama.rope.dimension_count is %d, want %d as the width of a head", v, c.HeadWidth))
	}
	if embedding, ok := g.Tensors["token_embd.weight"]; ok && len(embedding.Shape) == 2 {
		c.Vocab = embedding.Shape[0]
	}
	if v := count("llama.vocab_size", c.Vocab); v != c.Vocab {
		fail(fmt.Errorf("llama.vocab_size is %d, but token_embd.weight has %d rows", v, c.Vocab))
	}
	for _, name := range slices.Sorted(maps.Keys(g.Metadata)) {
		if strings.HasPrefix(name, "llama.") && !asked[name] {
			fail(fmt.Errorf("%s is a setting that is not known here, and might change what the model computes", name))
		}
	}
	return c, err
}

// ggufNames are the parts of names of tensors that GGUF calls otherwise than Hugging Face does.
var ggufNames = map[string]string{
	"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head",
	"attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
	"attn_output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm",
	"ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}

// ggufName is Hugging Face's name of a tensor, blk.3.attn_q.weight being model.layers.3.self_attn.q_proj.weight. A name that we do not
// know stays, for NewWeights to refuse.
func ggufName(name string) string {
	parts := strings.Split(name, ".")
	if len(parts) == 4 && parts[0] == "blk" && ggufNames[parts[2]] != "" {
		return fmt.Sprintf("model.layers.%s.%s.%s", parts[1], ggufNames[parts[2]], parts[3])
	}
	if len(parts) == 2 && ggufNames[parts[0]] != "" {
		return ggufNames[parts[0]] + "." + parts[1]
	}
	return name
}

// halves reorders the rows of a projection to queries or keys: GGUF has the two components that are rotated together beside
// one another, Hugging Face half a head apart.
func halves(t checkpoint.Tensor, heads, width int) (checkpoint.Tensor, error) {
	if len(t.Shape) != 2 || t.Shape[0] != heads*width || width%2 != 0 {
		return t, fmt.Errorf("shape %v, want %d heads of an even width %d", t.Shape, heads, width)
	}
	size := len(t.Data) / t.Shape[0] // bytes a row
	data := make([]byte, 0, len(t.Data))
	for h := range heads {
		for half := range 2 {
			for i := range width / 2 {
				row := h*width + 2*i + half
				data = append(data, t.Data[row*size:(row+1)*size]...)
			}
		}
	}
	t.Data = data
	return t, nil
}
