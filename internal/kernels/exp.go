package kernels

import "math"

// Constants of exp, after Cephes' expf: ln 2 in two parts, of which the first has few enough bits that
// its product with a small integer is exact, and a polynomial for (e^r - 1 - r) / r^2.
const (
	expLeast    = -87 // e^-87 is still a normal number
	expGreatest = 88
	log2e       = 1.44269504088896341
	ln2High     = 0.693359375
	ln2Low      = -2.12194440e-4
	exp5        = 1.9875691500e-4
	exp4        = 1.3981999507e-3
	exp3        = 8.3334519073e-3
	exp2        = 4.1665795894e-2
	exp1        = 1.6666665459e-1
	exp0        = 0.5
)

// exp is e^x, x taken into [-87, 88] first: 2^k e^r with k = round(x log2 e), |r| at most 0.35.
func exp(x float32) float32 {
	x = min(max(x, expLeast), expGreatest)
	n := round(float32(x * log2e))
	k := float32(n)
	r := x - float32(k*ln2High)
	r -= float32(k * ln2Low)
	p := float32(exp5*r) + exp4
	p = float32(p*r) + exp3
	p = float32(p*r) + exp2
	p = float32(p*r) + exp1
	p = float32(p*r) + exp0
	p = float32(p * r)
	p = float32(p*r) + r
	p++
	return float32(p * math.Float32frombits(uint32(n+127)<<23))
}

// Constants of the error function by Abramowitz and Stegun 1964, 7.1.26, whose error is at most 1.5e-7.
const (
	sqrtHalf = 0.707106781186547524
	erfP     = 0.3275911
	erf1     = 0.254829592
	erf2     = -0.284496736
	erf3     = 1.421413741
	erf4     = -1.453152027
	erf5     = 1.061405429
)

// GELU replaces every x by x times the chance that a normal variable is below x (Hendrycks and Gimpel
// 2016, arXiv 1606.08415): x (1 + erf(x/sqrt 2)) / 2.
func GELU(x []float32) { active.gelu(x) }

func geluGeneric(x []float32) {
	for i, v := range x {
		x[i] = float32(v * normalBelow(v))
	}
}

// normalBelow is the normal distribution function. The chance beyond |x|, which is what 7.1.26 gives,
// is taken as it is on the left, and from 1 on the right.
func normalBelow(x float32) float32 {
	z := float32(math.Float32frombits(math.Float32bits(x)&^(1<<31)) * sqrtHalf)
	t := 1 / (float32(z*erfP) + 1)
	p := float32(erf5*t) + erf4
	p = float32(p*t) + erf3
	p = float32(p*t) + erf2
	p = float32(p*t) + erf1
	p = float32(p * t)
	beyond := float32(float32(p*exp(-float32(z*z))) * 0.5)
	if math.Float32bits(x)>>31 != 0 {
		return beyond
	}
	return 1 - beyond
}
