//go:build !purego

package kernels

// tiles is avx512, but for products of many rows.
var tiles = func() implementation {
	i := avx512
	i.name, i.mul, i.mulWide = "amx", mulAMX, mulWideAMX
	i.peak = peakLoop{"TDPBSUD", 4 * 16 * 16 * 64, peakAMX}
	return i
}()

// tileBlock is how many rows go by at once: two tiles of activations by two of weights, whose layout in memory is that of the VNNI product.
const tileBlock = 32

// An amxProduct is a vnniProduct with a multiple of tileBlock rows, for widths that are multiples of 64.
type amxProduct struct{ vnniProduct }

// tiled is how many of n rows AMX takes: the rest, and other widths, are the VNNI product's.
func tiled(m *Matrix, n int) int {
	if m.cols%64 != 0 {
		return 0
	}
	return n / tileBlock * tileBlock
}

func mulAMX(y []float32, m *Matrix, x []int8, sx, bias []float32, n int) {
	whole := tiled(m, n)
	for r := 0; r < whole; r += blockRows {
		p := amxProduct{vnniProduct{m: m, x: x[r*m.cols:], width: m.cols, sx: sx[r:], n: min(blockRows, whole-r)}}
		p.mul(y[r*m.stride:], bias)
	}
	if whole < n {
		mulAVX512(y[whole*m.stride:], m, x[whole*m.cols:], sx[whole:], bias, n-whole)
	}
}

func mulWideAMX(y []float32, m *Matrix, x []int16, sx, bias []float32, n int) {
	whole := tiled(m, n)
	if whole > 0 {
		size := min(whole, blockRows) * m.cols
		buffer := takePaddedRows(2 * size)
		high, low := (*buffer)[:size], (*buffer)[size:2*size]
		for r := 0; r < whole; r += blockRows {
			p := amxProduct{vnniProduct{m: m, x: high, low: low, width: m.cols, sx: sx[r:], n: min(blockRows, whole-r)}}
			splitWideAVX512(&high[0], &low[0], &x[r*m.cols], p.n*m.cols)
			p.mul(y[r*m.stride:], bias)
		}
		paddedRows.Put(buffer)
	}
	if whole < n {
		mulWideAVX512(y[whole*m.stride:], m, x[whole*m.cols:], sx[whole:], bias, n-whole)
	}
}

func (p *amxProduct) mul(y, bias []float32) {
	shiftsAVX512(&p.shift[0], &p.x[0], p.width, p.n)
	if p.low != nil {
		var low [blockRows]int32
		shiftsAVX512(&low[0], &p.low[0], p.width, p.n)
		for i, s := range low[:p.n] {
			p.shift[i] = 16*p.shift[i] + s
		}
	}
	whole := p.m.rows &^ (widePanel - 1)
	for o := 0; o < whole; o += widePanel {
		p.panel(y[o:], p.m.stride, o, p.m.scale[o:], bias[o:])
	}
	if rest := p.m.rows - whole; rest > 0 {
		// The last panel is not full: it goes to a place of its own.
		var scale, b [widePanel]float32
		copy(scale[:], p.m.scale[whole:])
		copy(b[:], bias[whole:])
		var last [blockRows * widePanel]float32
		p.panel(last[:], widePanel, whole, scale[:], b[:])
		for r := range p.n {
			copy(y[r*p.m.stride+whole:][:rest], last[r*widePanel:])
		}
	}
}

// panel computes the panel of output o.
func (p *amxProduct) panel(y []float32, stride, o int, scale, bias []float32) {
	pass := func(x []int8, more bool) {
		for half := 0; half < widePanel; half += 32 {
			tileSumsAMX(&y[half], stride, &p.m.packed[o*p.width+half*4], &x[0], p.width, p.n/tileBlock, more)
		}
	}
	pass(p.x, false)
	if p.low != nil {
		times16AVX512(&y[0], stride, p.n)
		pass(p.low, true)
	}
	finishAMX(&y[0], stride, p.n, &p.shift[0], &p.sx[0], &scale[0], &bias[0])
}

// tileSumsAMX writes to sums, as int32, or adds to what they are, those of 32 outputs and so many blocks of 32 rows. A row of x begins width bytes, a
// multiple of 64, after the one before, a row of sums stride elements.
//
//go:noescape
func tileSumsAMX(sums *float32, stride int, w, x *int8, width, blocks int, more bool)

// finishAMX makes of 64 sums in each row of y, to which shift is added, float32(sum) * (sx * scale) + bias.
//
//go:noescape
func finishAMX(y *float32, stride, rows int, shift *int32, sx, scale, bias *float32)

func peakAMX(steps int)
