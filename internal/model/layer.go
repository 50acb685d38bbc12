package model

import (
	"slices"

	"lmz/internal/kernels"
)

// norm is LayerNorm, or RMSNorm, which has no bias.
type norm struct{ gain, bias []float32 }

// linear is y = x W^T + bias, in int8 or in float32.
type linear struct {
	weight *kernels.Matrix
	float  *kernels.FloatMatrix // instead of weight
	inputs int
	bias   []float32 // nil for none
}

// table is a matrix of which single rows are read, an embedding, in int8 or in float32.
type table struct {
	width int
	q     []int8
	scale []float32
	x     []float32 // instead of q and scale
}

// rows are the outputs of a matrix, in int8 or in float32, with their biases, nil for none.
type rows struct {
	width int
	q     []int8
	scale []float32
	x     []float32 // instead of q and scale
	bias  []float32
}

// rows is the matrix of a name, with or without ".weight"; the tensors were checked by NewWeights.
func (w *Weights) rows(name string) rows {
	if _, ok := w.tensors[name]; !ok {
		r := w.rows(name + ".weight")
		if _, ok := w.tensors[name+".bias"]; ok {
			r.bias = w.vector(name + ".bias")
		}
		return r
	}
	t := w.tensors[name]
	r := rows{width: t.Shape[1]}
	if w.Precision == F32 {
		r.x = w.vector(name)
		return r
	}
	q, err := t.Int8s()
	if err != nil {
		panic("model: " + name + ": " + err.Error())
	}
	r.q, r.scale = q, w.vector(name+scaleSuffix)
	return r
}

func (w *Weights) vector(name string) []float32 {
	x, err := w.tensors[name].Float32s()
	if err != nil {
		panic("model: " + name + ": " + err.Error())
	}
	return x
}

func (w *Weights) norm(name string) norm {
	n := norm{gain: w.vector(name + ".weight")}
	if _, ok := w.tensors[name+".bias"]; ok {
		n.bias = w.vector(name + ".bias")
	}
	return n
}

// table keeps the memory of the rows and not that of what they may be part of.
func (w *Weights) table(name string) table {
	r := w.rows(name)
	return table{r.width, slices.Clone(r.q), r.scale, r.x}
}

// append puts the rows of b after those of a.
func (a rows) append(b rows) rows {
	if a.width == 0 {
		return b
	}
	return rows{a.width, slices.Concat(a.q, b.q), slices.Concat(a.scale, b.scale), slices.Concat(a.x, b.x), slices.Concat(a.bias, b.bias)}
}

// choose makes a matrix of some rows.
func (a rows) choose(list []int32) rows {
	b := rows{width: a.width}
	for _, r := range list {
		from, to := int(r)*a.width, int(r+1)*a.width
		if a.x != nil {
			b.x = append(b.x, a.x[from:to]...)
		} else {
			b.q = append(b.q, a.q[from:to]...)
			b.scale = append(b.scale, a.scale[r])
		}
		if a.bias != nil {
			b.bias = append(b.bias, a.bias[r])
		}
	}
	return b
}

// linear is the product with the rows.
func (a rows) linear() linear {
	if a.x != nil {
		return linear{float: kernels.NewFloatMatrix(a.x, len(a.x)/a.width, a.width), inputs: a.width, bias: a.bias}
	}
	return linear{weight: kernels.NewMatrix(a.q, a.scale, len(a.scale), a.width), inputs: a.width, bias: a.bias}
}

// apply normalises rows of width D.
func (p norm) apply(y, x []float32, eps float32) {
	d := len(p.gain)
	for i := 0; i < len(x); i += d {
		if p.bias == nil {
			kernels.RMSNorm(y[i:i+d], x[i:i+d], p.gain, eps)
		} else {
			kernels.LayerNorm(y[i:i+d], x[i:i+d], p.gain, p.bias, eps)
		}
	}
}

// row writes row i to x, (width).
func (t table) row(x []float32, i int) {
	if t.x != nil {
		copy(x, t.x[i*t.width:])
		return
	}
	scale := t.scale[i]
	for j, q := range t.q[i*t.width:][:t.width] {
		x[j] = float32(q) * scale
	}
}
