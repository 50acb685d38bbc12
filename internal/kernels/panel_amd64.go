//go:build !purego

package kernels

var panelLoopsAVX2 = panelLoops{{6, panelProduct6AVX2}, {4, panelProduct4AVX2}, {2, panelProduct2AVX2}, {1, panelProduct1AVX2}}

func panelProductAVX2(p panelProduct) { panelLoopsAVX2.product(&p) }

//go:noescape
func panelProduct6AVX2(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)

//go:noescape
func panelProduct4AVX2(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)

//go:noescape
func panelProduct2AVX2(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)

//go:noescape
func panelProduct1AVX2(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)

// floatPeakAVX2 takes steps of 12 VMULPS and as many VADDPS, of 8 multiply-adds each.
func floatPeakAVX2(steps int)
