package kernels

// panelWidth is how many sums of floats stand abreast: the outputs, positions or columns of a panel.
const panelWidth = 16

// panels is how many panels n outputs, positions or columns take.
func panels(n int) int { return (n + panelWidth - 1) / panelWidth }

// panelProduct is the one product of floats, that of n rows and of panels. For row r and panel p, j < 16, each operation
// rounded by itself and in this order,
//
//	y[r,p,j] = ((0 + x[r,0] w[p,0,j]) + x[r,1] w[p,1,j] + ...) + bias[p,j].
//
// The outputs of a FloatMatrix stand in panels, and of a FloatCache the positions of keys and the columns of values. Sums
// that start with +0 never become -0, so that where there is no bias one of +0 may stand.
type panelProduct struct {
	n, panels, terms int

	y    []float32 // (n, panels, 16)
	x    []float32 // (n, terms)
	w    []float32 // (panels, terms, 16)
	bias []float32 // (panels, 16), or nil
	more bool      // the sums start with what y holds, those of other terms

	yStride, xStride int // elements from one row to the next
	wStride          int // and from one panel
}

func panelProductGeneric(p panelProduct) {
	for panel := range p.panels {
		w := p.w[panel*p.wStride:][:p.terms*panelWidth]
		bias := p.biasOf(panel)
		for r := range p.n {
			x, y := p.x[r*p.xStride:][:p.terms], p.y[r*p.yStride+panel*panelWidth:][:panelWidth]
			if !p.more {
				clear(y)
			}
			// Eight sums at a time are as many as stay in registers.
			for j := 0; j < panelWidth; j += 8 {
				s := [8]float32(y[j:])
				s0, s1, s2, s3, s4, s5, s6, s7 := s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]
				for i, v := range x {
					w := (*[8]float32)(w[i*panelWidth+j:])
					s0 += float32(v * w[0])
					s1 += float32(v * w[1])
					s2 += float32(v * w[2])
					s3 += float32(v * w[3])
					s4 += float32(v * w[4])
					s5 += float32(v * w[5])
					s6 += float32(v * w[6])
					s7 += float32(v * w[7])
				}
				s = [8]float32{s0, s1, s2, s3, s4, s5, s6, s7}
				for k, b := range bias[j : j+8] {
					y[j+k] = s[k] + b
				}
			}
		}
	}
}

// zeroPanel is where sums start, and the bias where there is none.
var zeroPanel = make([]float32, panelWidth)

// biasOf is the bias of a panel.
func (p *panelProduct) biasOf(panel int) []float32 {
	if p.bias == nil {
		return zeroPanel
	}
	return p.bias[panel*panelWidth:]
}
