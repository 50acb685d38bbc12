package train

import (
	"math"

	"lmz/internal/lab/gemm"
	"lmz/internal/model"
)

// queryBlock is the number of queries whose scores are computed together: a block sees only the
// keys up to its own last position, so nearly half of the square is never computed. 96 is a multiple
// of the rows of all tiles of package gemm; 48 and 192 are no faster.
const queryBlock = 96

// rotary holds cos and sin of pos * base^(-2i/d), both (T, d/2). Su et al. 2021, arXiv 2104.09864, eq. 15.
type rotary struct {
	half     int
	cos, sin []float32
}

func newRotary(c model.Config, positions int) rotary {
	half := c.RotaryWidth / 2
	r := rotary{half, make([]float32, positions*half), make([]float32, positions*half)}
	for pos := range positions {
		for i := range half {
			angle := float64(pos) * math.Pow(c.RotaryBase, -float64(i)/float64(half))
			r.cos[pos*half+i] = float32(math.Cos(angle))
			r.sin[pos*half+i] = float32(math.Sin(angle))
		}
	}
	return r
}

// rotate turns one head's vector at a position; sign -1 turns it back, which is the backward pass.
func (r rotary) rotate(x []float32, pos int, sign float32) {
	for i := range r.half {
		c, s := r.cos[pos*r.half+i], sign*r.sin[pos*r.half+i]
		a, b := x[i], x[i+r.half]
		x[i], x[i+r.half] = a*c-b*s, b*c+a*s
	}
}

// attend computes causal attention for one sequence of T positions. qkv is (T, 3D) as the linear
// layer gave it; its queries and keys are rotated in place, and the queries scaled by 1/sqrt(K).
// out is (T, D). logSums, (H, T), is what the backward pass needs to compute the probabilities
// again: they are not kept, for they would be (H, T, T). scores is scratch for queryBlock*T values.
func attend(mul gemm.Product, out, logSums, qkv, scores []float32, c model.Config, rot rotary, t int) {
	d, k := c.Hidden, c.HeadWidth
	scale := float32(1 / math.Sqrt(float64(k)))
	for h := range c.Heads {
		q, key, value := qkv[h*3*k:], qkv[h*3*k+k:], qkv[h*3*k+2*k:]
		for pos := range t {
			qRow := q[pos*3*d:][:k]
			rot.rotate(qRow, pos, 1)
			rot.rotate(key[pos*3*d:][:k], pos, 1)
			for i := range qRow {
				qRow[i] *= scale
			}
		}
		for r0 := 0; r0 < t; r0 += queryBlock {
			r1 := min(r0+queryBlock, t)
			mul(false, true, r1-r0, r1, k, q[r0*3*d:], 3*d, key, 3*d, false, scores, r1)
			for r := r0; r < r1; r++ {
				row := scores[(r-r0)*r1:][:r1]
				logSums[h*t+r] = gemm.Softmax(row[:r+1])
				clear(row[r+1:])
			}
			mul(false, false, r1-r0, k, r1, scores, r1, value, 3*d, false, out[r0*d+h*k:], d)
		}
	}
}

// attendBackward writes dqkv (T, 3D), given dout (T, D) and what attend left in logSums and qkv.
// probs and dprobs are scratch for queryBlock*T values each.
func attendBackward(mul gemm.Product, dqkv, dout, logSums, qkv, probs, dprobs []float32, c model.Config, rot rotary, t int) {
	d, k := c.Hidden, c.HeadWidth
	scale := float32(1 / math.Sqrt(float64(k)))
	clear(dqkv[:t*3*d])
	for h := range c.Heads {
		q, key, value := qkv[h*3*k:], qkv[h*3*k+k:], qkv[h*3*k+2*k:]
		dq, dkey, dvalue := dqkv[h*3*k:], dqkv[h*3*k+k:], dqkv[h*3*k+2*k:]
		for r0 := 0; r0 < t; r0 += queryBlock {
			r1 := min(r0+queryBlock, t)
			do := dout[r0*d+h*k:]
			mul(false, true, r1-r0, r1, k, q[r0*3*d:], 3*d, key, 3*d, false, probs, r1)
			mul(false, true, r1-r0, r1, k, do, d, value, 3*d, false, dprobs, r1)
			for r := r0; r < r1; r++ {
				p, dp := probs[(r-r0)*r1:][:r1], dprobs[(r-r0)*r1:][:r1]
				gemm.SoftmaxAgain(p[:r+1], logSums[h*t+r])
				clear(p[r+1:])
				gemm.SoftmaxBackward(dp[:r+1], p[:r+1])
				clear(dp[r+1:])
			}
			mul(true, false, r1, k, r1-r0, probs, r1, do, d, true, dvalue, 3*d)
			mul(false, false, r1-r0, k, r1, dprobs, r1, key, 3*d, false, dq[r0*3*d:], 3*d)
			mul(true, false, r1, k, r1-r0, dprobs, r1, q[r0*3*d:], 3*d, true, dkey, 3*d)
		}
		for pos := range t {
			dqRow := dq[pos*3*d:][:k]
			for i := range dqRow {
				dqRow[i] *= scale
			}
			rot.rotate(dqRow, pos, -1)
			rot.rotate(dkey[pos*3*d:][:k], pos, -1)
		}
	}
}
