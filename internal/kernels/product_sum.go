package kernels

import "sync"

// MulSum computes y = (x1 + x2) W^T + bias for n rows, of which each is the sum of two quantised ones, as QuantizeRow2 and
// SplitOutliers make them: the product with x2, by the definition of Mul, is added to that with x1. A row whose s2 is 0 adds
// nothing, and takes no time. All other arguments are those of Mul.
func (m *Matrix) MulSum(y []float32, x1 []int8, s1 []float32, x2 []int8, s2 []float32, bias []float32, n int) {
	m.Mul(y, x1, s1, bias, n)
	sameLength("MulSum", len(x2), n*m.cols)
	sameLength("MulSum", len(s2), n)
	second := secondRows.Get().(*secondProduct)
	defer secondRows.Put(second)
	second.rows, second.x, second.scale = second.rows[:0], second.x[:0], second.scale[:0]
	for r, s := range s2 {
		if s != 0 {
			second.rows = append(second.rows, r)
			second.x = append(second.x, x2[r*m.cols:][:m.cols]...)
			second.scale = append(second.scale, s)
		}
	}
	if len(second.rows) == 0 {
		return
	}
	if size := len(second.rows) * m.rows; size > len(second.y) {
		second.y = make([]float32, size)
	}
	m.Mul(second.y[:len(second.rows)*m.rows], second.x, second.scale, nil, len(second.rows))
	for i, r := range second.rows {
		Add(y[r*m.rows:][:m.rows], second.y[i*m.rows:][:m.rows])
	}
}

// A secondProduct is that of those rows whose second part is not zero. secondRows holds such, between products.
type secondProduct struct {
	rows  []int
	x     []int8
	scale []float32
	y     []float32
}

var secondRows = sync.Pool{New: func() any { return new(secondProduct) }}
