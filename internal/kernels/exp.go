package kernels

import "math"

// log2e turns natural exponents into those of 2.
const log2e = 1.44269504088896341

// Constants of exp2: 1 + r (c1 + c2 r + ... + c5 r^4) is 2^r for |r| at most 1/2, with the smallest relative
// error that five constants allow, 9.1e-8.
const (
	exp2Least = -126 // 2^-126 is still a normal number
	exp2C1    = 0.693146977587
	exp2C2    = 0.240222420858
	exp2C3    = 0.0555073377379
	exp2C4    = 0.00967151263843
	exp2C5    = 0.001326471435
)

// exp2 is 2^x for x at most 0, which is taken to at least -126: 2^n 2^r with n = round(x). The polynomial is added up
// in pairs (Estrin 1960), so that few operations wait for others.
func exp2(x float32) float32 {
	x = max(x, exp2Least)
	n := round(x)
	r := x - float32(n)
	square := float32(r * r)
	high := float32(exp2C5*r) + exp2C4
	middle := float32(exp2C3*r) + exp2C2
	low := float32(exp2C1*r) + 1
	p := float32(high*square) + middle
	p = float32(p*square) + low
	return float32(p * math.Float32frombits(uint32(n+127)<<23))
}

// Constants of the normal distribution function by Abramowitz and Stegun 1964, 7.1.26, in its argument: factors 1/sqrt 2
// and 1/2 are in them. Its error is at most 7.5e-8.
const (
	normalP = 0.231641888
	normal1 = 0.127414796
	normal2 = -0.142248368
	normal3 = 0.7107068705
	normal4 = -0.7265760135
	normal5 = 0.5307027145
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
	magnitude := math.Float32frombits(math.Float32bits(x) &^ (1 << 31))
	t := 1 / (float32(magnitude*normalP) + 1)
	square := float32(t * t)
	high := float32(normal5*t) + normal4
	low := float32(normal3*t) + normal2
	p := float32(high*square) + low
	p = float32(p*t) + normal1
	p = float32(p * t)
	beyond := float32(p * exp2(float32(float32(x*x)*(-log2e/2))))
	if math.Float32bits(x)>>31 != 0 {
		return beyond
	}
	return 1 - beyond
}
