package fit

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Point is one measurement of a model during its training.
type Point struct {
	Params float64 // P, the model's size; which parameters are counted is the caller's choice
	Steps  float64 // S, steps of training; of forms in tokens, D
	Ratio  float64 // the compression ratio, or another rate
	SE     float64 // its standard error, 0 where it is not known
}

// Reference is the size and the length of training at which coefficients are compared.
type Reference struct{ Params, Steps float64 }

// checked is the points in an order that does not depend on how they came, or what is wrong with them.
func checked(points []Point) ([]Point, error) {
	for i, p := range points {
		for _, v := range []struct {
			name  string
			value float64
			least string
			ok    bool
		}{
			{"size", p.Params, "a positive number", p.Params > 0 && !math.IsInf(p.Params, 0)},
			{"steps", p.Steps, "a positive number", p.Steps > 0 && !math.IsInf(p.Steps, 0)},
			{"ratio", p.Ratio, "a positive number", p.Ratio > 0 && !math.IsInf(p.Ratio, 0)},
			{"standard error", p.SE, "0 (not known) or a positive number", p.SE >= 0 && !math.IsInf(p.SE, 0)},
		} {
			if !v.ok {
				return nil, fmt.Errorf("fit: point %d of %d: its %s is %v, expected %s: correct the point or leave it out", i+1, len(points), v.name, v.value, v.least)
			}
		}
	}
	sorted := slices.Clone(points)
	slices.SortFunc(sorted, func(a, b Point) int {
		return cmp.Or(cmp.Compare(a.Params, b.Params), cmp.Compare(a.Steps, b.Steps), cmp.Compare(a.Ratio, b.Ratio), cmp.Compare(a.SE, b.SE))
	})
	return sorted, nil
}

// reference is the geometric means of the points.
func reference(points []Point) Reference {
	var p, s float64
	for _, x := range points {
		p += math.Log(x.Params)
		s += math.Log(x.Steps)
	}
	n := float64(len(points))
	return Reference{math.Exp(p / n), math.Exp(s / n)}
}

// cells is points by their (P, S): those that share both are one row of a least-squares problem, with their mean and their number
// as its weight, since what they differ by no law of P and S can explain.
type cells struct {
	at         Reference
	logP, logS []float64 // log(P/P0) and log(S/S0): each value once, increasing
	p, s       []int     // of each cell, its place in logP and logS
	weight     []float64 // of each cell, how many points it has
	mean       []float64 // of each cell, of the ratios
	total      float64   // points
	within     float64   // the sum of squares of points round the mean of their cell
	variation  float64   // the sum of squares round the mean of all points
	level      float64   // that mean
	cell       []int     // of each point, its cell
	ratio      []float64 // of each point
}

// group makes cells of sorted points.
func group(sorted []Point, at Reference) *cells {
	c := &cells{at: at, cell: make([]int, len(sorted)), ratio: make([]float64, len(sorted))}
	steps := make([]float64, len(sorted))
	for i, p := range sorted {
		steps[i] = p.Steps
	}
	slices.Sort(steps)
	steps = slices.Compact(steps)
	for _, s := range steps {
		c.logS = append(c.logS, math.Log(s/at.Steps))
	}
	for i, p := range sorted {
		if i == 0 || p.Params != sorted[i-1].Params {
			c.logP = append(c.logP, math.Log(p.Params/at.Params))
		}
		if i == 0 || p.Params != sorted[i-1].Params || p.Steps != sorted[i-1].Steps {
			s, _ := slices.BinarySearch(steps, p.Steps)
			c.p, c.s = append(c.p, len(c.logP)-1), append(c.s, s)
		}
		c.cell[i], c.ratio[i] = len(c.p)-1, p.Ratio
	}
	c.weight, c.mean = make([]float64, len(c.p)), make([]float64, len(c.p))
	c.count(nil)
	return c
}

// count sets weights, means and sums for points that are there times[i] times each; nil for once.
func (c *cells) count(times []float64) {
	clear(c.weight)
	clear(c.mean)
	c.total, c.level, c.within, c.variation = 0, 0, 0, 0
	for i, cell := range c.cell {
		t := 1.0
		if times != nil {
			t = times[i]
		}
		c.weight[cell] += t
		c.mean[cell] += t * c.ratio[i]
		c.total += t
		c.level += t * c.ratio[i]
	}
	c.level /= c.total
	for i, w := range c.weight {
		if w > 0 {
			c.mean[i] /= w
		}
	}
	for i, cell := range c.cell {
		t := 1.0
		if times != nil {
			t = times[i]
		}
		d, e := c.ratio[i]-c.mean[cell], c.ratio[i]-c.level
		c.within += t * d * d
		c.variation += t * e * e
	}
}
