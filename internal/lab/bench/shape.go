package bench

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"

	"lmz/internal/checkpoint"
	"lmz/internal/model"
)

// shapes are models to measure without their weights: our own size, which codes bytes, and two of Pythia's
// (Biderman et al. 2023, arXiv 2304.01373, table 1), which code tokens.
var shapes = map[string]model.Config{
	"byte-3m":     gptNeoX(4, 256, 8, 257, 512, 256),
	"pythia-70m":  wide(gptNeoX(6, 512, 8, 50304, 2048, 0)),
	"pythia-1.4b": wide(gptNeoX(24, 2048, 16, 50304, 2048, 0)),
}

// wide is a configuration with activations of 12 bits, which models have that were not made for lmz.
func wide(c model.Config) model.Config {
	c.Wide = true
	return c
}

// gptNeoX is a configuration as Pythia's: a quarter of each head rotated, F = 4 D.
func gptNeoX(layers, hidden, heads, vocab, window, start int) model.Config {
	return model.Config{
		Layers: layers, Hidden: hidden, Heads: heads, FeedForward: 4 * hidden, Vocab: vocab, Window: window, Start: start,
		RotaryWidth: hidden / heads / 4, RotaryBase: 10000, NormEps: 1e-5, Parallel: true,
	}.AsGPTNeoX()
}

// Shapes names those that Options.Shape may be.
func Shapes() []string { return slices.Sorted(maps.Keys(shapes)) }

// KnownShape is nil for a name of Shapes, else an error that says what they are.
func KnownShape(name string) error {
	_, _, err := shape(name)
	return err
}

// shape is the configuration of a name, and how many of its vocabulary are coded: a start-of-text at the end is not.
func shape(name string) (c model.Config, symbols int, err error) {
	c, ok := shapes[name]
	if !ok {
		return c, 0, fmt.Errorf("bench: shape %q, want one of %s", name, strings.Join(Shapes(), ", "))
	}
	symbols = c.Vocab
	if c.Start == c.Vocab-1 {
		symbols--
	}
	return c, symbols, nil
}

// randomModel draws int8 weights from a seed. What it holds meanwhile is the weights twice, as drawn and as
// packed for the products.
func randomModel(ctx context.Context, c model.Config, symbols int, add func(n int)) (*model.Model, error) {
	defer debug.FreeOSMemory()
	defer debug.SetGCPercent(debug.SetGCPercent(5)) // what is thrown away must not take as much memory again
	rng := rand.New(rand.NewPCG(5, 6))
	f := &checkpoint.File{Tensors: map[string]checkpoint.Tensor{}}
	for _, t := range c.Tensors() {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if len(t.Shape) == 1 {
			x := make([]float32, t.Shape[0])
			if strings.HasSuffix(t.Name, "norm.weight") {
				fill(x, 1)
			}
			f.Tensors[t.Name] = checkpoint.Float32(x, t.Shape...)
		} else {
			q := checkpoint.Tensor{DType: checkpoint.I8, Shape: t.Shape, Data: make([]byte, t.Shape[0]*t.Shape[1])}
			draw(rng, q.Data)
			f.Tensors[t.Name] = q
			scale := make([]float32, t.Shape[0])
			fill(scale, scaleOf(c, t))
			f.Tensors[t.Name+"_scale"] = checkpoint.Float32(scale, t.Shape[0])
		}
		add(1)
	}
	w, err := model.NewWeights(c, f, model.Int8)
	if err != nil {
		return nil, err
	}
	ids := make([]int32, symbols)
	for i := range ids {
		ids[i] = int32(i)
	}
	return model.New(w, ids)
}

// scaleOf is the scale of a matrix that keeps numbers as large as in a trained model: what a layer computes has a
// deviation of about 1, what it adds to the residual less with more layers, and logits one of 2.
func scaleOf(c model.Config, t model.TensorShape) float32 {
	deviation := 1.0
	switch {
	case strings.HasSuffix(t.Name, "embed_in.weight"):
		return float32(1 / drawnDeviation) // a row is taken as it is
	case strings.HasSuffix(t.Name, "embed_out.weight"):
		deviation = 2
	case strings.HasSuffix(t.Name, "dense.weight"), strings.HasSuffix(t.Name, "4h_to_h.weight"):
		deviation = 1 / math.Sqrt(2*float64(c.Layers))
	}
	return float32(deviation / drawnDeviation / math.Sqrt(float64(t.Shape[1])))
}

// drawnDeviation is the standard deviation of numbers even from -127 to 127.
var drawnDeviation = 127 / math.Sqrt(3)

func fill(x []float32, value float32) {
	for i := range x {
		x[i] = value
	}
}
