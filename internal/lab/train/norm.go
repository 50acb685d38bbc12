package train

import "math"

// layerNorm computes y = (x-mean)/deviation*gain + bias for n rows of width d, and keeps each row's
// mean and 1/deviation for the backward pass.
func layerNorm(y, x, gain, bias, mean, rstd []float32, eps float32) {
	d := len(gain)
	for r := range mean {
		xr, yr := x[r*d:(r+1)*d], y[r*d:(r+1)*d]
		var sum float32
		for _, v := range xr {
			sum += v
		}
		m := sum / float32(d)
		var squares float32
		for _, v := range xr {
			squares += (v - m) * (v - m)
		}
		s := float32(1 / math.Sqrt(float64(squares/float32(d)+eps)))
		for i, v := range xr {
			yr[i] = (v-m)*s*gain[i] + bias[i]
		}
		mean[r], rstd[r] = m, s
	}
}

// layerNormBackward adds to dx, dGain and dBias, given dy and what layerNorm kept.
func layerNormBackward(dx, dGain, dBias, dy, x, gain, mean, rstd []float32) {
	d := len(gain)
	for r := range mean {
		xr, dyr, dxr := x[r*d:(r+1)*d], dy[r*d:(r+1)*d], dx[r*d:(r+1)*d]
		m, s := mean[r], rstd[r]
		var sum, sumHat float32 // of dy*gain, and of dy*gain*(normalised x)
		for i, g := range dyr {
			hat := (xr[i] - m) * s
			dGain[i] += g * hat
			dBias[i] += g
			sum += g * gain[i]
			sumHat += g * gain[i] * hat
		}
		sum /= float32(d)
		sumHat /= float32(d)
		for i, g := range dyr {
			hat := (xr[i] - m) * s
			dxr[i] += s * (g*gain[i] - sum - hat*sumHat)
		}
	}
}
