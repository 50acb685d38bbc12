package kernels

import "fmt"

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
	m := &FloatMatrix{rows, cols, make([]float32, rows), make([]float32, (rows+panelWidth-1)/panelWidth*panelWidth*cols)}
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
	block := m.cols
	if n > abreastRows {
		block = blockTerms
	}
	whole := m.rows &^ (panelWidth - 1)
	for c := 0; c < m.cols; c += block {
		p := panelProduct{n: n, terms: min(block, m.cols-c), x: x[c:], xStride: m.cols, yStride: m.rows, bias: zeroPanel}
		for o := 0; o < whole; o += panelWidth {
			p.y, p.w = y[o:], m.packed[o*m.cols+c*panelWidth:]
			p.start, p.startStride = zeroPanel, 0
			if c > 0 { // the sums of the columns before
				p.start, p.startStride = p.y, p.yStride
			}
			if c+block >= m.cols {
				p.bias = bias[o:]
			}
			active.panelProduct(p)
		}
	}
	if rest := m.rows - whole; rest > 0 {
		// The last panel is not full: it goes to a tile of its own, some rows at a time.
		b, tile := make([]float32, panelWidth), make([]float32, abreastRows*panelWidth)
		copy(b, bias[whole:])
		p := panelProduct{terms: m.cols, xStride: m.cols, w: m.packed[whole*m.cols:], start: zeroPanel, bias: b, y: tile, yStride: panelWidth}
		for r := 0; r < n; r += abreastRows {
			p.n, p.x = min(abreastRows, n-r), x[r*m.cols:]
			active.panelProduct(p)
			for i := range p.n {
				copy(y[(r+i)*m.rows+whole:][:rest], tile[i*panelWidth:])
			}
		}
	}
}
