package train

import (
	"math"

	"lmz/internal/lab/gemm"
	"lmz/internal/model"
)

// Shard is the forward and backward pass of a few sequences, with the memory for both.
// n below is sequences x T positions.
type Shard struct {
	config    model.Config
	sequences int
	length    int // T
	rot       rotary
	mul       gemm.Product
	ngrams    *ngrams // nil for none
	found     []int32 // (n, Length - 1) rows of n-grams

	layers     []layerActivations
	x          []float32 // (n, D) residual after the last layer
	normed     []float32 // (n, D) after the last LayerNorm
	mean, rstd []float32 // (n)
	logits     []float32 // (n, V), in the backward pass their gradient

	dx, dNormed, dNarrow []float32 // (n, D)
	dqkv                 []float32 // (n, 3D)
	dWide                []float32 // (n, F)
	probs, dprobs        []float32 // (queryBlock, T)
}

// layerActivations is what the backward pass of a layer needs from its forward pass.
type layerActivations struct {
	x              []float32 // (n, D) residual before the layer
	norm1, norm2   []float32 // (n, D)
	mean1, rstd1   []float32 // (n)
	mean2, rstd2   []float32 // (n)
	qkv            []float32 // (n, 3D), queries and keys rotated
	logSums        []float32 // (sequences, H, T), see attend
	attended       []float32 // (n, D)
	up, activation []float32 // (n, F) before and after GELU
}

// NewShard makes room for a number of sequences of the given length in positions. Its matrix products are mul's.
func NewShard(c model.Config, mul gemm.Product, sequences, length int) *Shard {
	n, d, f := sequences*length, c.Hidden, c.FeedForward
	floats := func(size int) []float32 { return make([]float32, size) }
	s := &Shard{
		config: c, sequences: sequences, length: length, rot: newRotary(c, length), mul: mul,
		x: floats(n * d), normed: floats(n * d), mean: floats(n), rstd: floats(n), logits: floats(n * c.Vocab),
		dx: floats(n * d), dNormed: floats(n * d), dNarrow: floats(n * d), dqkv: floats(n * 3 * d), dWide: floats(n * f),
		probs: floats(queryBlock * length), dprobs: floats(queryBlock * length),
	}
	for range c.Layers {
		s.layers = append(s.layers, layerActivations{
			x: floats(n * d), norm1: floats(n * d), norm2: floats(n * d),
			mean1: floats(n), rstd1: floats(n), mean2: floats(n), rstd2: floats(n),
			qkv: floats(n * 3 * d), logSums: floats(n * c.Heads),
			attended: floats(n * d), up: floats(n * f), activation: floats(n * f),
		})
	}
	return s
}

// setNGrams gives the shard a table of n-grams.
func (s *Shard) setNGrams(g *ngrams) {
	s.ngrams, s.found = g, make([]int32, s.sequences*s.length*(g.Length-1))
}

// linear computes y = x W^T + bias for n rows; W is (o, i).
func (s *Shard) linear(y, x, w, bias []float32, n int) {
	o := len(bias)
	i := len(w) / o
	for r := range n {
		copy(y[r*o:(r+1)*o], bias)
	}
	s.mul(false, true, n, o, i, x, i, w, i, true, y, o)
}

// linearBackward adds to dw and dbias, and writes dx (adds to it if accumulate).
func (s *Shard) linearBackward(dx, dw, dbias, dy, x, w []float32, n int, accumulate bool) {
	o := len(dbias)
	i := len(w) / o
	s.mul(true, false, o, i, n, dy, o, x, i, true, dw, i)
	for r := range n {
		gemm.Add(dbias, dy[r*o:(r+1)*o])
	}
	s.mul(false, false, n, i, o, dy, o, w, i, accumulate, dx, i)
}

// Forward computes the logits and returns the sum over all n positions of -ln p(target).
// inputs and targets are (sequences, T).
func (s *Shard) Forward(w view, inputs, targets []int32) (nats float64) {
	c, d, t := s.config, s.config.Hidden, s.length
	n := s.sequences * t
	residual := func(l int) []float32 { // before layer l; after the last one for l = L
		if l == c.Layers {
			return s.x
		}
		return s.layers[l].x
	}
	for r, id := range inputs {
		copy(residual(0)[r*d:(r+1)*d], w.embed[int(id)*d:(int(id)+1)*d])
	}
	if s.ngrams != nil {
		s.ngrams.find(s.found, inputs, t)
		s.ngrams.add(residual(0), s.found)
	}
	for l := range c.Layers {
		a, p := &s.layers[l], &w.layers[l]
		next := residual(l + 1)
		layerNorm(a.norm1, a.x, p.norm1Gain, p.norm1Bias, a.mean1, a.rstd1, c.NormEps)
		s.linear(a.qkv, a.norm1, p.qkv, p.qkvBias, n)
		for q := range s.sequences {
			attend(s.mul, a.attended[q*t*d:], a.logSums[q*c.Heads*t:], a.qkv[q*t*3*d:], s.probs, c, s.rot, t)
		}
		s.linear(next, a.attended, p.out, p.outBias, n)
		layerNorm(a.norm2, a.x, p.norm2Gain, p.norm2Bias, a.mean2, a.rstd2, c.NormEps)
		s.linear(a.up, a.norm2, p.up, p.upBias, n)
		gemm.GELU(a.activation, a.up)
		s.linear(s.dNarrow, a.activation, p.down, p.downBias, n)
		gemm.Add(next, s.dNarrow)
		gemm.Add(next, a.x)
	}
	layerNorm(s.normed, s.x, w.normGain, w.normBias, s.mean, s.rstd, c.NormEps)
	s.mul(false, true, n, c.Vocab, d, s.normed, d, w.unembed, d, false, s.logits, c.Vocab)
	for r, id := range targets {
		p := s.logits[r*c.Vocab : (r+1)*c.Vocab]
		gemm.Softmax(p)
		nats -= math.Log(max(float64(p[id]), 1e-30)) // the loss that training reports; nothing is coded with it
	}
	return nats
}

// Backward adds to the gradient g of scale * (the sum that Forward returned for the same arguments). That of the embedding
// at each position is then in dx, for the table of n-grams.
func (s *Shard) Backward(g, w view, inputs, targets []int32, scale float32) {
	c, d, t := s.config, s.config.Hidden, s.length
	n := s.sequences * t
	for r, id := range targets {
		p := s.logits[r*c.Vocab : (r+1)*c.Vocab]
		p[id]--
		for i := range p {
			p[i] *= scale
		}
	}
	s.mul(true, false, c.Vocab, d, n, s.logits, c.Vocab, s.normed, d, true, g.unembed, d)
	s.mul(false, false, n, d, c.Vocab, s.logits, c.Vocab, w.unembed, d, false, s.dNormed, d)
	clear(s.dx)
	layerNormBackward(s.dx, g.normGain, g.normBias, s.dNormed, s.x, w.normGain, s.mean, s.rstd)
	for l := c.Layers - 1; l >= 0; l-- {
		a, p, q := &s.layers[l], &w.layers[l], &g.layers[l]
		// The residual's gradient reaches the MLP, the attention and the layer's input alike.
		s.linearBackward(s.dWide, q.down, q.downBias, s.dx, a.activation, p.down, n, false)
		gemm.GELUBackward(s.dWide, s.dWide, a.up)
		s.linearBackward(s.dNormed, q.up, q.upBias, s.dWide, a.norm2, p.up, n, false)
		s.linearBackward(s.dNarrow, q.out, q.outBias, s.dx, a.attended, p.out, n, false)
		for i := range s.sequences {
			attendBackward(s.mul, s.dqkv[i*t*3*d:], s.dNarrow[i*t*d:], a.logSums[i*c.Heads*t:], a.qkv[i*t*3*d:], s.probs, s.dprobs, c, s.rot, t)
		}
		layerNormBackward(s.dx, q.norm2Gain, q.norm2Bias, s.dNormed, a.x, p.norm2Gain, a.mean2, a.rstd2)
		s.linearBackward(s.dNormed, q.qkv, q.qkvBias, s.dqkv, a.norm1, p.qkv, n, false)
		layerNormBackward(s.dx, q.norm1Gain, q.norm1Bias, s.dNormed, a.x, p.norm1Gain, a.mean1, a.rstd1)
	}
	for r, id := range inputs {
		gemm.Add(g.embed[int(id)*d:(int(id)+1)*d], s.dx[r*d:(r+1)*d])
	}
}
