package fit

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Correlation is that of the estimates of log |coefficient j of the formula| and of exponent k, of the covariance (J'J)^-1 of the law
// linearised at the optimum: near 1 where the coefficient alone is not identified, since an exponent that is a little larger is made up
// for by it. NaN for a coupled law, and where the points do not determine the parameters.
func (p *Profile) Correlation(j, k int) float64 {
	f := p.fit
	t := f.Form.terms[min(j, len(f.Form.terms)-1)]
	if t.coupled || t == constant {
		return math.NaN()
	}
	terms, parameters := len(f.Form.terms), f.Form.Parameters()
	normal := mat.NewSymDense(parameters, nil)
	row := make([]float64, parameters)
	for _, point := range p.sorted {
		x, y := math.Log(point.Params/f.Reference.Params), math.Log(point.Steps/f.Reference.Steps)
		clear(row)
		for m, t := range f.Form.terms {
			row[m] = math.Exp(t.logarithm(x, y, f.Exponents))
			for l, d := range t.derivatives(x, y, f.Exponents) {
				if l < len(f.Exponents) {
					row[terms+l] += f.AtReference[m] * row[m] * d
				}
			}
		}
		normal.SymRankOne(normal, 1, mat.NewVecDense(parameters, row))
	}
	var factor mat.Cholesky
	var covariance mat.SymDense
	if !factor.Factorize(normal) || factor.InverseTo(&covariance) != nil {
		return math.NaN()
	}
	// log |coefficient| is log |term at the reference| + alpha log P0 + beta log S0.
	gradient := mat.NewVecDense(parameters, nil)
	gradient.SetVec(j, 1/f.AtReference[j])
	if t.size >= 0 {
		gradient.SetVec(terms+t.size, math.Log(f.Reference.Params))
	}
	if t.training >= 0 {
		gradient.SetVec(terms+t.training, math.Log(f.Reference.Steps))
	}
	unit := mat.NewVecDense(parameters, nil)
	unit.SetVec(terms+k, 1)
	return mat.Inner(gradient, &covariance, unit) /
		math.Sqrt(mat.Inner(gradient, &covariance, gradient)*mat.Inner(unit, &covariance, unit))
}
