package train

import (
	"math"

	"lmz/internal/lab/gemm"
)

// Muon (Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks") replaces the
// update of a hidden layer's matrix by the nearest semi-orthogonal one: momentum, then five
// Newton-Schulz steps. Its length is matched to AdamW's as in Liu et al. 2025 (arXiv 2502.16982,
// eq. 4), so that both share one learning rate and one decay.
const (
	muonMomentum = 0.95
	muonSteps    = 5
	muonLength   = 0.2 // root mean square of an update's entries, about that of AdamW's
)

// muon takes one step for one matrix w of shape (rows, cols), its gradient g times gradScale, and its
// momentum m.
func muon(mul gemm.Product, w, g, m []float32, rows, cols int, rate, decay float64, gradScale float32) {
	u := make([]float32, len(w))
	for i, gi := range g {
		gi *= gradScale
		m[i] = muonMomentum*m[i] + gi
		u[i] = gi + muonMomentum*m[i] // Nesterov
	}
	orthogonalise(mul, u, rows, cols)
	keep := float32(1 - rate*decay)
	step := float32(rate * muonLength * math.Sqrt(float64(max(rows, cols))))
	for i, x := range u {
		w[i] = w[i]*keep - step*x
	}
}

// orthogonalise moves the singular values of x (rows, cols) to about 1, by the quintic iteration
// X <- aX + (bA + cA^2)X with A = XX^T, whose coefficients trade exactness for few steps.
func orthogonalise(mul gemm.Product, x []float32, rows, cols int) {
	const a, b, c = 3.4445, -4.7750, 2.0315
	var squares float64
	for _, v := range x {
		squares += float64(v) * float64(v)
	}
	scale := float32(1 / (math.Sqrt(squares) + 1e-7))
	for i := range x {
		x[i] *= scale
	}
	// The smaller side is the one whose products with itself are taken: A = XX^T or X^TX.
	wide, n := rows <= cols, min(rows, cols)
	p, q, next := make([]float32, n*n), make([]float32, n*n), make([]float32, len(x))
	for range muonSteps {
		mul(!wide, wide, n, n, max(rows, cols), x, cols, x, cols, false, p, n)
		mul(false, false, n, n, n, p, n, p, n, false, q, n)
		for i := range q {
			q[i] = b*p[i] + c*q[i]
		}
		if wide {
			mul(false, false, n, cols, n, q, n, x, cols, false, next, cols)
		} else {
			mul(false, false, rows, n, n, x, cols, q, n, false, next, cols)
		}
		for i := range x {
			x[i] = a*x[i] + next[i]
		}
	}
}
