//go:build !purego

package kernels

import "sync"

// panel is how many outputs the vector product computes abreast, two registers of float32.
const panel = 16

// packPairs orders weights for the vector product: panels of 16 outputs; in each, pairs of columns;
// in each, for every output, the two weights. Outputs are filled up with zeros to a multiple of 16, columns to
// one of 4: the loop takes two pairs at a time.
func packPairs(w []int8, rows, cols int) []int8 {
	width := (cols + 3) &^ 3
	packed := make([]int8, (rows+panel-1)/panel*panel*width)
	for o := range rows {
		row, p := w[o*cols:][:cols], packed[o/panel*panel*width+o%panel*2:]
		i := 0
		for ; i+2 <= cols; i += 2 {
			pair := p[i*panel:][:2]
			pair[0], pair[1] = row[i], row[i+1]
		}
		if i < cols {
			p[i*panel] = row[i]
		}
	}
	return packed
}

// wideRows holds activations as int16, between products.
var wideRows = sync.Pool{New: func() any { return new([]int16) }}

// takeWideRows takes n rows of width, which the caller gives back to wideRows.
func takeWideRows(n, width int) *[]int16 {
	buffer := wideRows.Get().(*[]int16)
	if len(*buffer) < n*width {
		*buffer = make([]int16, n*width)
	}
	return buffer
}

func mulAVX2(y []float32, m *Matrix, x []int8, sx, bias []float32, n int) {
	width := (m.cols + 3) &^ 3
	buffer := takeWideRows(n, width)
	defer wideRows.Put(buffer)
	wide := (*buffer)[:n*width]
	if width == m.cols {
		widen(wide, x)
	} else {
		for r := range n {
			row := wide[r*width:][:width]
			widen(row, x[r*m.cols:][:m.cols])
			clear(row[m.cols:])
		}
	}
	mulPairs(y, m, wide, width, sx, bias, n)
}

// mulPairs multiplies rows of int16, which are filled up with zeros to width.
func mulPairs(y []float32, m *Matrix, wide []int16, width int, sx, bias []float32, n int) {
	whole := m.rows &^ (panel - 1)
	for o := 0; o < whole; o += panel {
		mulPanel(y[o:], m.stride, m.packed[o*width:], wide, width, sx, m.scale[o:], bias[o:], n)
	}
	if rest := m.rows - whole; rest > 0 {
		// The last panel is not full: it goes to a tile of its own, some rows at a time.
		var scale, b [panel]float32
		copy(scale[:], m.scale[whole:])
		copy(b[:], bias[whole:])
		var tile [4 * panel]float32
		for r := 0; r < n; r += 4 {
			some := min(4, n-r)
			mulPanel(tile[:], panel, m.packed[whole*width:], wide[r*width:], width, sx[r:], scale[:], b[:], some)
			for i := range some {
				copy(y[(r+i)*m.stride+whole:][:rest], tile[i*panel:])
			}
		}
	}
}

// mulPanel computes 16 outputs of n rows. A row of y begins stride elements after the one before. The weights of the panel
// are the first of w. Those of the next are asked for meanwhile, every four rows for their part: with few rows, as in a decoder,
// weights come from memory as fast as they are used.
func mulPanel(y []float32, stride int, w []int8, x []int16, width int, sx, scale, bias []float32, n int) {
	size := min(panel*width, len(w)-panel*width) // of the next panel
	pace := 64 / max(1, n/4)
	r := 0
	for ; r+4 <= n; r += 4 {
		next := &w[min(panel*width+r*size/n, len(w)-1)]
		product4AVX2(&y[r*stride], stride, &w[0], &x[r*width], width, &sx[r], &scale[0], &bias[0], next, pace)
	}
	for ; r < n; r++ {
		product1AVX2(&y[r*stride], &w[0], &x[r*width], width, &sx[r], &scale[0], &bias[0])
	}
}

// widen writes x to the first elements of wide.
func widen(wide []int16, x []int8) {
	whole := len(x) &^ 15
	wide = wide[:len(wide):len(wide)]
	if whole > 0 {
		widenAVX2(&wide[0], &x[0], whole)
	}
	for i := whole; i < len(x); i++ {
		wide[i] = int16(x[i])
	}
}

// product4AVX2 computes 16 outputs of 4 rows of x; cols is a multiple of 4.
//
//go:noescape
func product4AVX2(y *float32, stride int, w *int8, x *int16, cols int, sx, scale, bias *float32, next *int8, pace int)

//go:noescape
func product1AVX2(y *float32, w *int8, x *int16, cols int, sx, scale, bias *float32)

//go:noescape
func widenAVX2(dst *int16, src *int8, n int)
