package kernels

import "sync"

// MulAdd adds to y, which holds a product, that with the outliers that SplitOutliers moved to rows of their own: y = y + x W^T. A row
// whose scale is 0 adds nothing, and takes no time. The arguments are those of MulWide.
func (m *Matrix) MulAdd(y []float32, x []int16, sx []float32, n int) {
	m.hasOutputs("MulAdd", y, n)
	sameLength("MulAdd", len(x), n*m.cols)
	sameLength("MulAdd", len(sx), n)
	p := addedProducts.Get().(*addedProduct)
	defer addedProducts.Put(p)
	p.rows, p.x, p.scale = p.rows[:0], p.x[:0], p.scale[:0]
	for r, s := range sx {
		if s != 0 {
			p.rows = append(p.rows, r)
			p.x = append(p.x, x[r*m.cols:][:m.cols]...)
			p.scale = append(p.scale, s)
		}
	}
	if len(p.rows) == 0 {
		return
	}
	size := (len(p.rows)-1)*m.stride + m.rows
	if size > len(p.y) {
		p.y = make([]float32, size)
	}
	m.MulWide(p.y[:size], p.x, p.scale, nil, len(p.rows))
	for i, r := range p.rows {
		Add(y[r*m.stride:][:m.rows], p.y[i*m.stride:][:m.rows])
	}
}

// An addedProduct is that of those rows whose scale is not 0. addedProducts holds such, between products.
type addedProduct struct {
	rows  []int
	x     []int16
	scale []float32
	y     []float32
}

var addedProducts = sync.Pool{New: func() any { return new(addedProduct) }}
