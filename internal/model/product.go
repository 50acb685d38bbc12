package model

import "lmz/internal/kernels"

// outlier is the magnitude from which Int8Outlier multiplies an activation apart (Dettmers et al. 2022, section 3.2).
const outlier = 6

// productScratch is memory for products.
type productScratch struct {
	q         []int8    // (maxRows, the most inputs) rows of 8 bits
	scale     []float32 // (maxRows) their scales
	wide      []int16   // (maxRows, the most inputs) rows of 12 bits, or outliers
	wideScale []float32 // (maxRows) their scales
	outliers  []float32 // (the most inputs) of a row
}

func newProductScratch(inputs int) productScratch {
	return productScratch{
		q: make([]int8, maxRows*inputs), scale: make([]float32, maxRows),
		wide: make([]int16, maxRows*inputs), wideScale: make([]float32, maxRows),
		outliers: make([]float32, inputs),
	}
}

// product multiplies n rows: y = x W^T + bias. x is (n, I), and spoilt; y is (n, O).
func (s *State) product(y, x []float32, p linear, n int) {
	t := &s.products
	switch {
	case p.float != nil:
		p.float.Mul(y, x, p.bias, n)
	case s.model.precision == Int8Outlier:
		s.outlierProduct(y, x, p, n)
	case s.model.Wide:
		width := len(x) / n
		for r := range n {
			t.wideScale[r] = kernels.QuantizeWide(t.wide[r*width:][:width], x[r*width:][:width])
		}
		s.outputs(p, n, func(part *kernels.Matrix, from int, bias []float32) {
			part.MulWide(y[from:], t.wide[:n*width], t.wideScale[:n], bias, n)
		})
	default:
		width := len(x) / n
		for r := range n {
			t.scale[r] = kernels.QuantizeRow(t.q[r*width:][:width], x[r*width:][:width])
		}
		s.outputs(p, n, func(part *kernels.Matrix, from int, bias []float32) {
			part.Mul(y[from:], t.q[:n*width], t.scale[:n], bias, n)
		})
	}
}

// outlierProduct is product with the outliers of each row multiplied apart, in 12 bits.
func (s *State) outlierProduct(y, x []float32, p linear, n int) {
	t, width, any := &s.products, len(x)/n, false
	outliers := t.outliers[:width]
	for r := range n {
		row := x[r*width:][:width]
		t.wideScale[r] = 0
		if kernels.SplitOutliers(row, outliers, row, outlier) {
			t.wideScale[r] = kernels.QuantizeWide(t.wide[r*width:][:width], outliers)
			any = true
		}
		t.scale[r] = kernels.QuantizeRow(t.q[r*width:][:width], row)
	}
	s.outputs(p, n, func(part *kernels.Matrix, from int, bias []float32) {
		part.Mul(y[from:], t.q[:n*width], t.scale[:n], bias, n)
		if any {
			part.MulAdd(y[from:], t.wide[:n*width], t.wideScale[:n], n)
		}
	})
}
