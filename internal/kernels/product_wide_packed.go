package kernels

// mulWidePacked is MulWide for a matrix in panels of outputs and blocks of columns, a byte's bits turned by flip.
func mulWidePacked(y []float32, m *Matrix, x []int16, sx, bias []float32, n, panel, block, width int, flip int8) {
	w := make([]int8, m.cols)
	for o := range m.rows {
		p := m.packed[o/panel*panel*width+o%panel*block:]
		for i := range w {
			w[i] = p[i/block*block*panel+i%block] ^ flip
		}
		for r := range n {
			a := dotWide(x[r*m.cols:][:m.cols], w)
			scale := float32(sx[r] * m.scale[o])
			y[r*m.rows+o] = float32(float32(a)*scale) + bias[o]
		}
	}
}
