//go:build !purego

package kernels

func swiGLUAVX2(gate, up []float32) {
	whole := len(gate) &^ 7
	if whole > 0 {
		swiGLUBlocksAVX2(&gate[0], &up[0], whole)
	}
	swiGLUGeneric(gate[whole:], up[whole:])
}

func geluTanhAVX2(x []float32) {
	whole := len(x) &^ 7
	if whole > 0 {
		geluTanhBlocksAVX2(&x[0], whole)
	}
	geluTanhGeneric(x[whole:])
}

//go:noescape
func swiGLUBlocksAVX2(gate, up *float32, n int)

//go:noescape
func geluTanhBlocksAVX2(x *float32, n int)
