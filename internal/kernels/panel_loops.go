//go:build (amd64 || arm64) && !purego

package kernels

// panelLoop is the product of so many rows and one panel, whose sums begin with start. Rows lie strides of elements apart.
type panelLoop struct {
	rows int
	run  func(y *float32, yStride int, start *float32, startStride int, x *float32, xStride int, w *float32, terms int, bias *float32)
}

// panelLoops are those of one implementation, the one of most rows first and that of 1 row last.
type panelLoops []panelLoop

func (loops panelLoops) product(p *panelProduct) {
	for i := range p.panels {
		y, w, bias := p.y[i*panelWidth:], p.w[i*p.wStride:], p.biasOf(i)
		start, startStride := zeroPanel, 0
		if p.more {
			start, startStride = y, p.yStride
		}
		for r := 0; r < p.n; {
			loop := loops.fitting(p.n - r)
			loop.run(&y[r*p.yStride], p.yStride, &start[r*startStride], startStride, &p.x[r*p.xStride], p.xStride, &w[0], p.terms, &bias[0])
			r += loop.rows
		}
	}
}

// fitting is the loop of the most rows, but not more than n; or the one after it if that takes n rows in two equal parts.
func (loops panelLoops) fitting(n int) panelLoop {
	i := 0
	for loops[i].rows > n {
		i++
	}
	if next := i + 1; next < len(loops) && n > loops[i].rows && n == 2*loops[next].rows {
		return loops[next]
	}
	return loops[i]
}
