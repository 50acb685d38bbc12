package fit

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// MaxShared is the most points of all groups: of more, the search takes longer than some seconds.
const MaxShared = 20000

// SharedTest is the likelihood-ratio test of whether groups of points, each with a law of its own, have some exponents in common.
type SharedTest struct {
	Exponents []string  // the names of those that are shared
	Values    []float64 // of them, at the shared optimum
	Own       []*Fit    // of each group, alone
	SSE       []float64 // of each group, with the shared exponents
	Chi2      float64   // sum of n log(SSE shared / SSE own)
	DF        int       // (groups - 1) x shared exponents
	P         float64   // by the chi-square distribution, good for many points a group; too small for few

	// Corrected is P with Chi2 scaled for few points: n replaced by n - k + q/2 - 1, for k parameters a group and q restrictions
	// a group (Bartlett 1938; Anderson 2003, section 8.5: good to second order of one linear regression, and near here).
	Corrected float64
	Warnings  []string

	// Correlation is that of two groups' residuals, each from its own law, at the sizes and steps that both have: the least and the greatest of all pairs of
	// groups with five such places. NaN without.
	Correlation [2]float64
}

// Shared fits the form to each group by least squares, alone and with the named exponents common to all, and tests the one against
// the other. The groups are independent, each with normal errors of a variance of its own: minus twice the log likelihood is
// n log(SSE) summed over the groups, but for a constant. A large P says that the groups' exponents differ by no more
// than they are uncertain by; whether they are known well enough for that to mean something, their intervals say.
//
// Groups that are data sets measured with the same models are not independent: what a law misses of a model it misses on all of them, their
// exponents err together, and P is too large. On the published points residuals correlate 0.74 to 0.93; of 400 simulations of the shared law with errors that
// correlate so, 77% have a chi-square of 0.440 or more, and not 98% as of independent ones.
//
// It searches the shared exponents only: for given ones, each group's other exponents are searched alone, from its own optimum, and
// its coefficients solved for. The search begins at each group's own exponents and at their mean.
func Shared(form *Form, groups [][]Point, exponents []string) (*SharedTest, error) {
	if len(groups) < 2 || len(exponents) == 0 {
		return nil, fmt.Errorf("fit: found %d groups and %d exponents to share, expected two groups and an exponent at least", len(groups), len(exponents))
	}
	total := 0
	for _, points := range groups {
		total += len(points)
	}
	if total > MaxShared {
		return nil, fmt.Errorf("fit: found %d points in %d groups, expected %d at most to share exponents: test fewer", total, len(groups), MaxShared)
	}
	s := &sharedSearch{form: form}
	t := &SharedTest{Exponents: exponents, DF: (len(groups) - 1) * len(exponents)}
	for _, name := range exponents {
		k := slices.IndexFunc(form.Exponents, func(e Exponent) bool { return e.Name == name })
		if k < 0 || form.Exponents[k].Low < 0 || slices.Contains(s.shared, k) { // a balance is one of a reference, which is each group's own
			return nil, fmt.Errorf("fit: the form %s cannot share %q, expected exponents of it, each once", form.Name, name)
		}
		s.shared = append(s.shared, k)
	}
	for i, points := range groups {
		own, err := Optimum(form, points, LeastSquares)
		if err == nil {
			err = own.noisy()
		}
		if err != nil {
			return nil, fmt.Errorf("fit: group %d of %d: %w", i+1, len(groups), err)
		}
		sorted, err := checked(points)
		if err != nil {
			return nil, err
		}
		t.Own = append(t.Own, own)
		s.add(own, sorted)
		for _, k := range s.shared {
			if own.Bounds[k] != 0 {
				t.Warnings = append(t.Warnings, fmt.Sprintf("%s of group %d is at a bound of the search: the chi-square distribution does not hold there", form.Exponents[k].Name, i+1))
			}
		}
	}
	t.Correlation = correlations(t.Own, groups)
	v := s.search()
	s.at(v)
	t.SSE = slices.Clone(s.sse)
	for i, k := range s.shared {
		e := make([]float64, len(form.Exponents))
		u := slices.Clone(s.own[0])
		u[k] = v[i]
		form.exponents(e, u)
		t.Values = append(t.Values, e[k])
	}
	restrictions := float64(t.DF) / float64(len(groups)) // a group
	corrected := 0.0
	for i, own := range t.Own {
		ratio := math.Log(max(t.SSE[i]/own.SSE, 1))
		t.Chi2 += s.points[i] * ratio
		corrected += (s.points[i] - float64(form.Parameters()) + restrictions/2 - 1) * ratio
	}
	t.P = chi2Tail(t.Chi2, float64(t.DF))
	t.Corrected = chi2Tail(max(corrected, 0), float64(t.DF))
	return t, nil
}

// correlations are the least and the greatest between the residuals of two groups.
func correlations(own []*Fit, groups [][]Point) [2]float64 {
	const fewest = 5
	least, greatest := math.NaN(), math.NaN()
	residuals := make([]map[Reference]float64, len(groups)) // summed over repeats of a place
	for i, points := range groups {
		residuals[i] = make(map[Reference]float64, len(points))
		for _, p := range points {
			residuals[i][Reference{p.Params, p.Steps}] += p.Ratio - own[i].Value(p.Params, p.Steps)
		}
		for j := range i {
			var x, y []float64
			for _, p := range groups[j] {
				at := Reference{p.Params, p.Steps}
				if r, both := residuals[i][at]; both {
					x, y = append(x, r), append(y, residuals[j][at])
				}
			}
			if len(x) < fewest {
				continue
			}
			r := stat.Correlation(x, y, nil)
			if math.IsNaN(least) {
				least, greatest = r, r
			}
			least, greatest = min(least, r), max(greatest, r)
		}
	}
	return [2]float64{least, greatest}
}

// sharedSearch is the likelihood of groups as a problem in the shared exponents.
type sharedSearch struct {
	form   *Form
	shared []int // places of the shared exponents
	groups []*exponentSearch
	points []float64   // of each group
	own    [][]float64 // of each group, the searched variables at its own optimum
	sse    []float64   // of each group, where at was last called
}

func (s *sharedSearch) add(own *Fit, sorted []Point) {
	c := group(sorted, own.Reference)
	s.groups = append(s.groups, newExponentSearch(s.form, c))
	s.points = append(s.points, float64(len(sorted)))
	s.own = append(s.own, s.form.searched(own.Exponents))
	s.sse = append(s.sse, own.SSE)
}

// search is the shared exponents, as searched variables, of the greatest likelihood.
func (s *sharedSearch) search() []float64 {
	low, high := s.form.bounds()
	var l, h []float64
	mean := make([]float64, len(s.shared))
	for _, k := range s.shared {
		l, h = append(l, low[k]), append(h, high[k])
	}
	var starts [][]float64
	for _, own := range s.own {
		start := make([]float64, len(s.shared))
		for i, k := range s.shared {
			start[i] = own[k]
			mean[i] += own[k] / float64(len(s.own))
		}
		starts = append(starts, start)
	}
	var best []float64
	least := math.Inf(1)
	for _, v := range append(starts, mean) {
		if f := descend(s, v, l, h); best == nil || f < least {
			best, least = v, f
		}
	}
	return best
}

// at is the geometric mean of the groups' sums of squares, weighted by their points, for shared exponents v, with half its gradient
// (the envelope theorem: the other exponents are at their best) and half its curvature without the part that is negative.
func (s *sharedSearch) at(v []float64) (f float64, gradient [maxVariables]float64, curvature [maxVariables][maxVariables]float64) {
	var total float64
	for i, x := range s.groups {
		u := slices.Clone(s.own[i])
		low, high := s.form.bounds()
		for j, k := range s.shared {
			u[k], low[k], high[k] = v[j], v[j], v[j]
		}
		descend(x, u, low, high)
		sse, g, c := x.at(u)
		s.sse[i] = sse
		for k := range u {
			if low[k] < u[k] && u[k] < high[k] {
				eliminate(&c, k)
			}
		}
		f += s.points[i] * math.Log(sse)
		total += s.points[i]
		for j, k := range s.shared {
			gradient[j] += s.points[i] / sse * g[k]
			for m, l := range s.shared {
				curvature[j][m] += s.points[i] / sse * c[k][l]
			}
		}
	}
	f = math.Exp(f / total)
	for j := range s.shared {
		gradient[j] *= f / total
		for m := range s.shared {
			curvature[j][m] *= f / total
		}
	}
	return f, gradient, curvature
}

// eliminate is the curvature that is left when variable k follows the others to its best: the Schur complement.
func eliminate(c *[maxVariables][maxVariables]float64, k int) {
	pivot := c[k][k]
	if !(pivot > 0) {
		return
	}
	row := c[k]
	for i := range c {
		for j := range c {
			c[i][j] -= row[i] * row[j] / pivot
		}
	}
}
