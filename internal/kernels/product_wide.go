package kernels

// MulWide is Mul for rows of int16 with their scales, as QuantizeWide makes them: y = x W^T + bias. The numbers of a row of I lie in
// [-A, A], A being the bound of QuantizeWide for I, so that an int32 holds every sum.
func (m *Matrix) MulWide(y []float32, x []int16, sx []float32, bias []float32, n int) {
	m.use.mulWide(y, m, x, sx, m.checked("MulWide", y, len(x), sx, bias, n), n)
}
