//go:build !purego

package kernels

func mulWideNEON(y []float32, m *Matrix, x []int16, sx, bias []float32, n int) {
	mulWidePanels(panelNEON, y, m, x, sx, bias, n)
}

func mulWideDotprod(y []float32, m *Matrix, x []int16, sx, bias []float32, n int) {
	mulWidePanels(panelDotprod, y, m, x, sx, bias, n)
}

// mulWidePanels multiplies bytes, as mulPanels does: twice as many.
func mulWidePanels(panel int, y []float32, m *Matrix, x []int16, sx, bias []float32, n int) {
	width := wholeVectors(m.cols)
	size := n * width
	buffer := takePaddedRows(2 * size)
	defer paddedRows.Put(buffer)
	high, low := (*buffer)[:size], (*buffer)[size:2*size]
	for r := range n {
		row, h, l := x[r*m.cols:][:m.cols], high[r*width:][:width], low[r*width:][:width]
		whole := m.cols / vector * vector
		if whole > 0 {
			splitWideNEON(&h[0], &l[0], &row[0], whole)
		}
		splitWide(h[whole:], l[whole:], row[whole:])
		clear(h[m.cols:])
		clear(l[m.cols:])
	}
	mulPanels(panel, y, m, activations{high, low, width}, sx, bias, n)
}

// splitWide makes of numbers in [-2032, 2032] two bytes each, x[i] = 16 high[i] + low[i], high in [-127, 127] and low in [-8, 7].
func splitWide(high, low []int8, x []int16) {
	for i, v := range x {
		h := (v + 8) >> 4
		high[i], low[i] = int8(h), int8(v-h<<4)
	}
}

func quantizeWideNEON(q []int16, x []float32) float32 {
	if len(x) == 0 || len(x)%8 != 0 {
		return quantizeWideGeneric(q, x)
	}
	inverse, scale := scales(greatestBitsNEON(&x[0], len(x)), float32(wideBound(len(x))))
	quantizeWideBlocksNEON(&q[0], &x[0], len(x), inverse)
	return scale
}

// splitWideNEON is splitWide for a multiple of 16 numbers, at least 16.
//
//go:noescape
func splitWideNEON(high, low *int8, x *int16, n int)

//go:noescape
func quantizeWideBlocksNEON(q *int16, x *float32, n int, inverse float32)
