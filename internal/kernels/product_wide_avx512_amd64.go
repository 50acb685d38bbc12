//go:build !purego

package kernels

// mulWideAVX512 multiplies bytes, as mulAVX512 does: twice as many.
func mulWideAVX512(y []float32, m *Matrix, x []int16, sx, bias []float32, n int) {
	width := (m.cols + 3) &^ 3
	size := min(n, blockRows) * width
	buffer := takePaddedRows(2 * size)
	defer paddedRows.Put(buffer)
	high, low := (*buffer)[:size], (*buffer)[size:2*size]
	for r := 0; r < n; r += blockRows {
		p := vnniProduct{m: m, x: high, low: low, width: width, sx: sx[r:], n: min(blockRows, n-r)}
		for i := range p.n {
			h, l := high[i*width:][:width], low[i*width:][:width]
			splitWideAVX512(&h[0], &l[0], &x[(r+i)*m.cols], m.cols)
			clear(h[m.cols:])
			clear(l[m.cols:])
		}
		p.mul(y[r*m.stride:], bias)
	}
}

// splitWideAVX512 makes of numbers in [-2032, 2032] two bytes each, x[i] = 16 high[i] + low[i], high in [-127, 127] and low in [-8, 7].
//
//go:noescape
func splitWideAVX512(high, low *int8, x *int16, n int)

// times16AVX512 multiplies 64 sums, int32, of each of so many rows by 16. A row begins stride elements after the one before.
//
//go:noescape
func times16AVX512(sums *float32, stride, rows int)
