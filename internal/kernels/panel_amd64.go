//go:build !purego

package kernels

func panelProductAVX2(p panelProduct) {
	for i := range p.panels {
		p.panelAVX2(p.y[i*panelWidth:], p.w[i*p.wStride:], p.biasOf(i))
	}
}

func (p *panelProduct) panelAVX2(y, w, bias []float32) {
	start, startStride := zeroPanel, 0
	if p.more {
		start, startStride = y, p.yStride
	}
	for r := 0; r < p.n; {
		y, start, x := &y[r*p.yStride], &start[r*startStride], &p.x[r*p.xStride]
		switch rest := p.n - r; {
		case rest >= 6 && rest != 8: // 8 rows are twice 4
			panelProduct6AVX2(y, p.yStride, start, startStride, x, p.xStride, &w[0], p.terms, &bias[0])
			r += 6
		case rest >= 4:
			panelProduct4AVX2(y, p.yStride, start, startStride, x, p.xStride, &w[0], p.terms, &bias[0])
			r += 4
		case rest >= 2:
			panelProduct2AVX2(y, p.yStride, start, startStride, x, p.xStride, &w[0], p.terms, &bias[0])
			r += 2
		default:
			panelProduct1AVX2(y, start, x, &w[0], p.terms, &bias[0])
			r++
		}
	}
}

//go:noescape
func panelProduct6AVX2(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)

//go:noescape
func panelProduct4AVX2(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)

//go:noescape
func panelProduct2AVX2(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)

//go:noescape
func panelProduct1AVX2(y, start, x, w *float32, terms int, bias *float32)

// floatPeakAVX2 takes steps of 12 VMULPS and as many VADDPS, of 8 multiply-adds each.
func floatPeakAVX2(steps int)
