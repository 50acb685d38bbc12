package fit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
)

const (
	// DefaultDraws is how many resamples an interval needs so that its ends vary by some 2% of its width from seed to seed.
	DefaultDraws = 2000

	// MaxResampled is the most points that are resampled: of more, 2,000 fits take minutes.
	MaxResampled = 10000
)

// Bootstrap fits the form of f anew to draws resamples of the points that f was fitted to (pairs bootstrap, Efron 1979: it takes
// neither equal nor normal errors for granted). Equal points and seed give equal draws on any number of cores. Resamples that cannot
// identify the form are counted and left out.
func Bootstrap(ctx context.Context, f *Fit, points []Point, draws int, seed uint64) (*Draws, error) {
	sorted, err := checked(points)
	if err != nil {
		return nil, err
	}
	n := len(sorted)
	if f.Loss != LeastSquares {
		return nil, fmt.Errorf("fit: the fit is by %s, expected one by %s: only that is fast enough to resample", f.Loss, LeastSquares)
	}
	if n > MaxResampled || n <= f.Form.Parameters() || draws < 1 {
		return nil, fmt.Errorf("fit: found %d points and %d resamples, expected %d to %d points for the form %s and 1 resample or more: see Profile for intervals without resampling",
			n, draws, f.Form.Parameters()+1, MaxResampled, f.Form.Name)
	}
	fits, inner := make([]*Fit, draws), make([]*Fit, draws)
	var wait sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), draws)
	for w := range workers {
		wait.Go(func() {
			r := newRefit(f, sorted)
			times := make([]float64, n)
			for i := w; i < draws && ctx.Err() == nil; i += workers {
				// The increment of the golden ratio sets the generators of neighbouring draws far apart.
				random := rand.New(rand.NewPCG(seed, uint64(i)*0x9e3779b97f4a7c15))
				clear(times)
				for range n {
					times[random.IntN(n)]++
				}
				fits[i], inner[i] = r.fit(times)
			}
		})
	}
	wait.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d := &Draws{Fit: f, Asked: draws}
	for i, f := range fits {
		if f == nil {
			d.Degenerate++
			continue
		}
		d.Fits, d.inner = append(d.Fits, f), append(d.inner, inner[i])
	}
	return d, nil
}

// refit fits a form again to the same points in other numbers, near the first fit if that is where the optimum is.
type refit struct {
	*exponentSearch
	first     *Fit
	grid      [][]float64
	low, high []float64
}

func newRefit(f *Fit, sorted []Point) *refit {
	r := &refit{exponentSearch: &exponentSearch{newProjection(f.Form, group(sorted, f.Reference)), make([]float64, len(f.Exponents))}, first: f}
	r.low, r.high = f.Form.bounds()
	r.grid = f.Form.grid([]int{1, 12, 6, 4}[len(f.Exponents)])
	return r
}

// fit is the optimum for points that are there times[i] times each, or nil where they cannot identify the form. It goes down from
// the first optimum and from the lowest point of a coarse grid. Where an exponent is at a bound, inner is the best law with it
// as far inside as moved says.
func (r *refit) fit(times []float64) (best, inner *Fit) {
	r.cells.count(times)
	r.weigh()
	u := r.form.searched(r.first.Exponents)
	sse := descend(r, u, r.low, r.high)
	var lowest []float64
	least := 0.0
	for _, at := range r.grid {
		r.form.exponents(r.e, at)
		if sse := r.solve(r.e); lowest == nil || sse < least {
			lowest, least = at, sse
		}
	}
	other := slices.Clone(lowest)
	if descend(r, other, r.low, r.high) < sse {
		u = other
	}
	best = r.exponentSearch.fit(u, r.first.Loss)
	if r.identified(best) != nil {
		return nil, nil
	}
	if slices.ContainsFunc(best.Bounds, func(b int) bool { return b != 0 }) {
		low, high := r.form.moved()
		for k := range u {
			u[k] = min(max(u[k], low[k]), high[k])
		}
		descend(r, u, low, high)
		inner = r.exponentSearch.fit(u, r.first.Loss)
	}
	return best, inner
}
