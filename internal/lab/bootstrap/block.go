package bootstrap

import "math"

// BlockLength is how long the blocks of a circular block bootstrap had best be for the mean of x, of mean 0, by the rule of Politis
// and White (2004, with the correction of Patton, Politis and White 2009): from 1, for numbers that do not depend on
// their neighbours, to a quarter of them.
//
// It is (2 G^2 / D)^(1/3) n^(1/3) with G = sum w(k/M) |k| R(k), D = 4/3 (sum w(k/M) R(k))^2, R the autocovariances, w the flat-top
// window, and M twice the lag beyond which the autocorrelations are no larger than chance makes them.
func BlockLength(x []float64) int {
	n := len(x)
	r0 := autocovariance(x, 0)
	if r0 == 0 {
		return 1
	}
	bound := 2 * math.Sqrt(math.Log10(float64(n))/float64(n))
	run := max(5, int(math.Ceil(math.Sqrt(math.Log10(float64(n)))))) // that many lags within the bound say that the rest are
	limit := min(n-1, int(math.Ceil(math.Sqrt(float64(n))))+run)
	last, within := 0, 0
	for k := 1; k <= limit && within < run; k++ {
		if math.Abs(autocovariance(x, k)) < bound*r0 {
			within++
		} else {
			last, within = k, 0
		}
	}
	m := min(2*max(last, 1), limit)
	g, d := 0.0, r0
	for k := 1; k <= m; k++ {
		w := math.Min(1, 2*(1-float64(k)/float64(m)))
		r := autocovariance(x, k)
		g += 2 * w * float64(k) * r
		d += 2 * w * r
	}
	length := math.Cbrt(2*g*g/(4.0/3*d*d)) * math.Cbrt(float64(n))
	if d <= 0 || math.IsNaN(length) { // neighbours that cancel out: blocks would make no wider interval
		return 1
	}
	return int(math.Round(min(max(length, 1), float64(max(n/4, 1)), math.Ceil(3*math.Sqrt(float64(n))))))
}

// autocovariance is that of lag k, x having mean 0.
func autocovariance(x []float64, k int) (sum float64) {
	for i := range len(x) - k {
		sum += x[i] * x[i+k]
	}
	return sum / float64(len(x))
}
