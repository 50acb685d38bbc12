package kernels

// panelWidth is how many sums of floats stand abreast: the outputs, positions or columns of a panel.
const panelWidth = 16

// panelProduct is the one product of floats, that of n rows and a panel. For r < n and j < 16, each operation rounded by
// itself and in this order,
//
//	y[r,j] = ((start[r,j] + x[r,0] w[0,j]) + x[r,1] w[1,j] + ...) + bias[j].
//
// The outputs of a FloatMatrix stand in panels, and of a FloatCache the positions of keys and the columns of values. Sums
// that start with +0 never become -0, so that where there is no bias one of +0 may stand.
type panelProduct struct {
	n, terms int
	y        []float32 // (n, 16), rows yStride elements apart
	start    []float32 // (n, 16), rows startStride elements apart; may be y
	x        []float32 // (n, terms), rows xStride elements apart
	w        []float32 // (terms, 16)
	bias     []float32 // (16)

	yStride, startStride, xStride int
}

// zeroPanel is where sums start, with a stride of 0, and the bias where there is none.
var zeroPanel = make([]float32, panelWidth)

func panelProductGeneric(p panelProduct) {
	for r := range p.n {
		x, start, y := p.x[r*p.xStride:][:p.terms], p.start[r*p.startStride:][:panelWidth], p.y[r*p.yStride:][:panelWidth]
		// Eight sums at a time are as many as stay in registers.
		for j := 0; j < panelWidth; j += 8 {
			s := [8]float32(start[j:])
			s0, s1, s2, s3, s4, s5, s6, s7 := s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]
			for i, v := range x {
				w := (*[8]float32)(p.w[i*panelWidth+j:])
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
			for k, b := range p.bias[j : j+8] {
				y[j+k] = s[k] + b
			}
		}
	}
}
