package gemm

import "math"

// vector holds the loops over elements, each over the first n of its arguments.
type vector struct {
	width       int // n is a multiple of it
	add         func(dst, src *float32, n int)
	scale       func(x *float32, n int, by float32)
	largest     func(x *float32, n int) float32
	expShifted  func(x *float32, n int, shift float32) (sum float32)
	dot         func(x, y *float32, n int) float32
	softmaxBack func(dp, p *float32, n int, sum float32)
	gelu        func(y, x *float32, n int)
	geluBack    func(dx, dy, x *float32, n int)
	sum         func(x *float32, n int) float32
	squares     func(x *float32, n int, mean float32) float32
	normalise   func(y, x, gain, bias *float32, n int, mean, rstd float32)
	normSums    func(dGain, dBias, dy, x, gain *float32, n int, mean, rstd float32) (sum, sumHat float32)
	normBack    func(dx, dy, x, gain *float32, n int, mean, rstd, sum, sumHat float32)
}

// vectorGeneric has no loops: its width leaves everything to the portable code, which is also
// what handles the last elements of the others.
var vectorGeneric = vector{width: math.MaxInt}

// Add adds src to dst, element by element.
func Add(dst, src []float32) {
	dst = dst[:len(src)]
	n := 0
	if n = len(src) / vectors.width * vectors.width; n > 0 {
		vectors.add(&dst[0], &src[0], n)
	}
	for i := n; i < len(src); i++ {
		dst[i] += src[i]
	}
}

// Softmax turns x into exp(x) / sum of exp(x), and returns the logarithm of the sum; of no x, 0.
func Softmax(x []float32) (logSum float32) {
	if len(x) == 0 {
		return 0
	}
	n := len(x) / vectors.width * vectors.width
	largest := x[0]
	if n > 0 {
		largest = vectors.largest(&x[0], n)
	}
	for _, v := range x[n:] {
		largest = max(largest, v)
	}
	sum := expShifted(x, largest)
	if n > 0 {
		vectors.scale(&x[0], n, 1/sum)
	}
	for i := range x[n:] {
		x[n+i] *= 1 / sum
	}
	return largest + float32(math.Log(float64(sum)))
}

// SoftmaxAgain computes what Softmax did to the same x, to a few units in the last place, from what it
// returned.
func SoftmaxAgain(x []float32, logSum float32) { expShifted(x, logSum) }

// expShifted turns x into exp(x-shift), and returns the sum.
func expShifted(x []float32, shift float32) (sum float32) {
	n := len(x) / vectors.width * vectors.width
	if n > 0 {
		sum = vectors.expShifted(&x[0], n, shift)
	}
	for i, v := range x[n:] {
		e := exp(v - shift)
		x[n+i] = e
		sum += e
	}
	return sum
}

// SoftmaxBackward turns dp, the gradient of the probabilities p = softmax(x), into that of x:
// dx = p * (dp - sum of dp*p).
func SoftmaxBackward(dp, p []float32) {
	p = p[:len(dp)]
	n := len(p) / vectors.width * vectors.width
	var sum float32
	if n > 0 {
		sum = vectors.dot(&dp[0], &p[0], n)
	}
	for i, v := range p[n:] {
		sum += v * dp[n+i]
	}
	if n > 0 {
		vectors.softmaxBack(&dp[0], &p[0], n, sum)
	}
	for i, v := range p[n:] {
		dp[n+i] = v * (dp[n+i] - sum)
	}
}

// GELU computes y = x * Phi(x), Phi being the normal distribution's cumulative function: the exact
// form of Hendrycks and Gimpel 2016, arXiv 1606.08415. y may be x.
func GELU(y, x []float32) {
	y = y[:len(x)]
	n := len(x) / vectors.width * vectors.width
	if n > 0 {
		vectors.gelu(&y[0], &x[0], n)
	}
	for i, v := range x[n:] {
		e, _ := erf(v * math.Sqrt2 / 2)
		y[n+i] = 0.5 * v * (1 + e)
	}
}

// GELUBackward computes dx = dy * d(GELU(x))/dx. dx may be dy.
func GELUBackward(dx, dy, x []float32) {
	dx, dy = dx[:len(x)], dy[:len(x)]
	n := len(x) / vectors.width * vectors.width
	if n > 0 {
		vectors.geluBack(&dx[0], &dy[0], &x[0], n)
	}
	for i, v := range x[n:] {
		e, g := erf(v * math.Sqrt2 / 2)
		dx[n+i] = dy[n+i] * (0.5*(1+e) + v*g*invSqrt2Pi)
	}
}

// LayerNorm computes a row y = (x-mean)/deviation*gain + bias (Ba et al. 2016, arXiv 1607.06450) and returns what the backward pass
// needs of it, the mean and 1/deviation. eps is added to the variance.
func LayerNorm(y, x, gain, bias []float32, eps float32) (mean, rstd float32) {
	y, gain, bias = y[:len(x)], gain[:len(x)], bias[:len(x)]
	n := len(x) / vectors.width * vectors.width
	if n > 0 {
		mean = vectors.sum(&x[0], n)
	}
	for _, v := range x[n:] {
		mean += v
	}
	mean /= float32(len(x))
	var squares float32
	if n > 0 {
		squares = vectors.squares(&x[0], n, mean)
	}
	for _, v := range x[n:] {
		squares += (v - mean) * (v - mean)
	}
	rstd = float32(1 / math.Sqrt(float64(squares/float32(len(x))+eps)))
	if n > 0 {
		vectors.normalise(&y[0], &x[0], &gain[0], &bias[0], n, mean, rstd)
	}
	for i := n; i < len(x); i++ {
		y[i] = (x[i]-mean)*rstd*gain[i] + bias[i]
	}
	return mean, rstd
}

// LayerNormBackward adds to dx, dGain and dBias, given dy and what LayerNorm returned for x.
func LayerNormBackward(dx, dGain, dBias, dy, x, gain []float32, mean, rstd float32) {
	dx, dGain, dBias, dy, gain = dx[:len(x)], dGain[:len(x)], dBias[:len(x)], dy[:len(x)], gain[:len(x)]
	n := len(x) / vectors.width * vectors.width
	var sum, sumHat float32 // of dy*gain, and of dy*gain*(normalised x)
	if n > 0 {
		sum, sumHat = vectors.normSums(&dGain[0], &dBias[0], &dy[0], &x[0], &gain[0], n, mean, rstd)
	}
	for i := n; i < len(x); i++ {
		hat := (x[i] - mean) * rstd
		dGain[i] += dy[i] * hat
		dBias[i] += dy[i]
		sum += dy[i] * gain[i]
		sumHat += dy[i] * gain[i] * hat
	}
	sum /= float32(len(x))
	sumHat /= float32(len(x))
	if n > 0 {
		vectors.normBack(&dx[0], &dy[0], &x[0], &gain[0], n, mean, rstd, sum, sumHat)
	}
	for i := n; i < len(x); i++ {
		hat := (x[i] - mean) * rstd
		dx[i] += rstd * (dy[i]*gain[i] - sum - hat*sumHat)
	}
}

const invSqrt2Pi = 0.3989422804

// exp is e^x to two units in the last place, for x of 88 at most: the polynomial of Cephes' expf.
func exp(x float32) float32 {
	x = max(x, -87)
	k := float32(math.RoundToEven(float64(x * math.Log2E)))
	r := x - k*0.693359375 + k*2.12194440e-4
	p := ((((1.9875691500e-4*r+1.3981999507e-3)*r+8.3334519073e-3)*r+4.1665795894e-2)*r+1.6666665459e-1)*r + 5.0000001201e-1
	return (p*r*r + r + 1) * math.Float32frombits(uint32(int32(k)+127)<<23)
}

// erf returns erf(z), to 1.5e-7 by Abramowitz and Stegun 7.1.26, and exp(-z*z).
func erf(z float32) (e, g float32) {
	a := math.Float32frombits(math.Float32bits(z) &^ (1 << 31))
	t := 1 / (1 + 0.3275911*a)
	g = exp(-a * a)
	e = 1 - ((((1.061405429*t-1.453152027)*t+1.421413741)*t-0.284496736)*t+0.254829592)*t*g
	return math.Float32frombits(math.Float32bits(e) | math.Float32bits(z)&(1<<31)), g
}
