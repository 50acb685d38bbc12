package fit

import (
	"fmt"
	"math"
	"strings"
)

// The search of an exponent ends at these bounds. Over sizes that differ by a factor of 20, as the published ones do, P^-0.001 is
// the straight line in log P to one part in 700, and P^-10 falls by 13 powers of ten, a step after the smallest size: beyond either
// the data cannot tell one exponent from another. A form for which an exponent of 0 means something begins there.
const (
	LowestExponent  = 0.001
	HighestExponent = 10
)

// Exponent is a parameter that a law is not linear in. It is searched by its logarithm where Low is positive, else by itself.
type Exponent struct {
	Name      string
	Low, High float64 // bounds of the search
}

// Form is a family of laws of size and training. Terms are products of powers, each with one linear coefficient.
type Form struct {
	Name         string
	Formula      string
	Source       string     // where it is from
	Tokens       bool       // a point's Steps are tokens of training, D
	Coefficients []string   // as the formula has them: terms at P = S = 1
	Scales       []string   // of each term, the name of its value at the reference: B = b P0^-alpha
	Exponents    []Exponent // what is searched

	terms []term // in the order of Scales
}

// term says which exponents a term has, by their places in Exponents.
type term struct {
	size, training int  // -1 for none: the term does not depend on it
	coupled        bool // Kaplan's L(N, D), see form_coupled.go
}

var (
	alpha = Exponent{"alpha", LowestExponent, HighestExponent}
	beta  = Exponent{"beta", LowestExponent, HighestExponent}

	constant = term{-1, -1, false}
)

// Forms are the laws that can be fitted, the published one first.
var Forms = []*Form{
	{
		Name: "published", Formula: "CR = a + b P^-alpha + c S^-beta", Source: "Bharadwaj 2025",
		Coefficients: []string{"a", "b", "c"}, Scales: []string{"a", "B", "C"}, Exponents: []Exponent{alpha, beta},
		terms: []term{constant, {0, -1, false}, {-1, 1, false}},
	},
	{
		Name: "kaplan-ns", Formula: "CR = b P^-alpha + c S^-beta", Source: "Kaplan et al. 2020, eq. 1.6",
		Coefficients: []string{"b", "c"}, Scales: []string{"B", "C"}, Exponents: []Exponent{alpha, beta},
		terms: []term{{0, -1, false}, {-1, 1, false}},
	},
	{
		Name: "chinchilla", Formula: "CR = E + A P^-alpha + B D^-beta", Source: "Hoffmann et al. 2022, eq. 2", Tokens: true,
		Coefficients: []string{"E", "A", "B"}, Scales: []string{"E", "A at P0", "B at D0"}, Exponents: []Exponent{alpha, beta},
		terms: []term{constant, {0, -1, false}, {-1, 1, false}},
	},
	{
		Name: "kaplan-nd", Formula: "CR = ((Nc/P)^(alphaN/alphaD) + Dc/D)^alphaD", Source: "Kaplan et al. 2020, eq. 1.5", Tokens: true,
		Coefficients: []string{"Nc", "Dc"}, Scales: []string{"CR at P0, D0"},
		Exponents: []Exponent{{"alphaN", LowestExponent, HighestExponent}, {"alphaD", LowestExponent, HighestExponent}, {"balance", -20, 20}},
		terms:     []term{{0, 1, true}},
	},
	{
		Name: "multiplicative", Formula: "CR = a + b P^-alpha S^-beta",
		Coefficients: []string{"a", "b"}, Scales: []string{"a", "B"}, // With alpha 0 it is the form steps. Both near 0 would be one logarithm, of an a and a b without bounds.
		Exponents: []Exponent{{"alpha", 0, HighestExponent}, beta},
		terms:     []term{constant, {0, 1, false}},
	},
	{
		Name: "steps", Formula: "CR = a + c S^-beta",
		Coefficients: []string{"a", "c"}, Scales: []string{"a", "C"}, Exponents: []Exponent{beta},
		terms: []term{constant, {-1, 0, false}},
	},
	{
		Name: "params", Formula: "CR = a + b P^-alpha",
		Coefficients: []string{"a", "b"}, Scales: []string{"a", "B"}, Exponents: []Exponent{alpha},
		terms: []term{constant, {0, -1, false}},
	},
	{
		Name: "constant", Formula: "CR = a",
		Coefficients: []string{"a"}, Scales: []string{"a"},
		terms: []term{constant},
	},
}

// FormNamed is the form of that name.
func FormNamed(name string) (*Form, error) {
	var names []string
	for _, f := range Forms {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return nil, fmt.Errorf("fit: no form is called %q, expected one of %s", name, strings.Join(names, ", "))
}

// Parameters is how many numbers a law of this form has, linear or not.
func (f *Form) Parameters() int { return len(f.Scales) + len(f.Exponents) }

// logarithm is that of a term at x = log(P/P0) and y = log(S/S0), 0 at the reference, for its exponents e.
func (t term) logarithm(x, y float64, e []float64) float64 {
	if t.coupled {
		c := couple(e)
		v, _ := c.at(x, y)
		return v
	}
	v := 0.0
	if t.size >= 0 {
		v -= e[t.size] * x
	}
	if t.training >= 0 {
		v -= e[t.training] * y
	}
	return v
}

// derivatives are those of logarithm, by the exponents in their order.
func (t term) derivatives(x, y float64, e []float64) (d [maxExponents]float64) {
	if t.coupled {
		c := couple(e)
		_, d = c.at(x, y)
		return d
	}
	if t.size >= 0 {
		d[t.size] = -x
	}
	if t.training >= 0 {
		d[t.training] = -y
	}
	return d
}

// atOne are the coefficients of the formula, terms at P = S = 1, of those at the reference.
func (f *Form) atOne(at Reference, scales, e []float64) []float64 {
	x, y := -math.Log(at.Params), -math.Log(at.Steps)
	if f.terms[0].coupled {
		return criticalSizes(at, scales[0], e)
	}
	c := make([]float64, len(scales))
	for j, t := range f.terms {
		c[j] = scales[j] * math.Exp(t.logarithm(x, y, e))
	}
	return c
}

// atReference is the inverse of atOne; e gets the balance of a coupled law, which its coefficients determine.
func (f *Form) atReference(at Reference, coefficients, e []float64) []float64 {
	if f.terms[0].coupled {
		return []float64{coupledScale(at, coefficients, e)}
	}
	x, y := -math.Log(at.Params), -math.Log(at.Steps)
	c := make([]float64, len(coefficients))
	for j, t := range f.terms {
		c[j] = coefficients[j] * math.Exp(-t.logarithm(x, y, e))
	}
	return c
}
