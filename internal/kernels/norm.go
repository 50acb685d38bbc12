package kernels

import "math"

// partials is how many partial sums a long sum of floats has: two vectors of 8, or one of 16.
const partials = 16

// LayerNorm normalises one row: y = (x-mean) / sqrt(variance+eps) * gain + bias (Ba et al. 2016,
// arXiv 1607.06450, eq. 4). All are (D); y may be x. The order of the sums is that of sumOf.
func LayerNorm(y, x, gain, bias []float32, eps float32) {
	sameLength("LayerNorm", len(y), len(x))
	sameLength("LayerNorm", len(gain), len(x))
	sameLength("LayerNorm", len(bias), len(x))
	if len(x) > 0 {
		active.layerNorm(y, x, gain, bias, eps)
	}
}

// RMSNorm normalises one row by its root mean square: y = x / sqrt(mean of x^2 + eps) * gain (Zhang and Sennrich
// 2019, arXiv 1910.07467, eq. 4). All are (D); y may be x. The order of the sum is that of LayerNorm's.
func RMSNorm(y, x, gain []float32, eps float32) {
	sameLength("RMSNorm", len(y), len(x))
	sameLength("RMSNorm", len(gain), len(x))
	if len(x) > 0 {
		active.rmsNorm(y, x, gain, eps)
	}
}

func layerNormGeneric(y, x, gain, bias []float32, eps float32) {
	var p, s [partials]float32
	addTo(&p, x, 0)
	mean := sumOf(&p) / float32(len(x))
	addSquaresTo(&s, x, mean, 0)
	scale := inverseRoot(sumOf(&s)/float32(len(x)) + eps)
	normalize(y, x, gain, bias, mean, scale)
}

func rmsNormGeneric(y, x, gain []float32, eps float32) {
	var s [partials]float32
	addSquaresTo(&s, x, 0, 0)
	scaleRow(y, x, gain, inverseRoot(sumOf(&s)/float32(len(x))+eps))
}

// addTo adds x[i], i from first on and increasing, to partial sum i mod 16.
func addTo(p *[partials]float32, x []float32, first int) {
	for i := first; i < len(x); i++ {
		p[i%partials] += x[i]
	}
}

// addSquaresTo adds (x[i]-mean)^2, i from first on and increasing, to partial sum i mod 16.
func addSquaresTo(p *[partials]float32, x []float32, mean float32, first int) {
	for i := first; i < len(x); i++ {
		d := x[i] - mean
		p[i%partials] += float32(d * d)
	}
}

// sumOf adds up partial sums by a tree: the upper half to the lower, until one is left. It spoils them.
func sumOf(p *[partials]float32) float32 {
	for half := partials / 2; half > 0; half /= 2 {
		for j := range half {
			p[j] += p[j+half]
		}
	}
	return p[0]
}

func inverseRoot(x float32) float32 { return 1 / float32(math.Sqrt(float64(x))) }

func normalize(y, x, gain, bias []float32, mean, scale float32) {
	for i, v := range x {
		y[i] = float32(float32((v-mean)*scale)*gain[i]) + bias[i]
	}
}

func scaleRow(y, x, gain []float32, scale float32) {
	for i, v := range x {
		y[i] = float32(float32(v*scale) * gain[i])
	}
}
