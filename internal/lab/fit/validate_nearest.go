package fit

import (
	"math"
	"slices"
)

// CopyNearest is the naive prediction that a law has to beat: the ratio of the measured point whose log P and log S are nearest, by
// Euclid's distance, or the mean of those that are equally near. On a grid, for a larger model it is the next smaller one at the
// same step; for a later checkpoint the same model's last.
func CopyNearest(measured []Point, params, steps float64) float64 {
	return newNearest(measured).ratio(params, steps)
}

// nearest is points by size, so that few of them need be looked at.
type nearest struct {
	size []float64 // log P, increasing
	rows [][]place // of each size, by step
}

type place struct{ step, ratio float64 } // log S, and the mean of the points there

func newNearest(measured []Point) *nearest {
	sorted, err := checked(measured)
	if err != nil || len(sorted) == 0 {
		return &nearest{}
	}
	n := &nearest{}
	c := group(sorted, Reference{1, 1})
	n.size = c.logP
	n.rows = make([][]place, len(c.logP))
	for i, mean := range c.mean {
		n.rows[c.p[i]] = append(n.rows[c.p[i]], place{c.logS[c.s[i]], mean})
	}
	return n
}

// ratio is NaN where nothing was measured.
func (n *nearest) ratio(params, steps float64) float64 {
	x, y := math.Log(params), math.Log(steps)
	least, sum, count := math.Inf(1), 0.0, 0.0
	look := func(i int) bool {
		dx := n.size[i] - x
		if dx*dx > least {
			return false
		}
		row := n.rows[i]
		at, _ := slices.BinarySearchFunc(row, y, func(p place, y float64) int {
			if p.step < y {
				return -1
			}
			return 1
		})
		for _, p := range row[max(at-1, 0):min(at+1, len(row))] {
			d := dx*dx + (p.step-y)*(p.step-y)
			switch {
			case d < least*(1-1e-9) || count == 0: // logarithms of equal quotients differ by rounding
				least, sum, count = d, p.ratio, 1
			case d <= least*(1+1e-9):
				sum, count = sum+p.ratio, count+1
			}
		}
		return true
	}
	start, _ := slices.BinarySearch(n.size, x)
	up, down := start, start-1
	for goUp, goDown := true, true; goUp || goDown; {
		goUp = goUp && up < len(n.size) && look(up)
		goDown = goDown && down >= 0 && look(down)
		up, down = up+1, down-1
	}
	return sum / count
}
