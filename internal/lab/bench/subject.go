package bench

import (
	"math"

	"lmz"
	"lmz/internal/lm"
	"lmz/internal/model"
)

// subject is the model that is measured.
type subject struct {
	name    string
	config  model.Config
	symbols int        // V of them are computed
	model   *lmz.Model // nil: a shape, whose weights are drawn when they are needed
}

// Model says what a model is.
type Model struct {
	Name         string `json:"name"`
	Random       bool   `json:"random"` // its weights
	Parameters   int64  `json:"parameters"`
	NonEmbedding int64  `json:"nonEmbedding"` // parameters without embeddings
	Layers       int    `json:"layers"`
	Hidden       int    `json:"hidden"`
	Heads        int    `json:"heads"`
	FeedForward  int    `json:"feedForward"`
	Symbols      int    `json:"symbols"`
	Window       int    `json:"window"`
}

// openSubject finds the model that o names.
func openSubject(o Options) (*subject, error) {
	if o.Shape != "" {
		c, symbols, err := shape(o.Shape)
		return &subject{name: o.Shape, config: c, symbols: symbols}, err
	}
	open, openPublic := lm.Default, lmz.DefaultModel
	if o.Model != "" {
		open = func() (*lm.Model, error) { return lm.Open(o.Model, lm.Int8) }
		openPublic = func() (*lmz.Model, error) { return lmz.OpenModel(o.Model, lmz.Int8) }
	}
	inner, err := open()
	if err != nil {
		return nil, err
	}
	m, err := openPublic()
	return &subject{inner.Name(), inner.Config(), inner.Tokenizer().Symbols(), m}, err
}

func (s *subject) describe() Model {
	c := s.config
	total, nonEmbedding := c.Parameters()
	return Model{s.name, s.model == nil, total, nonEmbedding, c.Layers, c.Hidden, c.Heads, c.FeedForward, s.symbols, c.Window}
}

// linears are the products of a model by their shape, after one that all reports have.
func (s *subject) linears() []Product {
	d, f := s.config.Hidden, s.config.FeedForward
	list := []Product{{Name: "reference", Inputs: 1024, Outputs: 1024}}
	for _, p := range []Product{
		{Name: "query_key_value", Inputs: d, Outputs: 3 * d},
		{Name: "attention.dense", Inputs: d, Outputs: d},
		{Name: "mlp.h_to_4h", Inputs: d, Outputs: f},
		{Name: "mlp.4h_to_h", Inputs: f, Outputs: d},
		{Name: "embed_out", Inputs: d, Outputs: s.symbols},
	} {
		known := false
		for i := range list {
			if list[i].Inputs == p.Inputs && list[i].Outputs == p.Outputs {
				list[i].Name += ", " + p.Name
				known = true
			}
		}
		if !known {
			list = append(list, p)
		}
	}
	return list
}

// multiplyAdds counts those of a symbol. Its weights are used once each, embed_in's apart, which is looked up:
// L (D 3D + D D + 2 D F) + D V. Attention multiplies a query with the keys, and softmax's weights with the values,
// of the context so far, D wide in each layer: 2 D L context. Nothing else is counted.
func multiplyAdds(c model.Config, symbols int, context float64) float64 {
	d, l, f := float64(c.Hidden), float64(c.Layers), float64(c.FeedForward)
	return l*(4*d*d+2*d*f) + d*float64(symbols) + 2*d*l*context
}

// meanContext is the mean number of positions that a symbol is predicted from, its own row's included, in segments
// of these lengths: it grows from 1 to the window and then, the context being begun anew with start-of-text, from 2.
func meanContext(lengths []int, window int) float64 {
	var sum, count float64
	for _, n := range lengths {
		count += float64(n)
		sum += rising(1, min(n, window))
		n -= min(n, window)
		sum += float64(n/(window-1)) * rising(2, window-1)
		sum += rising(2, n%(window-1))
	}
	return sum / max(count, 1)
}

// rising is from + (from+1) + ..., n terms.
func rising(from, n int) float64 { return float64(n) * (float64(from) + float64(n-1)/2) }

// affordable is about how many symbols are coded and decoded in 20 seconds, at a quarter of the peak.
func (s *subject) affordable(peak float64) int {
	each := multiplyAdds(s.config, s.symbols, float64(s.config.Window)/2)
	return int(math.Max(1024, 10*0.25*peak/each))
}

// memoryPerLane is what a full window takes.
func (s *subject) memoryPerLane() int64 { return (&model.Model{Config: s.config}).MemoryPerLane() }
