package fit

import (
	"cmp"
	"math"
	"slices"
)

const (
	maxExponents = 3
	maxVariables = 5   // parameters of a form, linear or not
	maxSteps     = 200 // of one descent: 10 are usual
	maxValleys   = 6   // that are gone down into
)

// problem is a sum of squares to be made small over a few variables between bounds.
type problem interface {
	// at is the sum of squares, half its gradient and the Gauss-Newton approximation of half its second derivatives at u.
	at(u []float64) (f float64, gradient [maxVariables]float64, curvature [maxVariables][maxVariables]float64)
}

// descend goes down from u, which it changes, to a local minimum between low and high, by the method of Levenberg (1944) and Marquardt (1963) with
// variables that press against a bound held there. It returns the minimum.
func descend(of problem, u, low, high []float64) float64 {
	n := len(u)
	f, gradient, curvature := of.at(u)
	damping := 1e-3
	next := make([]float64, n)
	for range maxSteps {
		var places [maxVariables]int
		free := places[:0]
		steep := false
		for k := range n {
			if u[k] <= low[k] && gradient[k] > 0 || u[k] >= high[k] && gradient[k] < 0 || curvature[k][k] == 0 {
				continue
			}
			free = append(free, k)
			// The cosine of the angle between the residuals and the direction of k: 0 at a minimum.
			steep = steep || math.Abs(gradient[k]) > 1e-12*math.Sqrt(curvature[k][k]*f)
		}
		if !steep {
			return f
		}
		for {
			step, ok := damped(gradient, curvature, free, damping)
			moved := 0.0
			copy(next, u)
			if ok {
				for i, k := range free {
					next[k] = min(max(u[k]+step[i], low[k]), high[k])
					moved = max(moved, math.Abs(next[k]-u[k]))
				}
			}
			if ok && moved < 1e-14 || damping > 1e20 {
				return f
			}
			if ok {
				fn, gn, cn := of.at(next)
				if fn < f {
					gain := f - fn
					copy(u, next)
					f, gradient, curvature = fn, gn, cn
					damping = max(damping/10, 1e-12)
					if gain <= 1e-14*f { // what is left is rounding
						return f
					}
					break
				}
			}
			damping *= 8
		}
	}
	return f
}

// damped is the step -(curvature + damping diag(curvature))^-1 gradient in the free variables, by Cholesky.
func damped(gradient [maxVariables]float64, curvature [maxVariables][maxVariables]float64, free []int, damping float64) (step [maxVariables]float64, ok bool) {
	var l [maxVariables][maxVariables]float64
	for i, ki := range free {
		for j := range i + 1 {
			v := curvature[ki][free[j]]
			if i == j {
				v *= 1 + damping
			}
			for m := range j {
				v -= l[i][m] * l[j][m]
			}
			if i == j {
				if !(v > 0) {
					return step, false
				}
				l[i][i] = math.Sqrt(v)
			} else {
				l[i][j] = v / l[j][j]
			}
		}
	}
	for i, k := range free {
		v := -gradient[k]
		for m := range i {
			v -= l[i][m] * step[m]
		}
		step[i] = v / l[i][i]
	}
	for i := len(free) - 1; i >= 0; i-- {
		v := step[i]
		for m := i + 1; m < len(free); m++ {
			v -= l[m][i] * step[m]
		}
		step[i] = v / l[i][i]
	}
	return step, true
}

// searched are the variables of the search for exponents e, logarithms where Low is positive.
func (f *Form) searched(e []float64) []float64 {
	u := make([]float64, len(e))
	for k, x := range f.Exponents {
		u[k] = e[k]
		if x.Low > 0 {
			u[k] = math.Log(e[k])
		}
	}
	return u
}

// bounds are those of the searched variables.
func (f *Form) bounds() (low, high []float64) {
	for _, x := range f.Exponents {
		l, h := x.Low, x.High
		if x.Low > 0 {
			l, h = math.Log(l), math.Log(h)
		}
		low, high = append(low, l), append(high, h)
	}
	return low, high
}

// moved are bounds somewhat inside those of the search: what they change the bounds decide and not the data.
func (f *Form) moved() (low, high []float64) {
	low, high = f.bounds()
	for k, x := range f.Exponents {
		inside := math.Ln2 // of a logarithm, and of the balance
		if x.Low == 0 {
			inside = 0.05
		}
		low[k] += inside
		high[k] -= inside
	}
	return low, high
}

// exponents is the inverse of searched, into e. At a bound it is the bound to the bit.
func (f *Form) exponents(e, u []float64) {
	for k, x := range f.Exponents {
		e[k] = u[k]
		if x.Low > 0 {
			e[k] = math.Exp(u[k])
			if u[k] <= math.Log(x.Low) {
				e[k] = x.Low
			} else if u[k] >= math.Log(x.High) {
				e[k] = x.High
			}
		}
	}
}

// exponentSearch is a projection as a problem in the searched variables.
type exponentSearch struct {
	*projection
	e []float64 // the exponents last looked at
}

func (x *exponentSearch) at(u []float64) (f float64, gradient [maxVariables]float64, curvature [maxVariables][maxVariables]float64) {
	x.form.exponents(x.e, u)
	f = x.solve(x.e)
	x.slopes(x.e)
	for k, slope := range x.slope {
		gradient[k] = dot(slope, x.rest)
		for l := range k + 1 {
			curvature[k][l] = dot(slope, x.slope[l])
			curvature[l][k] = curvature[k][l]
		}
	}
	return f, gradient, curvature
}

// grid are starts: exponents from 0.02 to 5, evenly by their logarithm, and the balance of a coupled law from -4 to 4, each at so
// many values; the last varies fastest.
func (f *Form) grid(values int) [][]float64 {
	list := [][]float64{nil}
	for _, x := range f.Exponents {
		var longer [][]float64
		for _, e := range list {
			for i := range values {
				v := float64(i) / float64(values-1)
				if x.Low < 0 {
					v = -4 + 8*v
				} else {
					v = 0.02 * math.Pow(250, v)
				}
				longer = append(longer, append(e[:len(e):len(e)], v))
			}
		}
		list = longer
	}
	for i, e := range list {
		list[i] = f.searched(e)
	}
	return list
}

// valleys are the points of a grid none of whose neighbours is lower, the lowest first.
func (x *exponentSearch) valleys(values int) [][]float64 {
	grid := x.form.grid(values)
	sse := make([]float64, len(grid))
	for i, u := range grid {
		x.form.exponents(x.e, u)
		sse[i] = x.solve(x.e)
	}
	var lowest []int
	for i := range grid {
		lower := false
		for stride := 1; stride < len(grid); stride *= values {
			place := i / stride % values
			lower = lower || place > 0 && sse[i-stride] < sse[i] || place < values-1 && sse[i+stride] < sse[i]
		}
		if !lower {
			lowest = append(lowest, i)
		}
	}
	slices.SortStableFunc(lowest, func(i, j int) int { return cmp.Compare(sse[i], sse[j]) })
	starts := make([][]float64, 0, maxValleys)
	for _, i := range lowest[:min(len(lowest), maxValleys)] {
		starts = append(starts, grid[i])
	}
	return starts
}
