package fit

import "math"

// bins is how many parts each axis of coarse cells has.
const bins = 48

// coarse is at most bins^2 cells in the middle of parts of the plane of log P and log S, each with the mean of those that lie there:
// good enough to find where a search begins.
func (c *cells) coarse() *cells {
	var weight, sum [bins * bins]float64
	place := func(v float64, logs []float64) int {
		span := logs[len(logs)-1] - logs[0]
		if span == 0 {
			return 0
		}
		return min(int((v-logs[0])/span*bins), bins-1)
	}
	for i, w := range c.weight {
		at := place(c.logP[c.p[i]], c.logP)*bins + place(c.logS[c.s[i]], c.logS)
		weight[at] += w
		sum[at] += w * c.mean[i]
	}
	middle := func(i int, logs []float64) float64 {
		return math.Exp(logs[0] + (logs[len(logs)-1]-logs[0])*(float64(i)+0.5)/bins)
	}
	var means []Point
	var times []float64
	for at, w := range weight {
		if w > 0 {
			means = append(means, Point{c.at.Params * middle(at/bins, c.logP), c.at.Steps * middle(at%bins, c.logS), sum[at] / w, 0})
			times = append(times, w)
		}
	}
	coarser := group(means, c.at)
	coarser.count(times)
	return coarser
}
