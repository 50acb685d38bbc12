package kernels

import "fmt"

// MulWide is Mul for rows of int16 with their scales, as QuantizeWide makes them: y = x W^T + bias. The numbers of a row of I lie in
// [-A, A], A being the bound of QuantizeWide for I, so that an int32 holds every sum.
func (m *Matrix) MulWide(y []float32, x []int16, sx []float32, bias []float32, n int) {
	if n < 1 {
		panic(fmt.Sprintf("kernels: MulWide: %d rows, want at least 1", n))
	}
	if bias == nil {
		bias = m.zeros
	}
	m.hasOutputs("MulWide", y, n)
	sameLength("MulWide", len(x), n*m.cols)
	sameLength("MulWide", len(sx), n)
	sameLength("MulWide", len(bias), m.rows)
	m.use.mulWide(y, m, x, sx, bias, n)
}
