package model

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"maps"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"lmz/internal/checkpoint"
	"lmz/internal/kernels"
)

// scaleSuffix ends the name of the tensor that holds the row scales of an int8 matrix.
const scaleSuffix = "_scale"

// Weights are a model's tensors in the form that is evaluated: matrices in int8 with one float32 scale a row
// (docs/numerics.md, "Weights"), or in float32 if the precision is F32; gains and biases in float32. They are the
// canonical form: two sets of Weights that are equal compute the same bits, and share an identity.
type Weights struct {
	Config    Config
	Precision Precision
	matrices  map[string]matrix    // by the names of Config.Tensors
	vectors   map[string][]float32 // likewise
	ngrams    *NGrams              // nil for none
}

// matrix is rows of weights, outputs first, in int8 with a scale each or in float32.
type matrix struct {
	width int
	q     []int8    // (rows, width)
	scale []float32 // (rows)
	x     []float32 // (rows, width), instead of q and scale
}

func (m matrix) rows() int { return max(len(m.q), len(m.x)) / m.width }

// NewWeights takes the tensors of a checkpoint, in floats as a trainer writes them or in int8 as Tensors gives them. A
// matrix in floats is quantised, each row by its largest magnitude, unless the precision is F32. Nothing is kept of f's
// memory but int8 matrices. A tensor that the configuration does not have is refused, constants like masks excepted.
func NewWeights(c Config, f *checkpoint.File, p Precision) (*Weights, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	w := &Weights{Config: c, Precision: p, matrices: make(map[string]matrix), vectors: make(map[string][]float32)}
	known := map[string]bool{}
	for _, want := range c.Tensors() {
		name, t, ok := find(f, want.Name)
		if !ok {
			return nil, fmt.Errorf("model: the checkpoint lacks tensor %q", want.Name)
		}
		known[name] = true
		var err error
		switch {
		case want.Integers:
			w.ngrams, err = readNGrams(c, want, t)
		case len(want.Shape) == 1:
			w.vectors[want.Name], err = floats(want.Name, want.Shape, t)
		case t.DType == checkpoint.I8:
			known[name+scaleSuffix] = true
			err = w.putQuantised(want, t, f.Tensors[name+scaleSuffix])
		default:
			err = w.putMatrix(want, t)
		}
		if err != nil {
			return nil, err
		}
	}
	unembed := architectures[c.Architecture].names.unembed // a copy of the input embedding, if they are tied
	for _, name := range slices.Sorted(maps.Keys(f.Tensors)) {
		if !known[name] && !constant(name) && name != unembed {
			return nil, fmt.Errorf("model: the checkpoint has tensor %q, which a %s model of this configuration has not", name, c.Architecture)
		}
	}
	return w, nil
}

// find looks up a tensor. A checkpoint of a model without its output embedding leaves out the first part of the names:
// that of GPT-2 does.
func find(f *checkpoint.File, name string) (found string, t checkpoint.Tensor, ok bool) {
	if t, ok = f.Tensors[name]; ok {
		return name, t, true
	}
	for _, first := range []string{"gpt_neox.", "transformer.", "model."} {
		if short, cut := strings.CutPrefix(name, first); cut {
			t, ok = f.Tensors[short]
			return short, t, ok
		}
	}
	return name, t, false
}

// constant says whether a tensor of this name follows from the configuration: causal masks and rotary frequencies, which old
// versions of transformers stored.
func constant(name string) bool {
	for _, suffix := range []string{".attention.bias", ".attention.masked_bias", ".attn.bias", ".attn.masked_bias", ".rotary_emb.inv_freq"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// putMatrix quantises a matrix of floats, or keeps it in float32.
func (w *Weights) putMatrix(want TensorShape, t checkpoint.Tensor) error {
	rows, cols := want.Shape[0], want.Shape[1]
	if want.InputsFirst {
		x, err := floats(want.Name, []int{cols, rows}, t)
		if err != nil {
			return err
		}
		t = checkpoint.Float32(transpose(x, rows, cols), rows, cols)
	}
	if w.Precision == F32 {
		x, err := floats(want.Name, want.Shape, t)
		w.matrices[want.Name] = matrix{width: cols, x: x}
		return err
	}
	if err := hasShape(want.Name, want.Shape, t); err != nil {
		return err
	}
	m := matrix{width: cols, q: make([]int8, rows*cols), scale: make([]float32, rows)}
	w.matrices[want.Name] = m
	return inBlocks(rows, func(first, end int) error {
		x := make([]float32, (end-first)*cols)
		if err := t.Float32Rows(x, first); err != nil {
			return fmt.Errorf("model: tensor %q: %w", want.Name, err)
		}
		if err := finite(want.Name, x, first*cols); err != nil {
			return err
		}
		for r := first; r < end; r++ {
			m.scale[r] = kernels.QuantizeRow(m.q[r*cols:(r+1)*cols], x[(r-first)*cols:(r-first+1)*cols])
		}
		return nil
	})
}

// inBlocks does some work on blocks of rows, on all processors.
func inBlocks(rows int, work func(first, end int) error) error {
	const block = 64
	threads := min(runtime.GOMAXPROCS(0), (rows+block-1)/block)
	errs := make([]error, threads)
	var next atomic.Int64
	var done sync.WaitGroup
	for i := range threads {
		done.Go(func() {
			for errs[i] == nil {
				end := int(next.Add(block))
				if end-block >= rows {
					return
				}
				errs[i] = work(end-block, min(end, rows))
			}
		})
	}
	done.Wait()
	return errors.Join(errs...)
}

// hasShape is an error unless a tensor has a shape.
func hasShape(name string, shape []int, t checkpoint.Tensor) error {
	if !slices.Equal(t.Shape, shape) {
		return fmt.Errorf("model: tensor %q has shape %v, want %v", name, t.Shape, shape)
	}
	return nil
}

// finite is an error unless all elements, the first of which is element at of a tensor, are finite.
func finite(name string, x []float32, at int) error {
	const infinite = 0x7f800000 // the exponent of infinities and NaNs
	for i, v := range x {
		if math.Float32bits(v)&infinite == infinite {
			return fmt.Errorf("model: tensor %q holds %v at element %d, want finite numbers", name, v, at+i)
		}
	}
	return nil
}

// floats is the elements of a tensor, which must have the shape and be finite.
func floats(name string, shape []int, t checkpoint.Tensor) ([]float32, error) {
	if err := hasShape(name, shape, t); err != nil {
		return nil, err
	}
	x, err := t.Float32s()
	if err != nil {
		return nil, fmt.Errorf("model: tensor %q: %w", name, err)
	}
	return x, finite(name, x, 0)
}

// transpose makes (rows, cols) of x, (cols, rows).
func transpose(x []float32, rows, cols int) []float32 {
	y := make([]float32, len(x))
	for r := range rows {
		for c := range cols {
			y[r*cols+c] = x[c*rows+r]
		}
	}
	return y
}

// putQuantised keeps an int8 matrix and its scales.
func (w *Weights) putQuantised(want TensorShape, t, scale checkpoint.Tensor) error {
	if w.Precision == F32 {
		return fmt.Errorf("model: tensor %q is of int8, want floats for precision %v: take the model that it was quantised from", want.Name, F32)
	}
	if err := hasShape(want.Name, want.Shape, t); err != nil {
		return err
	}
	if i := bytes.IndexByte(t.Data, 0x80); i >= 0 {
		return fmt.Errorf("model: tensor %q holds -128 at element %d, want -127 to 127", want.Name, i)
	}
	q, err := t.Int8s()
	if err != nil {
		return fmt.Errorf("model: tensor %q: %w", want.Name, err)
	}
	scales, err := floats(want.Name+scaleSuffix, want.Shape[:1], scale)
	w.matrices[want.Name] = matrix{width: want.Shape[1], q: q, scale: scales}
	return err
}

// Tensors is the int8 form as a checkpoint: what NewWeights takes, it gives back. Of F32 there is none.
func (w *Weights) Tensors() *checkpoint.File {
	if w.Precision == F32 {
		panic("model: Tensors of float32 weights, want int8")
	}
	f := &checkpoint.File{Tensors: make(map[string]checkpoint.Tensor), Metadata: map[string]string{"format": "pt"}}
	for name, m := range w.matrices {
		f.Tensors[name] = checkpoint.Int8(m.q, m.rows(), m.width)
		f.Tensors[name+scaleSuffix] = checkpoint.Float32(m.scale, m.rows())
	}
	if w.ngrams != nil {
		f.Tensors[NGramKeys] = checkpoint.Int32(w.ngrams.Keys, w.Config.NGrams, w.Config.NGramLength)
	}
	for name, x := range w.vectors {
		f.Tensors[name] = checkpoint.Float32(x, len(x))
	}
	return f
}

// Identity is a SHA-256 over the configuration and the tensors in the order of Config.Tensors, as
// docs/format.md, "Model identity", lays them out.
func (w *Weights) Identity() [32]byte {
	h := sha256.New()
	c, r := w.Config, w.Config.RotaryScaling
	fmt.Fprintf(h, "%s layers=%d hidden=%d heads=%d kv=%d width=%d ff=%d vocab=%d window=%d rotary=%d scaling=%s parallel=%t start=%d wide=%t precision=%v",
		c.Architecture, c.Layers, c.Hidden, c.Heads, c.KVHeads, c.HeadWidth, c.FeedForward, c.Vocab, c.Window, c.RotaryWidth,
		r.Type, c.Parallel, c.Start, c.Wide, w.Precision)
	if c.NGrams > 0 {
		fmt.Fprintf(h, " ngrams=%d length=%d", c.NGrams, c.NGramLength)
	}
	h.Write([]byte("\n"))
	var numbers []byte
	for _, x := range []float64{c.RotaryBase, r.Factor, r.LowFreqFactor, r.HighFreqFactor, float64(r.OriginalPositions)} {
		numbers = binary.LittleEndian.AppendUint64(numbers, math.Float64bits(x))
	}
	numbers = binary.LittleEndian.AppendUint32(numbers, math.Float32bits(c.NormEps))
	h.Write(numbers)
	for _, t := range c.Tensors() {
		m, ok := w.matrices[t.Name]
		switch {
		case t.Integers:
			fmt.Fprintf(h, "%s %s %v\n", t.Name, checkpoint.I32, t.Shape)
			h.Write(checkpoint.Int32(w.ngrams.Keys, t.Shape...).Data)
		case !ok:
			hashFloats(h, t.Name, w.vectors[t.Name], t.Shape)
		case m.x != nil:
			hashFloats(h, t.Name, m.x, t.Shape)
		default:
			fmt.Fprintf(h, "%s %s %v\n", t.Name, checkpoint.I8, t.Shape)
			h.Write(checkpoint.Int8(m.q, t.Shape...).Data)
			hashFloats(h, t.Name+scaleSuffix, m.scale, t.Shape[:1])
		}
	}
	return [32]byte(h.Sum(nil))
}

// hashFloats hashes a tensor of floats, by blocks: large ones have no other copy.
func hashFloats(h hash.Hash, name string, x []float32, shape []int) {
	fmt.Fprintf(h, "%s %s %v\n", name, checkpoint.F32, shape)
	for block := range slices.Chunk(x, 1<<14) {
		h.Write(checkpoint.Float32(block, len(block)).Data)
	}
}
