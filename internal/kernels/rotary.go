package kernels

import (
	"fmt"
	"math"
)

// Rotate turns the rotary part of one head, (d), by the angles of one position (Su et al. 2021, arXiv
// 2104.09864), of which cos and sin are (d/2). Pairs are NeoX style: x[i] with x[i+d/2].
func Rotate(x []float32, cos, sin []float32) {
	sameLength("Rotate", len(x), 2*len(cos))
	sameLength("Rotate", len(sin), len(cos))
	active.rotate(x, cos, sin)
}

func rotateGeneric(x, cos, sin []float32) {
	low, high := x[:len(cos)], x[len(cos):]
	for i, c := range cos {
		s, a, b := sin[i], low[i], high[i]
		low[i] = float32(a*c) - float32(b*s)
		high[i] = float32(b*c) + float32(a*s)
	}
}

// RotaryTable writes cosine and sine of position * base^(-2i/d) to cos and sin, (positions, d/2), the
// frequencies base^(-2i/d) being scaled. They are computed in float64, with errors far below a float32's, and rounded once.
// base is greater than 0, positions at most 1<<20, and the scaling is valid.
func RotaryTable(cos, sin []float32, positions, d int, base float64, scaling RotaryScaling) {
	if err := scaling.Validate(); err != nil {
		panic(err.Error())
	}
	if d < 0 || d%2 != 0 || positions < 0 || positions > 1<<20 || !(base > 0) || base > math.MaxFloat64 {
		panic(fmt.Sprintf("kernels: RotaryTable: %d positions, width %d, base %v", positions, d, base))
	}
	half := d / 2
	sameLength("RotaryTable", len(cos), positions*half)
	sameLength("RotaryTable", len(sin), positions*half)
	logBase := log64(base)
	for i := range half {
		frequency := scaling.scale(exp64(-float64(float64(2*i) / float64(d) * logBase)))
		for t := range positions {
			c, s := cosSin64(float64(float64(t) * frequency))
			cos[t*half+i], sin[t*half+i] = float32(c), float32(s)
		}
	}
}

// ln 2 in two parts, as in fdlibm: the product of the first and a small integer is exact.
const (
	ln2High64 = 6.93147180369123816490e-01
	ln2Low64  = 1.90821492927058770002e-10
)

// log64 is the natural logarithm of x > 0: k ln 2 + ln m, m in [sqrt 1/2, sqrt 2), and ln m is the
// series of 2 artanh((m-1)/(m+1)).
func log64(x float64) float64 {
	k := 0
	for ; x >= math.Sqrt2; x /= 2 {
		k++
	}
	for ; x < math.Sqrt2/2; x *= 2 {
		k--
	}
	s := (x - 1) / (x + 1)
	z := float64(s * s)
	sum := 0.0
	for n := 25; n >= 3; n -= 2 {
		sum = float64(z * (sum + 1/float64(n)))
	}
	sum = float64(2*s) + float64(float64(2*s)*sum)
	return float64(float64(k)*ln2High64) + (sum + float64(float64(k)*ln2Low64))
}

// exp64 is e^x: 2^k e^r, the latter by Taylor's series. |x| is taken to at most 700.
func exp64(x float64) float64 {
	x = min(max(x, -700), 700)
	k := nearest(float64(x * (1 / math.Ln2)))
	r := x - float64(k*ln2High64)
	r -= float64(k * ln2Low64)
	sum := 1.0
	for n := 15; n >= 1; n-- {
		sum = 1 + float64(float64(r*sum)/float64(n))
	}
	return float64(sum * math.Float64frombits(uint64(int64(k)+1023)<<52))
}

// Half of pi in three parts, as in fdlibm: the products of the first two, of 33 bits, and an integer
// below 2^20 are exact.
const (
	halfPi1 = 1.57079632673412561417e+00
	halfPi2 = 6.07710050630396597660e-11
	halfPi3 = 2.02226624879595063154e-21
)

// cosSin64 gives cosine and sine of x in [0, 2^20]: x is taken to a quarter turn round 0, where
// Taylor's series are short.
func cosSin64(x float64) (cos, sin float64) {
	k := nearest(float64(x * (2 / math.Pi)))
	r := x - float64(k*halfPi1)
	r -= float64(k * halfPi2)
	r -= float64(k * halfPi3)
	z := float64(r * r)
	s, c := 1.0, 1.0
	for n := 20; n >= 2; n -= 2 {
		c = 1 - float64(float64(z*c)/float64(n*(n-1)))
		s = 1 - float64(float64(z*s)/float64(n*(n+1)))
	}
	s = float64(s * r)
	switch int64(k) & 3 {
	case 0:
		return c, s
	case 1:
		return -s, c
	case 2:
		return -c, -s
	}
	return s, -c
}

// nearest rounds x, |x| < 2^51, to an integer, ties to even.
func nearest(x float64) float64 {
	const toInteger = 0x1.8p52
	return float64(x+toInteger) - toInteger
}
