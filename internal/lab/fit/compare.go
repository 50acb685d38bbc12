package fit

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// AICc is Akaike's information criterion of a least-squares fit with the correction for few points (Hurvich and Tsai 1989), but for
// a constant of the points: n log(SSE/n) + 2K + 2K(K+1)/(n-K-1), K the law's parameters and the errors' variance. Lower is better,
// among fits to the same points. Errors are taken to be independent, normal and of one variance.
func AICc(f *Fit) (float64, error) {
	n, k := float64(f.Points), float64(f.Form.Parameters()+1)
	if f.Loss != LeastSquares {
		return 0, fmt.Errorf("fit: no AICc of a fit by %s, expected least squares", f.Loss)
	}
	if n <= k+1 {
		return 0, fmt.Errorf("fit: no AICc of %s, %d parameters with the variance, on %g points, expected %d points at least", f.Form.Name, f.Form.Parameters()+1, n, f.Form.Parameters()+3)
	}
	if err := f.noisy(); err != nil {
		return 0, err
	}
	return n*math.Log(f.SSE/n) + 2*k + 2*k*(k+1)/(n-k-1), nil
}

// AkaikeWeights are how plausible each of some laws is, of AICc on the same points, if one of them is nearest to the truth: they sum to 1
// (Burnham and Anderson 2002, section 2.9).
func AkaikeWeights(aicc []float64) []float64 {
	weights := make([]float64, len(aicc))
	if len(aicc) == 0 {
		return weights
	}
	least, sum := slices.Min(aicc), 0.0
	for i, a := range aicc {
		weights[i] = math.Exp((least - a) / 2)
		sum += weights[i]
	}
	for i := range weights {
		weights[i] /= sum
	}
	return weights
}

// Comparison is of two laws on the same points: how well each fits and how well each predicts. What is an array has the first law's
// figure and the second's.
type Comparison struct {
	Forms   [2]string
	AICc    [2]float64
	Weights [2]float64 // of these two
	RMSE    [2]float64 // left out one by one

	Difference float64  // RMSE of the first - of the second: below 0 where the first predicts better
	Interval   Interval // of Difference, see Compare
	Better     int      // -1: the first predicts better, 1: the second, 0: the interval holds 0, so that these points do not tell
}

// Compare tells which of two fits to the same points predicts better. left are their LeaveOneOut.
//
// The interval is a paired bootstrap: points are drawn anew, each with the errors that both laws make there, which are much alike.
// Percentiles of few points are too narrow; it takes those of the expanded percentile interval (Hesterberg 2015), which
// is as wide as Student's t makes it. Left-out errors depend on each other a little, since any two laws share all points but two: the interval
// is approximate, and says nothing of extrapolation.
func Compare(a, b *Fit, left [2]*Prediction) (*Comparison, error) {
	if !slices.Equal(left[0].Test, left[1].Test) || len(left[0].Test) != a.Points || a.Points != b.Points || a.Points < 2 {
		return nil, fmt.Errorf("fit: %s of %d points and %s of %d, %d and %d left out, expected the same points, two at least", a.Form.Name, a.Points, b.Form.Name, b.Points, len(left[0].Test), len(left[1].Test))
	}
	c := &Comparison{Forms: [2]string{a.Form.Name, b.Form.Name}}
	for i, f := range []*Fit{a, b} {
		aicc, err := AICc(f)
		if err != nil {
			return nil, err
		}
		c.AICc[i], c.RMSE[i] = aicc, left[i].RMSE
	}
	copy(c.Weights[:], AkaikeWeights(c.AICc[:]))
	c.Difference = c.RMSE[0] - c.RMSE[1]
	c.Interval = pairedInterval(left[0].Errors, left[1].Errors)
	switch {
	case c.Interval.High < 0:
		c.Better = -1
	case c.Interval.Low > 0:
		c.Better = 1
	}
	return c, nil
}

// pairedInterval is of the difference between the root mean squares of two lists of errors at the same points.
func pairedInterval(x, y []float64) Interval {
	n := len(x)
	r := rand.New(rand.NewPCG(seedOfTests, uint64(n)))
	differences := make([]float64, DefaultDraws)
	for i := range differences {
		var first, second float64
		for range n {
			at := r.IntN(n)
			first += float64(x[at] * x[at])
			second += float64(y[at] * y[at])
		}
		differences[i] = math.Sqrt(first/float64(n)) - math.Sqrt(second/float64(n))
	}
	slices.Sort(differences)
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 1)}.Quantile(0.975)
	tail := distuv.UnitNormal.CDF(-math.Sqrt(float64(n)/float64(n-1)) * t)
	at := func(q float64) float64 {
		k := q * float64(len(differences)-1)
		i := int(k)
		return differences[i] + (k-float64(i))*(differences[min(i+1, len(differences)-1)]-differences[i])
	}
	return Interval{Low: at(tail), High: at(1 - tail)}
}
