//go:build !purego

package kernels

func swiGLUNEON(gate, up []float32) {
	whole := len(gate) &^ 7
	if whole > 0 {
		swiGLUBlocksNEON(&gate[0], &up[0], whole)
	}
	swiGLUGeneric(gate[whole:], up[whole:])
}

func geluTanhNEON(x []float32) {
	whole := len(x) &^ 7
	if whole > 0 {
		geluTanhBlocksNEON(&x[0], whole)
	}
	geluTanhGeneric(x[whole:])
}

//go:noescape
func swiGLUBlocksNEON(gate, up *float32, n int)

//go:noescape
func geluTanhBlocksNEON(x *float32, n int)
