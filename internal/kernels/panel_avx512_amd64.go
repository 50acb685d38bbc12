//go:build !purego

package kernels

var panelLoopsAVX512 = panelLoops{{6, panelProduct6AVX512}, {4, panelProduct4AVX512}, {2, panelProduct2AVX512}, {1, panelProduct1AVX512}}

func panelProductAVX512(p panelProduct) { panelLoopsAVX512.product(&p) }

//go:noescape
func panelProduct6AVX512(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)

//go:noescape
func panelProduct4AVX512(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)

//go:noescape
func panelProduct2AVX512(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)

//go:noescape
func panelProduct1AVX512(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)

// floatPeakAVX512 takes steps of 12 VMULPS and as many VADDPS, of 16 multiply-adds each.
func floatPeakAVX512(steps int)
