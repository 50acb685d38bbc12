//go:build !purego

package kernels

func quantizeNEON(q []int8, x []float32) float32 {
	if len(x) == 0 || len(x)%8 != 0 {
		return quantizeGeneric(q, x)
	}
	inverse, scale := scales(greatestBitsNEON(&x[0], len(x)), 127)
	quantizeBlocksNEON(&q[0], &x[0], len(x), inverse)
	return scale
}

func geluNEON(x []float32) {
	whole := len(x) &^ 7
	if whole > 0 {
		geluBlocksNEON(&x[0], whole)
	}
	geluGeneric(x[whole:])
}

func layerNormNEON(y, x, gain, bias []float32, eps float32) {
	// Blocks of 16 first: element i goes to partial sum i mod 16, in the registers as in Go.
	whole := len(x) &^ (partials - 1)
	if whole == 0 {
		layerNormGeneric(y, x, gain, bias, eps)
		return
	}
	var p, s [partials]float32
	addToNEON(&p, &x[0], whole)
	addTo(&p, x, whole)
	mean := sumOf(&p) / float32(len(x))
	addSquaresToNEON(&s, &x[0], whole, mean)
	addSquaresTo(&s, x, mean, whole)
	scale := inverseRoot(sumOf(&s)/float32(len(x)) + eps)
	normalizeNEON(&y[0], &x[0], &gain[0], &bias[0], whole, mean, scale)
	normalize(y[whole:], x[whole:], gain[whole:], bias[whole:], mean, scale)
}

func rmsNormNEON(y, x, gain []float32, eps float32) {
	whole := len(x) &^ (partials - 1)
	if whole == 0 {
		rmsNormGeneric(y, x, gain, eps)
		return
	}
	var s [partials]float32
	addSquaresToNEON(&s, &x[0], whole, 0)
	addSquaresTo(&s, x, 0, whole)
	scale := inverseRoot(sumOf(&s)/float32(len(x)) + eps)
	scaleRowNEON(&y[0], &x[0], &gain[0], whole, scale)
	scaleRow(y[whole:], x[whole:], gain[whole:], scale)
}

func rotateNEON(x, cos, sin []float32) {
	half := len(cos)
	if half == 0 || half%4 != 0 {
		rotateGeneric(x, cos, sin)
		return
	}
	rotateBlocksNEON(&x[0], &x[half], &cos[0], &sin[0], half)
}

// greatestBitsNEON gives the bits of the greatest magnitude.
//
//go:noescape
func greatestBitsNEON(x *float32, n int) (bits uint32)

//go:noescape
func quantizeBlocksNEON(q *int8, x *float32, n int, inverse float32)

//go:noescape
func geluBlocksNEON(x *float32, n int)

//go:noescape
func addToNEON(p *[partials]float32, x *float32, n int)

//go:noescape
func addSquaresToNEON(p *[partials]float32, x *float32, n int, mean float32)

//go:noescape
func normalizeNEON(y, x, gain, bias *float32, n int, mean, scale float32)

//go:noescape
func scaleRowNEON(y, x, gain *float32, n int, scale float32)

//go:noescape
func rotateBlocksNEON(low, high, cos, sin *float32, n int)
