//go:build !purego

package kernels

// mulWideAVX2 is mulAVX2 without the widening: products of int16 are what that multiplies with as well.
func mulWideAVX2(y []float32, m *Matrix, x []int16, sx, bias []float32, n int) {
	width := (m.cols + 3) &^ 3
	if width != m.cols {
		buffer := takeWideRows(n, width)
		defer wideRows.Put(buffer)
		for r := range n {
			row := (*buffer)[r*width:][:width]
			clear(row[copy(row, x[r*m.cols:][:m.cols]):])
		}
		x = (*buffer)[:n*width]
	}
	mulPairs(y, m, x, width, sx, bias, n)
}

func quantizeWideAVX2(q []int16, x []float32) float32 {
	if len(x) == 0 || len(x)%8 != 0 {
		return quantizeWideGeneric(q, x)
	}
	most := float32(wideBound(len(x)))
	_, scale := scales(quantizeWideBlocksAVX2(&q[0], &x[0], len(x), most), most)
	return scale
}

//go:noescape
func quantizeWideBlocksAVX2(q *int16, x *float32, n int, most float32) (bits uint32)
