//go:build !purego

package kernels

func quantizeAVX512(q []int8, x []float32) float32 {
	if len(x) == 0 {
		return 0
	}
	_, scale := scales(quantizeRowAVX512(&q[0], &x[0], len(x)), 127)
	return scale
}

func geluAVX512(x []float32) {
	if len(x) > 0 {
		geluRowAVX512(&x[0], len(x))
	}
}

func layerNormAVX512(y, x, gain, bias []float32, eps float32) {
	layerNormRowAVX512(&y[0], &x[0], &gain[0], &bias[0], len(x), float32(len(x)), eps)
}

func rotateAVX512(x, cos, sin []float32) {
	half := len(cos)
	if half == 0 || half%4 != 0 {
		rotateGeneric(x, cos, sin)
		return
	}
	rotateBlocksAVX512(&x[0], &x[half], &cos[0], &sin[0], half)
}

//go:noescape
func quantizeRowAVX512(q *int8, x *float32, n int) (bits uint32)

//go:noescape
func geluRowAVX512(x *float32, n int)

// layerNormRowAVX512 is LayerNorm; count is n.
//
//go:noescape
func layerNormRowAVX512(y, x, gain, bias *float32, n int, count, eps float32)

//go:noescape
func rotateBlocksAVX512(low, high, cos, sin *float32, n int)
