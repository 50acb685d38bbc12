package model

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"lmz/internal/checkpoint"
	"lmz/internal/kernels"
)

// scaleSuffix ends the name of the tensor that holds the row scales of an int8 matrix.
const scaleSuffix = "_scale"

// Weights are a model's tensors in the form that is evaluated: matrices in int8 with one float32
// scale a row (docs/numerics.md, "Weights"), gains and biases in float32. They are the canonical
// form: two sets of Weights that are equal compute the same bits, and share an identity.
type Weights struct {
	Config  Config
	tensors map[string]checkpoint.Tensor
}

// NewWeights takes the tensors of a checkpoint, in float32 as a trainer writes them or in int8 as
// Tensors gives them. A matrix in float32 is quantised, each row by its largest magnitude.
func NewWeights(c Config, f *checkpoint.File) (*Weights, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	w := &Weights{c, make(map[string]checkpoint.Tensor)}
	for _, want := range c.Tensors() {
		t, ok := f.Tensors[want.Name]
		if !ok {
			return nil, fmt.Errorf("model: the checkpoint lacks tensor %q", want.Name)
		}
		if !slices.Equal(t.Shape, want.Shape) {
			return nil, fmt.Errorf("model: tensor %q has shape %v, want %v", want.Name, t.Shape, want.Shape)
		}
		var err error
		switch {
		case len(want.Shape) == 1:
			err = w.putVector(want.Name, t)
		case t.DType == checkpoint.I8:
			err = w.putQuantised(want.Name, t, f.Tensors[want.Name+scaleSuffix])
		default:
			err = w.putMatrix(want.Name, t)
		}
		if err != nil {
			return nil, err
		}
	}
	return w, nil
}

// putVector keeps a gain or bias as it is.
func (w *Weights) putVector(name string, t checkpoint.Tensor) error {
	x, err := t.Float32s()
	if err != nil {
		return fmt.Errorf("model: tensor %q: %w", name, err)
	}
	if err := finite(name, x); err != nil {
		return err
	}
	w.tensors[name] = t
	return nil
}

// putMatrix quantises a float32 matrix.
func (w *Weights) putMatrix(name string, t checkpoint.Tensor) error {
	x, err := t.Float32s()
	if err != nil {
		return fmt.Errorf("model: tensor %q: %w", name, err)
	}
	if err := finite(name, x); err != nil {
		return err
	}
	rows, cols := t.Shape[0], t.Shape[1]
	q, scale := make([]int8, len(x)), make([]float32, rows)
	for r := range rows {
		scale[r] = kernels.QuantizeRow(q[r*cols:(r+1)*cols], x[r*cols:(r+1)*cols])
	}
	w.tensors[name] = checkpoint.Int8(q, rows, cols)
	w.tensors[name+scaleSuffix] = checkpoint.Float32(scale, rows)
	return nil
}

// putQuantised keeps an int8 matrix and its scales.
func (w *Weights) putQuantised(name string, t, scale checkpoint.Tensor) error {
	if !slices.Equal(scale.Shape, t.Shape[:1]) {
		return fmt.Errorf("model: tensor %q has shape %v, want %v: one scale a row", name+scaleSuffix, scale.Shape, t.Shape[:1])
	}
	if i := bytes.IndexByte(t.Data, 0x80); i >= 0 {
		return fmt.Errorf("model: tensor %q holds -128 at element %d, want -127 to 127", name, i)
	}
	w.tensors[name] = t
	return w.putVector(name+scaleSuffix, scale)
}

// finite says where a tensor holds a NaN or an infinity, nil if nowhere.
func finite(name string, x []float32) error {
	for i, v := range x {
		if v != v || math.Abs(float64(v)) > math.MaxFloat32 {
			return fmt.Errorf("model: tensor %q holds %v at element %d, want finite numbers", name, v, i)
		}
	}
	return nil
}

// Tensors is the int8 form as a checkpoint: what NewWeights takes, it gives back.
func (w *Weights) Tensors() *checkpoint.File {
	return &checkpoint.File{Tensors: w.tensors, Metadata: map[string]string{"format": "pt"}}
}

// Identity is a SHA-256 over the configuration and the tensors in the order of Config.Tensors, as
// docs/format.md, "Model identity", lays them out.
func (w *Weights) Identity() [32]byte {
	h := sha256.New()
	c := w.Config
	fmt.Fprintf(h, "gpt-neox layers=%d hidden=%d heads=%d ff=%d vocab=%d window=%d rotary=%d parallel=%t start=%d\n",
		c.Layers, c.Hidden, c.Heads, c.FeedForward, c.Vocab, c.Window, c.RotaryWidth, c.Parallel, c.Start)
	var numbers []byte
	numbers = binary.LittleEndian.AppendUint64(numbers, math.Float64bits(c.RotaryBase))
	numbers = binary.LittleEndian.AppendUint32(numbers, math.Float32bits(c.NormEps))
	h.Write(numbers)
	for _, t := range c.Tensors() {
		for _, name := range []string{t.Name, t.Name + scaleSuffix} {
			if tensor, ok := w.tensors[name]; ok {
				fmt.Fprintf(h, "%s %s %v\n", name, tensor.DType, tensor.Shape)
				h.Write(tensor.Data)
			}
		}
	}
	return [32]byte(h.Sum(nil))
}
