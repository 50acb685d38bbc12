package fit

import "math"

// Kaplan et al. 2020, eq. 1.5, L(N, D) = ((Nc/N)^(alphaN/alphaD) + Dc/D)^alphaD, is here, with x = log(N/N0) and y = log(D/D0),
//
//	L = K (k e^(-x alphaN/alphaD) + (1-k) e^-y)^alphaD, k = 1/(1 + e^-balance):
//
// linear in K, the loss at the reference. The balance says which of the two holds it back there, size (+) or data (-); at ±20 one
// of them is a part in 10^9, which is as good as none.

// coupled is the logarithm of the parenthesis to the power alphaD, and its derivatives by alphaN, alphaD and the balance.
func coupled(x, y float64, e []float64) (v float64, d [3]float64) {
	alphaN, alphaD, balance := e[0], e[1], e[2]
	k := 1 / (1 + math.Exp(-balance))
	size := -math.Log1p(math.Exp(-balance)) - x*alphaN/alphaD // logarithms of the two summands
	data := -math.Log1p(math.Exp(balance)) - y
	larger := max(size, data)
	sum := larger + math.Log(math.Exp(size-larger)+math.Exp(data-larger))
	t := math.Exp(size - sum) // the part of size
	return alphaD * sum, [3]float64{-t * x, sum + t*x*alphaN/alphaD, alphaD * (t - k)}
}

// criticalSizes are Nc and Dc.
func criticalSizes(at Reference, scale float64, e []float64) []float64 {
	alphaN, alphaD, balance := e[0], e[1], e[2]
	root := math.Log(scale) / alphaD
	return []float64{
		at.Params * math.Exp((root-math.Log1p(math.Exp(-balance)))*alphaD/alphaN),
		at.Steps * math.Exp(root-math.Log1p(math.Exp(balance))),
	}
}

// coupledScale is K of Nc and Dc; it sets e[2], the balance.
func coupledScale(at Reference, critical, e []float64) float64 {
	size := math.Log(critical[0]/at.Params) * e[0] / e[1]
	data := math.Log(critical[1] / at.Steps)
	e[2] = size - data
	larger := max(size, data)
	return math.Exp(e[1] * (larger + math.Log(math.Exp(size-larger)+math.Exp(data-larger))))
}
