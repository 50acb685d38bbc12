package kernels

import (
	"fmt"
	"sync"
)

const (
	// abreastRows is how many rows of a panelProduct share what is loaded of a panel, at most.
	abreastRows = 6
	// Of more rows a FloatMatrix takes a block of columns at a time: a panel's weights for it, 16 KiB, stay in the first-level
	// cache from the first rows to the last, and 64 rows, 64 KiB, in the second.
	blockTerms = 256
)

// FloatMatrix is a matrix of weights in float32, O outputs by I inputs. It does not change once made and may be shared, by all
// implementations.
type FloatMatrix struct {
	rows, cols int       // O, I
	zeros      []float32 // (O), the bias where there is none
	packed     []float32 // (O/16, I, 16): panels of 16 outputs, the last filled up with zeros; columns; outputs
}

// NewFloatMatrix copies the weights w, (rows, cols).
func NewFloatMatrix(w []float32, rows, cols int) *FloatMatrix {
	if rows < 1 || cols < 1 {
		panic(fmt.Sprintf("kernels: NewFloatMatrix: %d rows of %d, want at least 1 of 1", rows, cols))
	}
	sameLength("NewFloatMatrix", len(w), rows*cols)
	m := &FloatMatrix{rows, cols, make([]float32, rows), make([]float32, panels(rows)*panelWidth*cols)}
	for o := range rows {
		panel := m.packed[o/panelWidth*panelWidth*cols+o%panelWidth:]
		for i, v := range w[o*cols:][:cols] {
			panel[i*panelWidth] = v
		}
	}
	return m
}

// Mul computes y = x W^T + bias for n rows. y is (n, O), x is (n, I); bias is (O), or nil for zeros. The products of an output
// are added one after another:
//
//	y[r,o] = (0 + x[r,0] W[o,0] + x[r,1] W[o,1] + ...) + bias[o].
func (m *FloatMatrix) Mul(y, x, bias []float32, n int) {
	if n < 1 {
		panic(fmt.Sprintf("kernels: Mul: %d rows, want at least 1", n))
	}
	if bias == nil {
		bias = m.zeros
	}
	sameLength("Mul", len(y), n*m.rows)
	sameLength("Mul", len(x), n*m.cols)
	sameLength("Mul", len(bias), m.rows)
	if n <= abreastRows || m.cols <= blockTerms {
		m.mulColumns(y, x, m.cols, bias, n, 0, m.cols)
	} else {
		// The rows of a block are copied together: where a row has 2,048 columns or a multiple, equal columns of all rows would
		// have the same few places in a cache.
		buffer := floatBlocks.Get().(*[]float32)
		defer floatBlocks.Put(buffer)
		if len(*buffer) < n*blockTerms {
			*buffer = make([]float32, n*blockTerms)
		}
		for c := 0; c < m.cols; c += blockTerms {
			terms := min(blockTerms, m.cols-c)
			for r := range n {
				copy((*buffer)[r*blockTerms:][:terms], x[r*m.cols+c:])
			}
			m.mulColumns(y, *buffer, blockTerms, bias, n, c, terms)
		}
	}
	if m.rows%panelWidth > 0 {
		m.mulLastPanel(y, x, bias, n)
	}
}

// floatBlocks holds blocks of columns, between products.
var floatBlocks = sync.Pool{New: func() any { return new([]float32) }}

// mulColumns adds terms, from column c on, to the sums of all full panels. x begins with these columns, a row of it
// xStride elements after another. The first columns begin the sums, the last end with the bias.
func (m *FloatMatrix) mulColumns(y, x []float32, xStride int, bias []float32, n, c, terms int) {
	if c+terms < m.cols {
		bias = nil
	}
	active.panelProduct(panelProduct{
		n: n, panels: m.rows / panelWidth, terms: terms, y: y, x: x, w: m.packed[c*panelWidth:], bias: bias, more: c > 0,
		yStride: m.rows, xStride: xStride, wStride: m.cols * panelWidth,
	})
}

// mulLastPanel computes the outputs of the last panel, which is not full, some rows at a time in a tile of its own.
func (m *FloatMatrix) mulLastPanel(y, x, bias []float32, n int) {
	whole := m.rows &^ (panelWidth - 1)
	b, tile := make([]float32, panelWidth), make([]float32, abreastRows*panelWidth)
	copy(b, bias[whole:])
	p := panelProduct{panels: 1, terms: m.cols, y: tile, w: m.packed[whole*m.cols:], bias: b, yStride: panelWidth, xStride: m.cols}
	for r := 0; r < n; r += abreastRows {
		p.n, p.x = min(abreastRows, n-r), x[r*m.cols:]
		active.panelProduct(p)
		for i := range p.n {
			copy(y[(r+i)*m.rows+whole:(r+i+1)*m.rows], tile[i*panelWidth:])
		}
	}
}
