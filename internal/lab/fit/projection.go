package fit

import (
	"math"
	"slices"
)

// dependent is how small a column may become, of its own size, when the columns before it are taken out of it, and still be a
// direction of its own: exponents at their lowest bound leave 10^-6, rounding 10^-16.
const dependent = 1e-10

// projection is a form over cells as a least-squares problem in its exponents alone (variable projection: Golub and Pereyra 1973):
// for given exponents the linear coefficients are solved for, by modified Gram-Schmidt on the columns with the right side as the last
// of them, which is backward stable (Björck 1967). It is one goroutine's.
type projection struct {
	form   *Form
	cells  *cells
	root   []float64     // of the cells' weights
	column [][]float64   // per term, its value in each cell times root, the largest of the cells' values being 1
	shift  []float64     // per term, the logarithm of what its column was divided by
	slope  [][]float64   // per exponent, the derivative of its term's column
	q      [][]float64   // the columns made orthonormal
	r      [3][3]float64 // the triangle: column j = sum of q[i] r[i][j]
	rest   []float64     // the residuals times root
	scale  []float64     // the solution: the terms' coefficients at the reference
	linear []float64     // the same for the columns
	sse    float64
	powers [2][]float64 // of each P and of each S
	least  [2]float64   // the smallest logarithms of P and of S
	last   int          // if not -1, the last cell has only this term
}

func newProjection(form *Form, c *cells) *projection {
	n := len(c.p)
	p := &projection{form: form, cells: c, root: make([]float64, n), rest: make([]float64, n)}
	rows := func(count int) [][]float64 {
		list := make([][]float64, count)
		for i := range list {
			list[i] = make([]float64, n)
		}
		return list
	}
	p.column, p.q, p.slope = rows(len(form.terms)), rows(len(form.terms)), rows(len(form.Exponents))
	p.shift, p.scale, p.linear = make([]float64, len(form.terms)), make([]float64, len(form.terms)), make([]float64, len(form.terms))
	p.powers = [2][]float64{make([]float64, len(c.logP)), make([]float64, len(c.logS))}
	p.least = [2]float64{slices.Min(c.logP), slices.Min(c.logS)}
	p.last = -1
	p.weigh()
	return p
}

// weigh takes the cells' weights, which have changed.
func (p *projection) weigh() {
	for i, w := range p.cells.weight {
		p.root[i] = math.Sqrt(w)
	}
}

// solve finds the linear coefficients for exponents e, and returns the sum of squares of what they leave over.
func (p *projection) solve(e []float64) float64 {
	for i, r := range p.root {
		p.rest[i] = r * p.cells.mean[i]
	}
	var along [3]float64
	terms := len(p.form.terms)
	for j := range terms {
		p.fill(j, e)
		if p.last >= 0 && p.last != j {
			p.column[j][len(p.root)-1] = 0
		}
		copy(p.q[j], p.column[j])
	}
	for j := range terms {
		q := p.q[j]
		norm := math.Sqrt(dot(q, q))
		if !(norm > dependent*math.Sqrt(dot(p.column[j], p.column[j]))) {
			clear(q)
			norm = 0
		}
		p.r[j][j] = norm
		if norm == 0 {
			for l := j + 1; l < terms; l++ {
				p.r[j][l] = 0
			}
			along[j] = 0
			continue
		}
		for i := range q {
			q[i] /= norm
		}
		for l := j + 1; l < terms; l++ {
			p.r[j][l] = dot(q, p.q[l])
			takeOut(p.q[l], q, p.r[j][l])
		}
		along[j] = dot(q, p.rest)
		takeOut(p.rest, q, along[j])
	}
	for j := terms - 1; j >= 0; j-- {
		p.linear[j] = 0
		if p.r[j][j] == 0 {
			continue
		}
		v := along[j]
		for l := j + 1; l < terms; l++ {
			v -= p.r[j][l] * p.linear[l]
		}
		p.linear[j] = v / p.r[j][j]
		p.scale[j] = p.linear[j] * math.Exp(-p.shift[j])
	}
	p.sse = dot(p.rest, p.rest) + p.cells.within
	return p.sse
}

// fill computes the column of term j.
func (p *projection) fill(j int, e []float64) {
	c, t, column := p.cells, p.form.terms[j], p.column[j]
	p.shift[j] = 0
	switch {
	case t.coupled:
		with, largest := couple(e), math.Inf(-1)
		for i := range column {
			column[i], _ = with.at(c.logP[c.p[i]], c.logS[c.s[i]])
			largest = max(largest, column[i])
		}
		p.shift[j] = largest
		for i, v := range column {
			column[i] = p.root[i] * math.Exp(v-largest)
		}
	case t.size >= 0 && t.training >= 0:
		x, y := p.power(0, c.logP, e[t.size], j), p.power(1, c.logS, e[t.training], j)
		for i := range column {
			column[i] = p.root[i] * x[c.p[i]] * y[c.s[i]]
		}
	case t.size >= 0:
		x := p.power(0, c.logP, e[t.size], j)
		for i, at := range c.p {
			column[i] = p.root[i] * x[at]
		}
	case t.training >= 0:
		y := p.power(1, c.logS, e[t.training], j)
		for i, at := range c.s {
			column[i] = p.root[i] * y[at]
		}
	default:
		copy(column, p.root)
	}
}

// power is the values to the power -e, divided by the largest of these.
func (p *projection) power(which int, logs []float64, e float64, j int) []float64 {
	p.shift[j] -= e * p.least[which]
	v := p.powers[which]
	for i, x := range logs {
		v[i] = math.Exp(-e * (x - p.least[which]))
	}
	return v
}

// slopes computes the derivatives of the residuals by the searched variables, after solve. They leave out that the linear
// coefficients change as well except in that the result stays orthogonal to the columns (Kaufman 1975): the gradient of the sum of
// squares is exact, and the steps are those of Gauss and Newton in all parameters together. It returns how long each was before the
// columns were taken out.
func (p *projection) slopes(e []float64) (own [maxExponents]float64) {
	c := p.cells
	for j, t := range p.form.terms {
		if t.coupled {
			with := couple(e)
			for i, column := range p.column[j] {
				_, d := with.at(c.logP[c.p[i]], c.logS[c.s[i]])
				for k := range d {
					p.slope[k][i] = d[k] * column
				}
			}
		}
		if t.size >= 0 && !t.coupled {
			for i, column := range p.column[j] {
				p.slope[t.size][i] = -(c.logP[c.p[i]] - p.least[0]) * column
			}
		}
		if t.training >= 0 && !t.coupled {
			for i, column := range p.column[j] {
				p.slope[t.training][i] = -(c.logS[c.s[i]] - p.least[1]) * column
			}
		}
		for k, slope := range p.slope {
			if k != t.size && k != t.training && !t.coupled {
				continue
			}
			factor := -p.linear[j]
			if p.form.Exponents[k].Low > 0 {
				factor *= e[k]
			}
			for i := range slope {
				slope[i] *= factor
			}
		}
	}
	for k, slope := range p.slope {
		own[k] = math.Sqrt(dot(slope, slope))
		for _, q := range p.q {
			takeOut(slope, q, dot(slope, q))
		}
	}
	return own
}

func dot(a, b []float64) (sum float64) {
	b = b[:len(a)]
	for i, x := range a {
		sum += float64(x * b[i])
	}
	return sum
}

// takeOut subtracts times b from a.
func takeOut(a, b []float64, times float64) {
	b = b[:len(a)]
	for i, x := range b {
		a[i] -= float64(times * x)
	}
}
