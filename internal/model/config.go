package model

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Config is the shape of a GPT-NeoX model (Black et al. 2022, arXiv 2204.06745), the
// architecture of Pythia. Letters are those of docs/glossary.md.
type Config struct {
	Layers      int     // L
	Hidden      int     // D
	Heads       int     // H; the head width K is D/H
	FeedForward int     // F
	Vocab       int     // V, start-of-text included
	Window      int     // the longest context in positions
	RotaryWidth int     // how many of a head's K components are rotated, even
	RotaryBase  float64 // the longest wavelength is 2 pi times this
	NormEps     float32 // added to the variance in LayerNorm
	Parallel    bool    // attention and MLP read the same residual and are added together
	Start       int     // the id of start-of-text
}

// HeadWidth is K = D/H.
func (c Config) HeadWidth() int { return c.Hidden / c.Heads }

// Validate says what is wrong with a configuration, nil if nothing is.
func (c Config) Validate() error {
	bad := func(name string, got any, want string) error {
		return fmt.Errorf("model: %s is %v, want %s", name, got, want)
	}
	switch {
	case c.Layers < 1 || c.Layers > 1<<10:
		return bad("num_hidden_layers", c.Layers, "1 to 1024")
	case c.Hidden < 1 || c.Hidden > 1<<16:
		return bad("hidden_size", c.Hidden, "1 to 65536")
	case c.Heads < 1 || c.Hidden%c.Heads != 0:
		return bad("num_attention_heads", c.Heads, fmt.Sprintf("a divisor of hidden_size %d", c.Hidden))
	case c.FeedForward < 1 || c.FeedForward > 1<<17:
		return bad("intermediate_size", c.FeedForward, "1 to 131072")
	case c.Vocab < 2 || c.Vocab > 1<<20:
		return bad("vocab_size", c.Vocab, "2 to 1048576")
	case c.Window < 2 || c.Window > 1<<20:
		return bad("max_position_embeddings", c.Window, "2 to 1048576")
	case c.RotaryWidth < 0 || c.RotaryWidth%2 != 0 || c.RotaryWidth > c.HeadWidth():
		return bad("rotary_pct", fmt.Sprintf("%d of %d components", c.RotaryWidth, c.HeadWidth()), "an even number of components")
	case int64(c.Window)*int64(c.RotaryWidth) > 1<<24:
		return bad("max_position_embeddings", c.Window, fmt.Sprintf("at most 2^24 / %d, the rotary width", c.RotaryWidth))
	case !(c.RotaryBase > 1 && c.RotaryBase <= 1e12):
		return bad("rotary_emb_base", c.RotaryBase, "more than 1 and at most 1e12")
	case !(c.NormEps > 0 && c.NormEps < 1):
		return bad("layer_norm_eps", c.NormEps, "between 0 and 1")
	case c.Start < 0 || c.Start >= c.Vocab:
		return bad("bos_token_id", c.Start, fmt.Sprintf("0 to %d", c.Vocab-1))
	}
	return nil
}

// Parameters counts the weights: all of them, and those outside the input and output embeddings,
// the N of the scaling-law papers.
func (c Config) Parameters() (total, nonEmbedding int64) {
	for _, t := range c.Tensors() {
		n := int64(1)
		for _, d := range t.Shape {
			n *= int64(d)
		}
		total += n
		if t.Name != embedIn && t.Name != embedOut {
			nonEmbedding += n
		}
	}
	return total, nonEmbedding
}

// hfConfig is config.json as Hugging Face's GPTNeoXConfig writes it.
type hfConfig struct {
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
	Bias             *bool    `json:"attention_bias,omitempty"`
	Tied             bool     `json:"tie_word_embeddings"`
	RopeScaling      any      `json:"rope_scaling,omitempty"`
	Start            int      `json:"bos_token_id"`
	End              int      `json:"eos_token_id"`
	DType            string   `json:"torch_dtype,omitempty"`
	InitializerRange float64  `json:"initializer_range,omitempty"`
}

// ParseConfig reads the text of a config.json. Settings that this package does not compute are
// refused by name.
func ParseConfig(text []byte) (Config, error) {
	h := hfConfig{RotaryPct: 0.25, RotaryBase: 10000, NormEps: 1e-5, HiddenAct: "gelu", Parallel: true}
	if err := json.Unmarshal(text, &h); err != nil {
		return Config{}, fmt.Errorf("model: config.json: %w", err)
	}
	refuse := func(name string, got any, want string) (Config, error) {
		return Config{}, fmt.Errorf("model: config.json: %s is %v, want %s", name, got, want)
	}
	switch {
	case h.ModelType != "gpt_neox":
		return refuse("model_type", fmt.Sprintf("%q", h.ModelType), `"gpt_neox"`)
	case h.HiddenAct != "gelu":
		return refuse("hidden_act", fmt.Sprintf("%q", h.HiddenAct), `"gelu"`)
	case h.Tied:
		return refuse("tie_word_embeddings", true, "false")
	case h.Bias != nil && !*h.Bias:
		return refuse("attention_bias", false, "true")
	case h.RopeScaling != nil:
		return refuse("rope_scaling", h.RopeScaling, "none")
	case h.Heads < 1:
		return refuse("num_attention_heads", h.Heads, "at least 1")
	}
	c := Config{
		Layers: h.Layers, Hidden: h.HiddenSize, Heads: h.Heads, FeedForward: h.IntermediateSize,
		Vocab: h.VocabSize, Window: h.Positions,
		RotaryWidth: int(float64(h.HiddenSize/h.Heads) * h.RotaryPct), RotaryBase: h.RotaryBase,
		NormEps: float32(h.NormEps), Parallel: h.Parallel, Start: h.Start,
	}
	return c, c.Validate()
}

// ReadConfig reads config.json in the directory dir.
func ReadConfig(dir string) (Config, error) {
	text, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		return Config{}, err
	}
	return ParseConfig(text)
}

// JSON is the configuration as a config.json that transformers loads as GPTNeoXForCausalLM.
func (c Config) JSON() []byte {
	bias := true
	b, err := json.MarshalIndent(hfConfig{
		Architectures: []string{"GPTNeoXForCausalLM"}, ModelType: "gpt_neox", HiddenAct: "gelu",
		HiddenSize: c.Hidden, IntermediateSize: c.FeedForward, Layers: c.Layers, Heads: c.Heads,
		VocabSize: c.Vocab, Positions: c.Window,
		RotaryPct: float64(c.RotaryWidth) / float64(c.HeadWidth()), RotaryBase: c.RotaryBase,
		NormEps: roundDecimal(c.NormEps), Parallel: c.Parallel, Bias: &bias,
		Start: c.Start, End: c.Start, DType: "float32", InitializerRange: 0.02,
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
