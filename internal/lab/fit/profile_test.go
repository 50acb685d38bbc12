package fit_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"lmz/internal/lab/fit"
)

// design is the 25 points of the published design, with what a law says there and normal errors of that size.
func design(law func(p, s float64) float64, sigma float64, seed uint64) []fit.Point {
	r := rand.New(rand.NewPCG(7, seed))
	var points []fit.Point
	for _, p := range []float64{70e6, 160e6, 410e6, 1e9, 1.4e9} {
		for _, s := range []float64{1e3, 8e3, 32e3, 128e3, 143e3} {
			points = append(points, fit.Point{Params: p, Steps: s, Ratio: law(p, s) + sigma*r.NormFloat64()})
		}
	}
	return points
}

// known are laws like those of the published points.
var known = []struct{ a, b, c, alpha, beta float64 }{{0.0983, 60.8, 14.2, 0.38, 0.75}, {0.2, 80, 7, 0.34, 0.5}}

// coverage is how many of the intervals of each number hold the truth, for fits to simulated points of the law. What counts are a, B, C,
// alpha, beta, a prediction between the points and one beyond.
func coverage(t *testing.T, law int, sigma float64, simulations int, intervals func(f *fit.Fit, points []fit.Point) []fit.Interval) []float64 {
	return coverageOf(t, law, simulations, func(value func(p, s float64) float64, i int) []fit.Point { return design(value, sigma, uint64(i)) }, intervals)
}

// coverageOf is the same for points that are simulated otherwise: those of simulation i.
func coverageOf(t *testing.T, law, simulations int, simulate func(value func(p, s float64) float64, i int) []fit.Point,
	intervals func(f *fit.Fit, points []fit.Point) []fit.Interval) []float64 {
	k := known[law]
	value := func(p, s float64) float64 { return k.a + k.b*math.Pow(p, -k.alpha) + k.c*math.Pow(s, -k.beta) }
	held := make([]float64, 7)
	for i := range simulations {
		points := simulate(value, i)
		f, err := fit.Optimum(form(t, "published"), points, fit.LeastSquares)
		if err != nil {
			t.Fatal(err)
		}
		truth := []float64{k.a, k.b * math.Pow(f.Reference.Params, -k.alpha), k.c * math.Pow(f.Reference.Steps, -k.beta), k.alpha, k.beta, value(3e8, 2e4), value(5e9, 2e5)}
		for j, in := range intervals(f, points) {
			if in.Low <= truth[j] && truth[j] <= in.High {
				held[j] += 1 / float64(simulations)
			}
		}
	}
	return held
}

func profiles(t *testing.T) func(f *fit.Fit, points []fit.Point) []fit.Interval {
	return func(f *fit.Fit, points []fit.Point) []fit.Interval {
		p, err := fit.NewProfile(f, points)
		if err != nil {
			t.Fatal(err)
		}
		return []fit.Interval{p.Scale(0), p.Scale(1), p.Scale(2), p.Exponent(0), p.Exponent(1), p.Value(3e8, 2e4), p.Value(5e9, 2e5)}
	}
}

// everything asks for all simulations, which take minutes: both laws with errors of all sizes, and 1,000 resamples.
var everything = os.Getenv("LMZ_COVERAGE") != ""

// TestProfileCoverage: 95% intervals hold the truth 92% to 98% of the time over 500 draws.
func TestProfileCoverage(t *testing.T) {
	if testing.Short() {
		t.Skip("not under the race detector: it takes long, and nothing in it is concurrent that others have not")
	}
	for law := range known {
		for _, sigma := range []float64{0.0005, 0.002, 0.007} {
			// Else where alpha is all but unknown, and where it is known.
			if !everything && !(law == 0 && sigma == 0.007) && !(law == 1 && sigma == 0.002) {
				continue
			}
			t.Run(fmt.Sprintf("law=%d/error=%v", law, sigma), func(t *testing.T) {
				t.Parallel()
				held := coverage(t, law, sigma, 500, profiles(t))
				t.Logf("the truth is held %.3f of the time", held)
				for j, held := range held {
					if held < 0.92 || held > 0.98 {
						t.Errorf("number %d: intervals hold the truth %.3f of the time, want 0.92 to 0.98", j, held)
					}
				}
			})
		}
	}
}

// TestDependence: the errors of one model's checkpoints are not independent as a rule, and intervals know nothing of it. Where half of
// their variance is common to all points of a size, those of a, B, alpha and predictions hold the truth some 70% of the time only, as the
// account warns; those of what concerns training, C and beta, still do.
func TestDependence(t *testing.T) {
	if testing.Short() {
		t.Skip("not under the race detector: it takes long, and nothing in it is concurrent that others have not")
	}
	const sigma = 0.002
	held := coverageOf(t, 0, 500, func(value func(p, s float64) float64, i int) []fit.Point {
		points := design(value, sigma*math.Sqrt(0.5), uint64(i))
		r := rand.New(rand.NewPCG(8, uint64(i)))
		for first := 0; first < len(points); first += 5 {
			common := sigma * math.Sqrt(0.5) * r.NormFloat64()
			for j := range 5 {
				points[first+j].Ratio += common
			}
		}
		return points
	}, profiles(t))
	t.Logf("the truth is held %.3f of the time", held)
	for j, h := range held {
		training := j == 2 || j == 4
		if training && h < 0.93 || !training && (h < 0.60 || h > 0.85) {
			t.Errorf("number %d: intervals hold the truth %.3f of the time", j, h)
		}
	}
}

// TestBootstrapCoverage is the same of the bootstrap: over 500 draws if everything is asked for, else over 200 by few resamples, with
// bounds three standard errors of a share of 200 away.
func TestBootstrapCoverage(t *testing.T) {
	if testing.Short() {
		t.Skip("not under the race detector: it takes long, and nothing in it is concurrent that others have not")
	}
	simulations, resamples, laws, sigmas, least, most := 200, 150, known[:1], []float64{0.002}, 0.90, 0.99
	if everything {
		simulations, resamples, laws, sigmas, least, most = 500, 1000, known, []float64{0.0005, 0.002, 0.007}, 0.92, 0.98
	}
	for law := range laws {
		for _, sigma := range sigmas {
			held := coverage(t, law, sigma, simulations, func(f *fit.Fit, points []fit.Point) []fit.Interval {
				d, err := fit.Bootstrap(context.Background(), f, points, resamples, 1)
				if err != nil {
					t.Fatal(err)
				}
				return []fit.Interval{
					d.Interval(func(f *fit.Fit) float64 { return f.AtReference[0] }),
					d.Interval(func(f *fit.Fit) float64 { return f.AtReference[1] }),
					d.Interval(func(f *fit.Fit) float64 { return f.AtReference[2] }),
					d.Interval(func(f *fit.Fit) float64 { return f.Exponents[0] }),
					d.Interval(func(f *fit.Fit) float64 { return f.Exponents[1] }),
					d.Interval(func(f *fit.Fit) float64 { return f.Value(3e8, 2e4) }),
					d.Interval(func(f *fit.Fit) float64 { return f.Value(5e9, 2e5) }),
				}
			})
			t.Logf("law %d, error %v: the truth is held %.3f of the time", law, sigma, held)
			for j, h := range held {
				if h < least || h > most {
					t.Errorf("law %d, error %v, number %d: intervals hold the truth %.3f of the time, want %v to %v", law, sigma, j, h, least, most)
				}
			}
		}
	}
}

// TestOpen: on the published points of images and speech nothing bounds alpha; of text nothing bounds it from below. Both kinds of interval say so.
func TestOpen(t *testing.T) {
	groups := published(t)
	for data, want := range map[string][2]bool{"enwik8": {true, false}, "imagenet": {true, true}, "librispeech": {true, true}} {
		f, err := fit.Optimum(form(t, "published"), groups[data], fit.LeastSquares)
		if err != nil {
			t.Fatal(err)
		}
		p, err := fit.NewProfile(f, groups[data])
		if err != nil {
			t.Fatal(err)
		}
		d, err := fit.Bootstrap(context.Background(), f, groups[data], 400, 1)
		if err != nil {
			t.Fatal(err)
		}
		alpha := func(f *fit.Fit) float64 { return f.Exponents[0] }
		for _, in := range []fit.Interval{p.Exponent(0), d.Interval(alpha)} {
			if in.OpenLow != want[0] || in.OpenHigh != want[1] || in.Low != fit.LowestExponent || want[1] && in.High != fit.HighestExponent {
				t.Errorf("%s: alpha in %+v, want open ends %v", data, in, want)
			}
		}
		for _, in := range []fit.Interval{p.Value(3e8, 2e4), d.Interval(func(f *fit.Fit) float64 { return f.Value(3e8, 2e4) })} {
			if in.OpenLow || in.OpenHigh || in.Low > f.Value(3e8, 2e4) || in.High < f.Value(3e8, 2e4) || in.High-in.Low > 0.06 {
				t.Errorf("%s: the law between the points is in %+v, want closed ends round %v", data, in, f.Value(3e8, 2e4))
			}
		}
		if r := p.Correlation(1, 0); !(r > 0.999) {
			t.Errorf("%s: alpha and log b correlate by %v, want above 0.999", data, r)
		}
	}
}

func BenchmarkProfile(b *testing.B) {
	points := published(b)["enwik8"]
	f, err := fit.Optimum(form(b, "published"), points, fit.LeastSquares)
	if err != nil {
		b.Fatal(err)
	}
	p, err := fit.NewProfile(f, points)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for k := range f.Exponents {
			p.Exponent(k)
		}
		for j := range f.AtReference {
			p.Scale(j)
		}
	}
}

func BenchmarkBootstrap(b *testing.B) {
	points := published(b)["enwik8"]
	for _, form := range fit.Forms {
		b.Run("form="+form.Name, func(b *testing.B) {
			f, err := fit.Optimum(form, points, fit.LeastSquares)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := fit.Bootstrap(context.Background(), f, points, fit.DefaultDraws, 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
