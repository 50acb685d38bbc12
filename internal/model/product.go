package model

import "lmz/internal/kernels"

// outlier is the magnitude from which Int8Outlier multiplies an activation apart (Dettmers et al. 2022, section 3.2).
const outlier = 6

// productScratch is memory for products.
type productScratch struct {
	q     [3][]int8    // (maxRows, the most inputs) quantised rows, in up to three parts that add up
	scale [3][]float32 // (maxRows) their scales
	apart []float32    // (the most inputs) outliers of a row
}

func newProductScratch(inputs int) (s productScratch) {
	for i := range s.q {
		s.q[i], s.scale[i] = make([]int8, maxRows*inputs), make([]float32, maxRows)
	}
	s.apart = make([]float32, inputs)
	return s
}

// product multiplies n rows: y = x W^T + bias. x is (n, I), and spoilt; y is (n, O).
func (s *State) product(y, x []float32, p linear, n int) {
	if p.float != nil {
		p.float.Mul(y, x, p.bias, n)
		return
	}
	width, parts := len(x)/n, 1
	for r := range n {
		parts = max(parts, s.quantise(x[r*width:(r+1)*width], r, s.model.Wide))
	}
	q, scale := &s.products.q, &s.products.scale
	p.weight.Mul(y, q[0][:n*width], scale[0][:n], p.bias, n)
	for i := 1; i < parts; i++ {
		p.weight.MulAdd(y, q[i][:n*width], scale[i][:n], n)
	}
}

// quantise makes row r of the parts of x, and says how many there are. Parts beyond have a scale of 0.
func (s *State) quantise(x []float32, r int, wide bool) (parts int) {
	width := len(x)
	var q [3][]int8
	for i := range q {
		q[i] = s.products.q[i][r*width : (r+1)*width]
		s.products.scale[i][r] = 0
	}
	scale := func(i int) *float32 { return &s.products.scale[i][r] }
	switch {
	case s.model.precision == Int8Outlier && kernels.SplitOutliers(x, s.products.apart[:width], x, outlier):
		*scale(0) = kernels.QuantizeRow(q[0], x)
		*scale(1), *scale(2) = kernels.QuantizeRow2(q[1], q[2], s.products.apart[:width])
		return 3
	case s.model.precision == Int8 && wide:
		*scale(0), *scale(1) = kernels.QuantizeRow2(q[0], q[1], x)
		return 2
	}
	*scale(0) = kernels.QuantizeRow(q[0], x)
	return 1
}
