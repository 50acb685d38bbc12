package fit

import "math"

// Kaplan et al. 2020, eq. 1.5, L(N, D) = ((Nc/N)^(alphaN/alphaD) + Dc/D)^alphaD, is here, with x = log(N/N0) and y = log(D/D0),
//
//	L = K (k e^(-x alphaN/alphaD) + (1-k) e^-y)^alphaD, k = 1/(1 + e^-balance):
//
// linear in K, the loss at the reference. The balance says which of the two holds it back there, size (+) or data (-); at ±20 one
// of them is a part in 10^9, which is as good as none.

// coupling is what the parenthesis needs of the exponents.
type coupling struct{ size, data, rate, alphaD, k float64 }

func couple(e []float64) coupling {
	inverse := math.Exp(-e[2])
	return coupling{-math.Log1p(inverse), -math.Log1p(1 / inverse), e[0] / e[1], e[1], 1 / (1 + inverse)}
}

// at is the logarithm of the parenthesis to the power alphaD, and its derivatives by alphaN, alphaD and the balance.
func (c *coupling) at(x, y float64) (v float64, d [maxExponents]float64) {
	size, data := c.size-x*c.rate, c.data-y // logarithms of the two summands
	larger := max(size, data)
	smaller := math.Exp(min(size, data) - larger)
	sum := larger + math.Log1p(smaller)
	t := 1 / (1 + smaller) // the part of size
	if data > size {
		t = smaller / (1 + smaller)
	}
	return c.alphaD * sum, [maxExponents]float64{-t * x, sum + t*x*c.rate, c.alphaD * (t - c.k)}
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
