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

// rows are the outputs of a matrix with their biases, nil for none.
type rows struct {
	matrix
	bias []float32
}

// rows is the matrix of a name, with its biases if there are any.
func (w *Weights) rows(name string) rows {
	return rows{w.matrices[name+".weight"], w.vectors[name+".bias"]}
}

func (w *Weights) norm(name string) norm {
	return norm{w.vectors[name+".weight"], w.vectors[name+".bias"]}
}

// append puts the rows of b after those of a.
func (a rows) append(b rows) rows {
	if a.width == 0 {
		return b
	}
	m := matrix{a.width, slices.Concat(a.q, b.q), slices.Concat(a.scale, b.scale), slices.Concat(a.x, b.x)}
	return rows{m, slices.Concat(a.bias, b.bias)}
}

// choose makes a matrix of some rows.
func (a rows) choose(list []int32) rows {
	b := rows{matrix: matrix{width: a.width}}
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
		return linear{float: kernels.NewFloatMatrix(a.x, a.rows(), a.width), inputs: a.width, bias: a.bias}
	}
	return linear{weight: kernels.NewMatrix(a.q, a.scale, a.rows(), a.width), inputs: a.width, bias: a.bias}
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

// own is the matrix in memory of its own: int8 may lie in that of a checkpoint.
func (m matrix) own() matrix {
	m.q = slices.Clone(m.q)
	return m
}

// row writes row i to x, (width).
func (m matrix) row(x []float32, i int) {
	if m.x != nil {
		copy(x, m.x[i*m.width:])
		return
	}
	scale := m.scale[i]
	for j, q := range m.q[i*m.width:][:m.width] {
		x[j] = float32(q) * scale
	}
}

// addRow adds row i to x, (width).
func (m matrix) addRow(x []float32, i int) {
	if m.x != nil {
		kernels.Add(x, m.x[i*m.width:][:m.width])
		return
	}
	scale := m.scale[i]
	for j, q := range m.q[i*m.width:][:m.width] {
		x[j] += float32(float32(q) * scale) // the conversion forbids fusing the two
	}
}
