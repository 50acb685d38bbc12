//go:build !purego

package kernels

func mulWideAVX512(y []float32, m *Matrix, x []int16, sx, bias []float32, n int) {
	mulWidePacked(y, m, x, sx, bias, n, widePanel, 4, (m.cols+3)&^3, -128)
}
