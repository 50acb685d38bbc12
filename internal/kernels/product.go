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
	stride     int       // from one row of outputs to the next: O, or that of the matrix that this one is part of
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
	return &Matrix{rows, cols, rows, slices.Clone(scale), make([]float32, rows), active.pack(w, rows, cols), active}
}

// PartMultiple is what the outputs of a Part begin at a multiple of, and end at one too unless they are the last.
const PartMultiple = 64

// Part is the matrix of outputs from to to-1, in the memory of m. Its Mul writes to a y that begins with the first of them and has the
// outputs of m: so goroutines share a product.
func (m *Matrix) Part(from, to int) *Matrix {
	if from < 0 || to > m.rows || from >= to || from%PartMultiple != 0 || to%PartMultiple != 0 && to != m.rows {
		panic(fmt.Sprintf("kernels: Part: outputs %d to %d of %d, want multiples of %d", from, to, m.rows, PartMultiple))
	}
	panel := m.use.panel
	width := len(m.packed) / ((m.rows + panel - 1) / panel * panel)
	end := min((to+panel-1)/panel*panel*width, len(m.packed))
	return &Matrix{to - from, m.cols, m.stride, m.scale[from:to], m.zeros[from:to], m.packed[from*width : end : end], m.use}
}

// Rows is O, the number of outputs.
func (m *Matrix) Rows() int { return m.rows }

// hasOutputs panics unless y has room for n rows of outputs.
func (m *Matrix) hasOutputs(function string, y []float32, n int) {
	if m.stride == m.rows || len(y) < (n-1)*m.stride+m.rows {
		sameLength(function, len(y), (n-1)*m.stride+m.rows)
	}
}

// Mul computes y = x W^T + bias for n rows. y is (n, O); x is (n, I) with one scale a row, sx (n), as
// QuantizeRow makes them; bias is (O), or nil for zeros. With a the exact sum over i of x[r,i] W[o,i],
//
//	y[r,o] = float32(a) * (sx[r] * scale[o]) + bias[o].
func (m *Matrix) Mul(y []float32, x []int8, sx []float32, bias []float32, n int) {
	m.use.mul(y, m, x, sx, m.checked("Mul", y, len(x), sx, bias, n), n)
}

// checked panics unless the arguments of a product with n rows fit, and is the bias, zeros for nil.
func (m *Matrix) checked(function string, y []float32, x int, sx, bias []float32, n int) []float32 {
	if n < 1 {
		panic(fmt.Sprintf("kernels: %s: %d rows, want at least 1", function, n))
	}
	if bias == nil {
		bias = m.zeros
	}
	m.hasOutputs(function, y, n)
	sameLength(function, x, n*m.cols)
	sameLength(function, len(sx), n)
	sameLength(function, len(bias), m.rows)
	return bias
}

// mulGeneric is Mul, and with rows of int16 MulWide.
func mulGeneric[T int8 | int16](y []float32, m *Matrix, x []T, sx, bias []float32, n int) {
	for o := range m.rows {
		w := m.packed[o*m.cols:][:m.cols]
		for r := range n {
			a := dot(x[r*m.cols:][:m.cols], w)
			scale := float32(sx[r] * m.scale[o])
			y[r*m.stride+o] = float32(float32(a)*scale) + bias[o]
		}
	}
}

// dot is the exact sum of x[i] w[i].
func dot[T int8 | int16](x []T, w []int8) int32 {
	w = w[:len(x)]
	var sum int32
	for i, v := range x {
		sum += int32(v) * int32(w[i])
	}
	return sum
}
