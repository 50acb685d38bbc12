package kernels

import (
	"bytes"
	"fmt"
	"slices"
	"unsafe"
)

// MaxCols is the longest row of a Matrix: a sum of so many products of two numbers in [-127, 127]
// still fits in an int32.
const MaxCols = (1<<31 - 1) / (127 * 127)

// Matrix is a matrix of weights, O outputs by I inputs, in int8 with one scale an output. It does not
// change once made and may be shared.
type Matrix struct {
	rows, cols int       // O, I
	scale      []float32 // (O)
	zeros      []float32 // (O), the bias where there is none
	packed     []int8    // (O, I) in the order that use wants
	use        *implementation
}

// NewMatrix copies the weights w, (rows, cols), each in [-127, 127], and the scales of its rows.
func NewMatrix(w []int8, scale []float32, rows, cols int) *Matrix {
	if rows < 1 || cols < 1 || cols > MaxCols {
		panic(fmt.Sprintf("kernels: NewMatrix: %d rows of %d, want at least 1 of 1 to %d", rows, cols, MaxCols))
	}
	sameLength("NewMatrix", len(w), rows*cols)
	sameLength("NewMatrix", len(scale), rows)
	if i := bytes.IndexByte(unsafe.Slice((*byte)(unsafe.Pointer(&w[0])), len(w)), 0x80); i >= 0 {
		panic(fmt.Sprintf("kernels: NewMatrix: weight %d is -128, want -127 to 127", i))
	}
	return &Matrix{rows, cols, slices.Clone(scale), make([]float32, rows), active.pack(w, rows, cols), active}
}

// Mul computes y = x W^T + bias for n rows. y is (n, O); x is (n, I) with one scale a row, sx (n), as
// QuantizeRow makes them; bias is (O), or nil for zeros. With a the exact sum over i of x[r,i] W[o,i],
//
//	y[r,o] = float32(a) * (sx[r] * scale[o]) + bias[o].
func (m *Matrix) Mul(y []float32, x []int8, sx []float32, bias []float32, n int) {
	if n < 1 {
		panic(fmt.Sprintf("kernels: Mul: %d rows, want at least 1", n))
	}
	if bias == nil {
		bias = m.zeros
	}
	sameLength("Mul", len(y), n*m.rows)
	sameLength("Mul", len(x), n*m.cols)
	sameLength("Mul", len(sx), n)
	sameLength("Mul", len(bias), m.rows)
	m.use.mul(y, m, x, sx, bias, n)
}

func mulGeneric(y []float32, m *Matrix, x []int8, sx, bias []float32, n int) {
	for o := range m.rows {
		w := m.packed[o*m.cols:][:m.cols]
		for r := range n {
			a := dot(x[r*m.cols:][:m.cols], w)
			scale := float32(sx[r] * m.scale[o])
			y[r*m.rows+o] = float32(float32(a)*scale) + bias[o]
		}
	}
}

// dot is the exact sum of x[i] w[i].
func dot(x, w []int8) int32 {
	w = w[:len(x)]
	var sum int32
	for i, v := range x {
		sum += int32(v) * int32(w[i])
	}
	return sum
}
