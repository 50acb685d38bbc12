//go:build !purego

package kernels

const (
	// A panel is of the outputs that a product computes abreast.
	panelNEON    = 4
	panelDotprod = 16
	// vector is the columns of a register of activations, of which a row must be a multiple.
	vector = 16
)

// packNEON orders weights by panels of 4 outputs; in each, blocks of 16 columns; in each, output after output.
func packNEON(w []int8, rows, cols int) []int8 { return packBlocks(w, rows, cols, panelNEON, 16) }

// packDotprod orders weights by panels of 16 outputs; in each, blocks of 4 columns; in each, output after output.
func packDotprod(w []int8, rows, cols int) []int8 { return packBlocks(w, rows, cols, panelDotprod, 4) }

// packBlocks fills up with zeros, outputs to a multiple of a panel, columns to one of 16.
func packBlocks(w []int8, rows, cols, panel, block int) []int8 {
	width := wholeVectors(cols)
	packed := make([]int8, (rows+panel-1)/panel*panel*width)
	for o := range rows {
		p := packed[o/panel*panel*width+o%panel*block:]
		for i, x := range w[o*cols:][:cols] {
			p[i/block*block*panel+i%block] = x
		}
	}
	return packed
}

func wholeVectors(cols int) int { return (cols + vector - 1) &^ (vector - 1) }

func mulNEON(y []float32, m *Matrix, x []int8, sx, bias []float32, n int) {
	mulBytes(panelNEON, y, m, x, sx, bias, n)
}

func mulDotprod(y []float32, m *Matrix, x []int8, sx, bias []float32, n int) {
	mulBytes(panelDotprod, y, m, x, sx, bias, n)
}

func mulBytes(panel int, y []float32, m *Matrix, x []int8, sx, bias []float32, n int) {
	width := wholeVectors(m.cols)
	if width > m.cols {
		buffer := padRows(x, n, m.cols, width)
		defer paddedRows.Put(buffer)
		x = (*buffer)[:n*width]
	}
	mulPanels(panel, y, m, activations{x, nil, width}, sx, bias, n)
}

// activations are rows of width bytes, or of numbers 16 x + low if there is low. Rows are filled up with zeros.
type activations struct {
	x, low []int8
	width  int
}

// row is where the bytes of row r are.
func (a *activations) row(r int) (x, low *int8) {
	if a.low != nil {
		low = &a.low[r*a.width]
	}
	return &a.x[r*a.width], low
}

func mulPanels(panel int, y []float32, m *Matrix, x activations, sx, bias []float32, n int) {
	width := x.width
	whole := m.rows / panel * panel
	for o := 0; o < whole; o += panel {
		mulPanel(panel, y[o:], m.stride, m.packed[o*width:], &x, 0, sx, m.scale[o:], bias[o:], n)
	}
	if rest := m.rows - whole; rest > 0 {
		// The last panel is not full: it goes to a tile of its own, some rows at a time.
		var scale, b [panelDotprod]float32
		copy(scale[:], m.scale[whole:])
		copy(b[:], bias[whole:])
		var tile [4 * panelDotprod]float32
		for r := 0; r < n; r += 4 {
			some := min(4, n-r)
			mulPanel(panel, tile[:], panel, m.packed[whole*width:], &x, r, sx[r:], scale[:], b[:], some)
			for i := range some {
				copy(y[(r+i)*m.stride+whole:][:rest], tile[i*panel:])
			}
		}
	}
}

// mulPanel computes the outputs of a panel for n rows, from row first of x on. A row of y begins stride elements after the one before.
func mulPanel(panel int, y []float32, stride int, w []int8, x *activations, first int, sx, scale, bias []float32, n int) {
	r := 0
	if panel == panelDotprod {
		for ; r+4 <= n; r += 4 {
			high, low := x.row(first + r)
			product4Dotprod(&y[r*stride], stride, &w[0], high, low, x.width, &sx[r], &scale[0], &bias[0])
		}
		for ; r < n; r++ {
			high, low := x.row(first + r)
			product1Dotprod(&y[r*stride], &w[0], high, low, x.width, &sx[r], &scale[0], &bias[0])
		}
		return
	}
	for ; r+4 <= n; r += 4 {
		high, low := x.row(first + r)
		product4NEON(&y[r*stride], stride, &w[0], high, low, x.width, &sx[r], &scale[0], &bias[0])
	}
	for ; r < n; r++ {
		high, low := x.row(first + r)
		product1NEON(&y[r*stride], &w[0], high, low, x.width, &sx[r], &scale[0], &bias[0])
	}
}

// product4NEON computes 4 outputs of 4 rows of x, or of 16 x + low where low is not nil; cols is a multiple of 16, and at least 16.
//
//go:noescape
func product4NEON(y *float32, stride int, w, x, low *int8, cols int, sx, scale, bias *float32)

//go:noescape
func product1NEON(y *float32, w, x, low *int8, cols int, sx, scale, bias *float32)

// product4Dotprod computes 16 outputs of 4 rows as product4NEON does 4.
//
//go:noescape
func product4Dotprod(y *float32, stride int, w, x, low *int8, cols int, sx, scale, bias *float32)

//go:noescape
func product1Dotprod(y *float32, w, x, low *int8, cols int, sx, scale, bias *float32)

// peakNEON takes steps of 48 instructions for 256 multiply-adds, as product4NEON has between its loads.
func peakNEON(steps int)

// peakDotprod takes steps of 16 SDOT of 16 multiply-adds.
func peakDotprod(steps int)
