package fit

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/mathext"
)

// FRatio is an F test of a law against one with fewer parameters: how often noise alone would make the bigger one look so much
// better.
type FRatio struct {
	F    float64
	DF   int // of the numerator: parameters that the smaller law lacks
	Rest int // of the denominator: points less parameters of the bigger law
	P    float64
}

// FTest tests whether full explains more than nested, a special case of it, both fitted by least squares to the same points:
//
//	F = ((SSE0 - SSE) / (k - k0)) / (SSE / (n - k))
//
// (Seber and Wild 1989, Nonlinear Regression, section 5.3). P is exact for linear laws and independent normal errors of equal
// variance, and good where the parameters that nested fixes are all identified under it. A term's exponent is not: without the term
// any exponent is as good as any other, and the bigger law picks the best of them (Davies 1977, 1987). It then has one parameter and
// a choice more, and the F distribution is that of two: P is approximate, as a rule too large, since the curves that the
// exponents give over a few sizes are much alike. TermTests gives a P by simulation beside it.
func FTest(full, nested *Fit) (FRatio, error) {
	if full.Loss != LeastSquares || nested.Loss != LeastSquares {
		return FRatio{}, fmt.Errorf("fit: an F test of laws fitted by %s and by %s, expected least squares: fit both again", full.Loss, nested.Loss)
	}
	if full.Points != nested.Points || full.Form.Parameters() <= nested.Form.Parameters() || nested.SSE < full.SSE*(1-1e-9) {
		return FRatio{}, fmt.Errorf("fit: an F test of %s (%d parameters, %d points, SSE %g) against %s (%d, %d, %g), expected a special case with fewer parameters on the same points",
			full.Form.Name, full.Form.Parameters(), full.Points, full.SSE, nested.Form.Name, nested.Form.Parameters(), nested.Points, nested.SSE)
	}
	if err := full.noisy(); err != nil {
		return FRatio{}, err
	}
	return fRatio(full.SSE, nested.SSE, full.Points-full.Form.Parameters(), full.Form.Parameters()-nested.Form.Parameters()), nil
}

// noisy says that a law leaves no residuals to judge anything by, where it leaves none.
func (f *Fit) noisy() error {
	if rest := f.Points - f.Form.Parameters(); rest < 1 {
		return fmt.Errorf("fit: %d points for the %d parameters of %s leave nothing to test against: measure more", f.Points, f.Form.Parameters(), f.Form.Name)
	}
	if f.RMSE <= 1e-12*math.Abs(f.Value(f.Reference.Params, f.Reference.Steps)) {
		return fmt.Errorf("fit: the law %s goes through all %d points to rounding: there is no error to test against", f.Form.Name, f.Points)
	}
	return nil
}

// fRatio is the test of sums of squares: df more parameters, and rest degrees of freedom left.
func fRatio(full, nested float64, rest, df int) FRatio {
	f := max(nested-full, 0) / float64(df) / (full / float64(rest))
	return FRatio{F: f, DF: df, Rest: rest, P: fTail(f, float64(df), float64(rest))}
}

// fTail is the chance that an F with so many degrees of freedom is above x. It is not 1 - CDF: that is 0 from 1e-16 on.
func fTail(x, numerator, denominator float64) float64 {
	return mathext.RegIncBeta(denominator/2, numerator/2, denominator/(denominator+numerator*x))
}

// TermTest is whether a law needs one of its terms.
type TermTest struct {
	Term         string   // its coefficient: "b"
	Unidentified []string // exponents that mean nothing without the term: P is then approximate, see FTest
	FRatio

	// Simulated is the P of a parametric bootstrap: of SimulatedDraws draws from the law without the term, with normal errors, fitted
	// anew with and without it, the part whose F is at least so large, (1 + count) / (1 + draws). NaN where it was not drawn:
	// with nothing unidentified, of more than MaxSimulated points, or for P below 0.001, which simulation would not make large.
	Simulated float64
}

const (
	SimulatedDraws = 500 // of a law fitted twice: a P of 0.05 is known to ±0.02
	MaxSimulated   = 500 // points: of more, the draws take seconds
)

// TermTests are the F tests of each term of full, which was fitted to points. A form with one term has none.
func TermTests(full *Fit, points []Point) ([]TermTest, error) {
	if len(full.Form.terms) < 2 {
		return nil, nil
	}
	sorted, err := checked(points)
	if err != nil {
		return nil, err
	}
	var tests []TermTest
	for j := range full.Form.terms {
		form, gone := full.Form.without(j)
		nested, err := Optimum(form, sorted, full.Loss)
		if err != nil {
			return nil, err
		}
		ratio, err := FTest(full, nested)
		if err != nil {
			return nil, err
		}
		t := TermTest{Term: full.Form.Coefficients[j], Unidentified: gone, FRatio: ratio, Simulated: math.NaN()}
		if gone != nil && ratio.P >= 0.001 && len(sorted) <= MaxSimulated {
			t.Simulated = simulated(full.Form, nested, sorted, ratio.F)
		}
		tests = append(tests, t)
	}
	return tests, nil
}

// without is the form less term j, and the names of the exponents that go with it.
func (f *Form) without(j int) (*Form, []string) {
	var gone []string
	rest := &Form{
		Name:         f.Name + " without " + f.Coefficients[j],
		Tokens:       f.Tokens,
		Coefficients: slices.Delete(slices.Clone(f.Coefficients), j, j+1),
		Scales:       slices.Delete(slices.Clone(f.Scales), j, j+1),
		terms:        slices.Delete(slices.Clone(f.terms), j, j+1),
	}
	rest.Formula = f.Formula + ", " + f.Coefficients[j] + " = 0"
	place := make([]int, len(f.Exponents))
	for k, e := range f.Exponents {
		place[k] = -1
		if slices.ContainsFunc(rest.terms, func(t term) bool { return t.size == k || t.training == k }) {
			place[k] = len(rest.Exponents)
			rest.Exponents = append(rest.Exponents, e)
		} else {
			gone = append(gone, e.Name)
		}
	}
	for i, t := range rest.terms {
		if t.size >= 0 {
			rest.terms[i].size = place[t.size]
		}
		if t.training >= 0 {
			rest.terms[i].training = place[t.training]
		}
	}
	return rest, gone
}

// simulated is the part of draws from nested whose F for the form is at least f.
func simulated(form *Form, nested *Fit, sorted []Point, f float64) float64 {
	df, rest := form.Parameters()-nested.Form.Parameters(), nested.Points-form.Parameters()
	deviation := math.Sqrt(nested.SSE / float64(nested.Points-nested.Form.Parameters()))
	var wait sync.WaitGroup
	var reached atomic.Int64
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wait.Go(func() {
			c := group(sorted, nested.Reference)
			with, less := newExponentSearch(form, c), newExponentSearch(nested.Form, c)
			for draw := w; draw < SimulatedDraws; draw += workers {
				r := rand.New(rand.NewPCG(seedOfTests, uint64(draw)))
				for i, p := range sorted {
					c.ratio[i] = nested.Value(p.Params, p.Steps) + deviation*r.NormFloat64()
				}
				c.count(nil)
				if fRatio(with.lowest(), less.lowest(), rest, df).F >= f {
					reached.Add(1)
				}
			}
		})
	}
	wait.Wait()
	return float64(1+reached.Load()) / (1 + SimulatedDraws)
}

const seedOfTests = 1 // of draws: equal points have equal tests

func newExponentSearch(form *Form, c *cells) *exponentSearch {
	return &exponentSearch{newProjection(form, c), make([]float64, len(form.Exponents))}
}

// lowest is the least sum of squares, sought from the two deepest valleys of a coarse grid.
func (x *exponentSearch) lowest() float64 {
	low, high := x.form.bounds()
	least := math.Inf(1)
	starts := x.valleys(6)
	for _, u := range starts[:min(len(starts), 2)] {
		least = min(least, descend(x, u, low, high))
	}
	return least
}
