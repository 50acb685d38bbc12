package kernels

import "math"

const (
	// siluLeast and tanhLeast stand for what is below them, where SiLU and GELUTanh lie within 1e-25 of 0. The least power that
	// exp2 gives would not outweigh a huge x; and what is much nearer to 0 would make subnormal products, which some
	// processors take a hundred cycles for.
	siluLeast = -64
	tanhLeast = -9

	// tanhLinear and tanhCubic turn the argument of GELU's tanh into bits: 2 sqrt(2/pi) log2 e, and that times 0.044715.
	tanhLinear = 2.30220820
	tanhCubic  = 0.10294324
)

// SwiGLU replaces gate[i] by SiLU(gate[i]) * up[i], SiLU(x) = x / (1 + e^-x) (Shazeer 2020, arXiv 2002.05202).
func SwiGLU(gate, up []float32) {
	sameLength("SwiGLU", len(up), len(gate))
	active.swiGLU(gate, up)
}

func swiGLUGeneric(gate, up []float32) {
	for i, x := range gate {
		x = max(x, siluLeast)
		gate[i] = float32(float32(x*logistic(float32(x*log2e))) * up[i])
	}
}

// GELUTanh replaces every x by the approximation of GELU that GPT-2 was trained with (Hendrycks and Gimpel 2016,
// arXiv 1606.08415, section 2): x (1 + tanh(u)) / 2 = x / (1 + e^-2u), u = sqrt(2/pi) (x + 0.044715 x^3).
func GELUTanh(x []float32) { active.geluTanh(x) }

func geluTanhGeneric(x []float32) {
	for i, v := range x {
		v = max(v, tanhLeast)
		factor := float32(float32(v*v)*tanhCubic) + tanhLinear
		x[i] = float32(v * logistic(float32(v*factor)))
	}
}

// logistic is 1 / (1 + 2^-b). The power is taken of -|b|, which cannot overflow.
func logistic(b float32) float32 {
	e := exp2(math.Float32frombits(math.Float32bits(b) | 1<<31))
	t := 1 / (e + 1)
	if math.Float32bits(b)>>31 != 0 {
		return float32(e * t)
	}
	return t
}
