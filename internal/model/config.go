package model

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"lmz/internal/kernels"
)

// Config is the shape of a model. Letters are those of docs/glossary.md.
type Config struct {
	Architecture Architecture

	Layers      int // L
	Hidden      int // D
	Heads       int // H, of queries
	KVHeads     int // heads of keys and values, each read by Heads/KVHeads heads of queries (Ainslie et al. 2023, arXiv 2305.13245)
	HeadWidth   int // K
	FeedForward int // F
	Vocab       int // V, start-of-text included
	Window      int // W, the longest context in positions

	RotaryWidth   int     // how many of a head's K components are rotated, even
	RotaryBase    float64 // the longest wavelength is 2 pi times this, before scaling
	RotaryScaling kernels.RotaryScaling

	NormEps       float32 // added to the variance in a norm
	Parallel      bool    // attention and MLP read the same residual and are added together
	Tied          bool    // the output embedding is the input embedding
	AttentionBias bool    // the products round attention have biases
	MLPBias       bool    // the MLP's products have biases
	Start         int     // the id of start-of-text
	Wide          bool    // Int8 has activations of 12 bits, not 8

	NGrams      int // rows of the table of n-grams that are added to the embedding, 0 for no table
	NGramLength int // symbols of its longest n-grams
}

// Architecture names a family of models as model_type in config.json does.
type Architecture string

// The architectures that this package evaluates.
const (
	GPTNeoX Architecture = "gpt_neox" // Black et al. 2022, arXiv 2204.06745: Pythia
	GPT2    Architecture = "gpt2"     // Radford et al. 2019
	Llama   Architecture = "llama"    // Touvron et al. 2023, arXiv 2302.13971: Llama 1 to 3, SmolLM2
)

// architecture is what models of a family have in common.
type architecture struct {
	config     func(*settings) Config
	names      names
	rms        bool // RMSNorm, which has no bias, instead of LayerNorm
	activation activation
}

// activation is the function between the two products of an MLP.
type activation uint8

const (
	gelu     activation = iota
	geluTanh            // GELU by its approximation with tanh
	swiGLU              // SiLU of a first half, times a second: the first product has 2F outputs
)

var architectures = map[Architecture]*architecture{GPTNeoX: &gptNeoX, GPT2: &gpt2, Llama: &llama}

// Architectures names those that ParseConfig reads.
func Architectures() []Architecture { return []Architecture{GPTNeoX, GPT2, Llama} }

// group is how many heads of queries read one head of keys and values.
func (c Config) group() int { return c.Heads / c.KVHeads }

// projections is the number of outputs of the product that makes queries, keys and values: (H + 2 KV) K.
func (c Config) projections() int { return (c.Heads + 2*c.KVHeads) * c.HeadWidth }

// Validate says what is wrong with a configuration, nil if nothing is.
func (c Config) Validate() error {
	bad := func(name string, got any, want string) error {
		return fmt.Errorf("model: %s is %v, want %s", name, got, want)
	}
	switch {
	case architectures[c.Architecture] == nil:
		return bad("the architecture", fmt.Sprintf("%q", c.Architecture), fmt.Sprintf("one of %q", Architectures()))
	case c.Layers < 1 || c.Layers > 1<<10:
		return bad("the number of layers", c.Layers, "1 to 1024")
	case c.Hidden < 1 || c.Hidden > 1<<16:
		return bad("the hidden size", c.Hidden, "1 to 65536")
	case c.Heads < 1 || c.Heads > 1<<12:
		return bad("the number of attention heads", c.Heads, "1 to 4096")
	case c.KVHeads < 1 || c.Heads%c.KVHeads != 0:
		return bad("the number of key and value heads", c.KVHeads, fmt.Sprintf("a divisor of the %d attention heads", c.Heads))
	case c.HeadWidth < 1 || c.HeadWidth > 1<<12:
		return bad("the width of a head", c.HeadWidth, "1 to 4096")
	case c.Heads*c.HeadWidth > 1<<17:
		return bad("the width of all heads", c.Heads*c.HeadWidth, "at most 131072")
	case c.FeedForward < 1 || c.FeedForward > 1<<17:
		return bad("the feed-forward size", c.FeedForward, "1 to 131072")
	case c.Vocab < 2 || c.Vocab > 1<<20:
		return bad("vocab_size", c.Vocab, "2 to 1048576")
	case c.Window < 2 || c.Window > 1<<20:
		return bad("the number of positions", c.Window, "2 to 1048576")
	case c.RotaryWidth < 0 || c.RotaryWidth%2 != 0 || c.RotaryWidth > c.HeadWidth:
		return bad("the rotary width", fmt.Sprintf("%d of %d components", c.RotaryWidth, c.HeadWidth), "an even number of components")
	case int64(c.Window)*int64(c.RotaryWidth) > 1<<24:
		return bad("the number of positions", c.Window, fmt.Sprintf("at most 2^24 / %d, the rotary width", c.RotaryWidth))
	case c.RotaryWidth > 0 && !(c.RotaryBase > 1 && c.RotaryBase <= 1e12):
		return bad("the rotary base", c.RotaryBase, "more than 1 and at most 1e12")
	case !(c.NormEps > 0 && c.NormEps < 1):
		return bad("the epsilon of the norms", c.NormEps, "between 0 and 1")
	case c.Start < 0 || c.Start >= c.Vocab:
		return bad("bos_token_id", c.Start, fmt.Sprintf("0 to %d", c.Vocab-1))
	case c.NGrams < 0 || c.NGrams > 1<<22:
		return bad("the number of n-grams", c.NGrams, "0 to 4194304")
	case c.NGrams == 0 && c.NGramLength != 0:
		return bad("the length of n-grams", c.NGramLength, "0 where there are none")
	case c.NGrams > 0 && (c.NGramLength < 2 || c.NGramLength > maxNGram):
		return bad("the length of n-grams", c.NGramLength, fmt.Sprintf("2 to %d", maxNGram))
	case c.NGrams > 0 && c.Architecture != GPTNeoX:
		return bad("the number of n-grams", c.NGrams, fmt.Sprintf("0 in a %s model", c.Architecture))
	}
	return c.RotaryScaling.Validate()
}

// Parameters counts the weights: all of them, and those outside the embeddings of symbols, positions and n-grams,
// the N of the scaling-law papers.
func (c Config) Parameters() (total, nonEmbedding int64) {
	n := architectures[c.Architecture].names
	for _, t := range c.Tensors() {
		if t.Integers {
			continue
		}
		size := int64(1)
		for _, d := range t.Shape {
			size *= int64(d)
		}
		total += size
		if !slices.Contains([]string{n.embed, n.positions, n.unembed, NGramWeight}, t.Name) {
			nonEmbedding += size
		}
	}
	return total, nonEmbedding
}

// Memory is the number of bytes that the weights take when they are evaluated. The input embedding is there apart from the output's,
// also where they are tied.
func (c Config) Memory(p Precision) (bytes int64) {
	size := func(t TensorShape) int64 {
		switch {
		case len(t.Shape) == 1:
			return 4 * int64(t.Shape[0])
		case p == F32, t.Integers:
			return 4 * int64(t.Shape[0]) * int64(t.Shape[1])
		}
		return int64(t.Shape[0]) * (int64(t.Shape[1]) + 4)
	}
	tensors := c.Tensors()
	for _, t := range tensors {
		bytes += size(t)
	}
	if c.Tied {
		bytes += size(tensors[0])
	}
	return bytes
}

// ParseConfig reads the text of a config.json. Settings that this package does not compute, or does not
// know, are refused by name.
func ParseConfig(text []byte) (Config, error) {
	s, err := newSettings(text)
	if err != nil {
		return Config{}, fmt.Errorf("model: config.json: %w", err)
	}
	name := Architecture(s.string("model_type", ""))
	withNGrams := name == gptNeoXWithNGrams
	if withNGrams {
		name = GPTNeoX
	}
	a := architectures[name]
	if a == nil {
		return Config{}, fmt.Errorf("model: config.json: model_type is %q, want one of %q", name, append(Architectures(), gptNeoXWithNGrams))
	}
	c := a.config(s)
	c.Architecture = name
	c.Wide = s.wide()
	if withNGrams {
		c.NGrams, c.NGramLength = s.ngrams()
	}
	if err := s.finish(); err != nil {
		return Config{}, fmt.Errorf("model: config.json: %w", err)
	}
	if err := c.Validate(); err != nil {
		return Config{}, fmt.Errorf("config.json: %w", err)
	}
	return c, nil
}

// ReadConfig reads config.json in the directory dir.
func ReadConfig(dir string) (Config, error) {
	text, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		return Config{}, err
	}
	return ParseConfig(text)
}
