//go:build !purego

package kernels

var panelLoopsNEON = panelLoops{{4, panelProduct4NEON}, {1, panelProduct1NEON}}

func panelProductNEON(p panelProduct) { panelLoopsNEON.product(&p) }

//go:noescape
func panelProduct4NEON(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)

//go:noescape
func panelProduct1NEON(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)

// floatPeakNEON takes steps of 16 FMUL and as many FADD, of 4 multiply-adds each.
func floatPeakNEON(steps int)
