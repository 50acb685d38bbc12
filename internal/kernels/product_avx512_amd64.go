//go:build !purego

package kernels

const (
	// widePanel is how many outputs the VNNI product computes abreast, four registers of int32.
	widePanel = 64
	// tileRows is how many rows it computes at once, at most.
	tileRows = 6
	// A block of rows and columns, and the panel's weights for the columns, are read over and over: 192 and 128 KiB,
	// together less than a second-level cache. So is the panel's part of y, which holds the sums between blocks of columns.
	blockRows = 96
	blockCols = 2048
)

// packQuads orders weights for the VNNI product: panels of 64 outputs; in each, quads of columns; in each, for
// every output, the four weights. Outputs are filled up to a multiple of 64, columns to one of 4.
//
// VPDPBUSD multiplies unsigned bytes by signed ones. The weights are the unsigned ones, w+128, because they can
// be made so here, once; activations are read where they lie. What 128 adds to the sums,
// 128 times the sum of a row's activations, is the same for all outputs: the sums begin with its negative.
// They wrap modulo 2^32, and so does what is added; the sum that is left is the product modulo
// 2^32, and the product fits in an int32 for rows up to MaxCols.
func packQuads(w []int8, rows, cols int) []int8 {
	width := (cols + 3) &^ 3
	packed := make([]int8, (rows+widePanel-1)/widePanel*widePanel*width)
	const add128 = -128 // to a byte, by exclusive or
	for o := range rows {
		row, p := w[o*cols:][:cols], packed[o/widePanel*widePanel*width+o%widePanel*4:]
		i := 0
		for ; i+4 <= cols; i += 4 {
			quad := p[i*widePanel:][:4]
			quad[0], quad[1], quad[2], quad[3] = row[i]^add128, row[i+1]^add128, row[i+2]^add128, row[i+3]^add128
		}
		for j, x := range row[i:] {
			p[i*widePanel+j] = x ^ add128
		}
	}
	return packed
}

func mulAVX512(y []float32, m *Matrix, x []int8, sx, bias []float32, n int) {
	width := (m.cols + 3) &^ 3
	if width != m.cols {
		buffer := padRows(x, n, m.cols, width)
		defer paddedRows.Put(buffer)
		x = (*buffer)[:n*width]
	}
	for r := 0; r < n; r += blockRows {
		p := vnniProduct{m: m, x: x[r*width:], width: width, sx: sx[r:], n: min(blockRows, n-r)}
		p.mul(y[r*m.stride:], bias)
	}
}

// A vnniProduct is the product with up to blockRows rows: of x, or of 16 x + low if there is low.
type vnniProduct struct {
	m     *Matrix
	x     []int8 // (n, width)
	low   []int8 // (n, width), or nil
	width int
	sx    []float32
	n     int
	shift [blockRows + tileRows]int32 // what the sums of each row begin with; a tile's sums are set for six rows
}

func (p *vnniProduct) mul(y, bias []float32) {
	shiftsAVX512(&p.shift[0], &p.x[0], p.width, p.n)
	if p.low != nil {
		// Sums of x become 16 times as large, and so do shifts: a sixteenth of those of low is in place.
		var low [blockRows]int32
		shiftsAVX512(&low[0], &p.low[0], p.width, p.n)
		for i, s := range low[:p.n] {
			p.shift[i] += s / 16
		}
	}
	// Tiles of equal height, as far as they can: the remainder of n would be a tile of few products for its loads.
	tiles := (p.n + tileRows - 1) / tileRows
	whole := p.m.rows &^ (widePanel - 1)
	for o := 0; o < whole; o += widePanel {
		p.panel(y[o:], p.m.stride, o, 0, tiles, tiles, p.m.scale[o:], bias[o:])
	}
	if rest := p.m.rows - whole; rest > 0 {
		// The last panel is not full: it goes to a tile of its own.
		var scale, b [widePanel]float32
		copy(scale[:], p.m.scale[whole:])
		copy(b[:], bias[whole:])
		var tile [tileRows * widePanel]float32
		for t := range tiles {
			r, end := p.n*t/tiles, p.n*(t+1)/tiles
			p.panel(tile[:], widePanel, whole, t, t+1, tiles, scale[:], b[:])
			for i := range end - r {
				copy(y[(r+i)*p.m.stride+whole:][:rest], tile[i*widePanel:])
			}
		}
	}
}

// panel computes the panel of output o for some of the tiles. y begins with their first row. A pass begins with the shifts or goes on from
// the sums in y; where it has a scale, its last block of columns turns sums into results.
func (p *vnniProduct) panel(y []float32, stride, o, from, to, tiles int, scale, bias []float32) {
	row := func(t int) int { return p.n * t / tiles }
	pass := func(x []int8, begin bool, scale *float32) {
		for c := 0; c < p.width; c += blockCols {
			last := scale
			if c+blockCols < p.width {
				last = nil
			}
			cols := min(blockCols, p.width-c)
			for t := from; t < to; t++ {
				r := row(t)
				var first *int32
				if begin && c == 0 {
					first = &p.shift[r]
				}
				w, x, y := &p.m.packed[o*p.width+c*widePanel], &x[r*p.width+c], &y[(r-row(from))*stride]
				productAVX512(y, stride, w, x, p.width, cols/4, row(t+1)-r, first, &p.sx[r], last, &bias[0])
			}
		}
	}
	if p.low == nil {
		pass(p.x, true, &scale[0])
		return
	}
	pass(p.x, true, nil)
	times16AVX512(&y[0], stride, row(to)-row(from))
	pass(p.low, false, &scale[0])
}

// productAVX512 computes 64 outputs of 1 to 6 rows, a row of x every width bytes, of y every stride elements. The
// sums begin with shift, which has six elements, or with what y holds as int32 where shift is nil. They become
// float32(sum) * (sx * scale) + bias, or stay int32 where scale is nil.
//
//go:noescape
func productAVX512(y *float32, stride int, w, x *int8, width, steps, rows int, shift *int32, sx, scale, bias *float32)

// shiftsAVX512 writes -128 times the sum of each of n rows, at least 1, one after another.
//
//go:noescape
func shiftsAVX512(shift *int32, x *int8, cols, n int)

func peakAVX512(steps int)
