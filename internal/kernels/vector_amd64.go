//go:build !purego

package kernels

func quantizeAVX2(q []int8, x []float32) float32 {
	if len(x) == 0 || len(x)%8 != 0 {
		return quantizeGeneric(q, x)
	}
	_, scale := scales(quantizeBlocksAVX2(&q[0], &x[0], len(x)), 127)
	return scale
}

func geluAVX2(x []float32) {
	whole := len(x) &^ 7
	if whole > 0 {
		geluBlocksAVX2(&x[0], whole)
	}
	geluGeneric(x[whole:])
}

func layerNormAVX2(y, x, gain, bias []float32, eps float32) {
	// Blocks of 16 first: element i goes to partial sum i mod 16, in the registers as in Go.
	whole := len(x) &^ (partials - 1)
	if whole == 0 {
		layerNormGeneric(y, x, gain, bias, eps)
		return
	}
	var p, s [partials]float32
	addToAVX2(&p, &x[0], whole)
	addTo(&p, x, whole)
	mean := sumOf(&p) / float32(len(x))
	addSquaresToAVX2(&s, &x[0], whole, mean)
	addSquaresTo(&s, x, mean, whole)
	scale := inverseRoot(sumOf(&s)/float32(len(x)) + eps)
	normalizeAVX2(&y[0], &x[0], &gain[0], &bias[0], whole, mean, scale)
	normalize(y[whole:], x[whole:], gain[whole:], bias[whole:], mean, scale)
}

func rmsNormAVX2(y, x, gain []float32, eps float32) {
	whole := len(x) &^ (partials - 1)
	if whole == 0 {
		rmsNormGeneric(y, x, gain, eps)
		return
	}
	var s [partials]float32
	addSquaresToAVX2(&s, &x[0], whole, 0)
	addSquaresTo(&s, x, 0, whole)
	scale := inverseRoot(sumOf(&s)/float32(len(x)) + eps)
	scaleRowAVX2(&y[0], &x[0], &gain[0], whole, scale)
	scaleRow(y[whole:], x[whole:], gain[whole:], scale)
}

func splitOutliersAVX2(rest, outliers, x []float32, threshold float32) (any bool) {
	whole := len(x) &^ 7
	if whole > 0 {
		any = splitBlocksAVX2(&rest[0], &outliers[0], &x[0], whole, threshold)
	}
	return splitOutliersGeneric(rest[whole:], outliers[whole:], x[whole:], threshold) || any
}

func rotateAVX2(x, cos, sin []float32) {
	half := len(cos)
	if half == 0 || half%4 != 0 {
		rotateGeneric(x, cos, sin)
		return
	}
	rotateBlocksAVX2(&x[0], &x[half], &cos[0], &sin[0], half)
}

//go:noescape
func quantizeBlocksAVX2(q *int8, x *float32, n int) (bits uint32)

//go:noescape
func geluBlocksAVX2(x *float32, n int)

//go:noescape
func addToAVX2(p *[partials]float32, x *float32, n int)

//go:noescape
func addSquaresToAVX2(p *[partials]float32, x *float32, n int, mean float32)

//go:noescape
func normalizeAVX2(y, x, gain, bias *float32, n int, mean, scale float32)

//go:noescape
func scaleRowAVX2(y, x, gain *float32, n int, scale float32)

//go:noescape
func splitBlocksAVX2(rest, outliers, x *float32, n int, threshold float32) (any bool)

//go:noescape
func rotateBlocksAVX2(low, high, cos, sin *float32, n int)
