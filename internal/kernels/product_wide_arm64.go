//go:build !purego

package kernels

func mulWideNEON(y []float32, m *Matrix, x []int16, sx, bias []float32, n int) {
	mulWidePacked(y, m, x, sx, bias, n, panelNEON, 16, wholeVectors(m.cols), 0)
}

func mulWideDotprod(y []float32, m *Matrix, x []int16, sx, bias []float32, n int) {
	mulWidePacked(y, m, x, sx, bias, n, panelDotprod, 4, wholeVectors(m.cols), 0)
}
