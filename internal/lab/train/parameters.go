package train

import (
	"math"
	"math/rand/v2"
	"strings"

	"lmz/internal/model"
)

// parameter is one tensor within the flat vectors of weights, gradients and moments.
type parameter struct {
	name       string
	shape      []int
	begin, end int
}

// matrix says whether the parameter is a matrix: those decay, gains and biases do not.
func (p parameter) matrix() bool { return len(p.shape) == 2 }

// hidden says whether the parameter is a matrix inside a layer, neither of the embeddings.
func (p parameter) hidden() bool { return p.matrix() && strings.Contains(p.name, ".layers.") }

// layout lays the tensors of a configuration, but its table of n-grams, out one after another; size is their number of values.
func layout(c model.Config) (list []parameter, size int) {
	for _, t := range c.Tensors() {
		if t.Name == model.NGramKeys || t.Name == model.NGramWeight {
			continue
		}
		n := 1
		for _, d := range t.Shape {
			n *= d
		}
		list = append(list, parameter{t.Name, t.Shape, size, size + n})
		size += n
	}
	return list, size
}

// layerView names the parts of one layer in a flat vector; linear layers are (outputs, inputs).
type layerView struct {
	norm1Gain, norm1Bias []float32 // (D)
	qkv, qkvBias         []float32 // (3D, D), (3D)
	out, outBias         []float32 // (D, D), (D)
	norm2Gain, norm2Bias []float32 // (D)
	up, upBias           []float32 // (F, D), (F)
	down, downBias       []float32 // (D, F), (D)
}

// view names the parts of a flat vector: of the weights, or of their gradient.
type view struct {
	embed              []float32 // (V, D)
	layers             []layerView
	normGain, normBias []float32 // (D)
	unembed            []float32 // (V, D)
}

// newView follows the order of layout.
func newView(c model.Config, flat []float32) view {
	list, _ := layout(c)
	next := func() []float32 {
		p := list[0]
		list = list[1:]
		return flat[p.begin:p.end:p.end]
	}
	v := view{embed: next()}
	for range c.Layers {
		v.layers = append(v.layers, layerView{
			norm1Gain: next(), norm1Bias: next(), qkv: next(), qkvBias: next(), out: next(), outBias: next(),
			norm2Gain: next(), norm2Bias: next(), up: next(), upBias: next(), down: next(), downBias: next(),
		})
	}
	v.normGain, v.normBias, v.unembed = next(), next(), next()
	return v
}

// initialise draws the weights: normal with deviation 0.02, and 0.02/sqrt(2L) for the two matrices
// that add to the residual (Radford et al. 2019, section 2.3); gains are 1 and biases 0.
func initialise(c model.Config, flat []float32, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 0x1a17)) // its own stream, apart from the data order's
	normal := func(w []float32, deviation float64) {
		for i := range w {
			w[i] = float32(rng.NormFloat64() * deviation)
		}
	}
	ones := func(w []float32) {
		for i := range w {
			w[i] = 1
		}
	}
	const deviation = 0.02
	residual := deviation / math.Sqrt(2*float64(c.Layers))
	v := newView(c, flat)
	normal(v.embed, deviation)
	for _, l := range v.layers {
		ones(l.norm1Gain)
		ones(l.norm2Gain)
		normal(l.qkv, deviation)
		normal(l.out, residual)
		normal(l.up, deviation)
		normal(l.down, residual)
	}
	ones(v.normGain)
	normal(v.unembed, deviation)
}
