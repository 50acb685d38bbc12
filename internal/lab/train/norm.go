package train

import "lmz/internal/lab/gemm"

// layerNorm is gemm.LayerNorm for n rows as wide as gain; mean and rstd, (n), are kept for the backward pass.
func layerNorm(y, x, gain, bias, mean, rstd []float32, eps float32) {
	d := len(gain)
	for r := range mean {
		mean[r], rstd[r] = gemm.LayerNorm(y[r*d:(r+1)*d], x[r*d:(r+1)*d], gain, bias, eps)
	}
}

// layerNormBackward adds to dx, dGain and dBias, given dy and what layerNorm kept.
func layerNormBackward(dx, dGain, dBias, dy, x, gain, mean, rstd []float32) {
	d := len(gain)
	for r := range mean {
		gemm.LayerNormBackward(dx[r*d:(r+1)*d], dGain, dBias, dy[r*d:(r+1)*d], x[r*d:(r+1)*d], gain, mean[r], rstd[r])
	}
}
