package fit_test

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"lmz/internal/lab/fit"
)

// published are the 75 points of Bharadwaj 2025, by data set: testdata/published.csv is the paper's own file.
func published(t testing.TB) map[string][]fit.Point {
	t.Helper()
	file, err := os.Open("testdata/published.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	params := map[string]float64{"pythia-70m": 70e6, "pythia-160m": 160e6, "pythia-410m": 410e6, "pythia-1b": 1e9, "pythia-1.4b": 1.4e9}
	groups := map[string][]fit.Point{}
	for _, row := range rows[1:] {
		steps, err := strconv.ParseFloat(strings.TrimPrefix(row[1], "step"), 64)
		if err != nil {
			t.Fatal(err)
		}
		ratio, err := strconv.ParseFloat(row[3], 64)
		if err != nil {
			t.Fatal(err)
		}
		groups[row[2]] = append(groups[row[2]], fit.Point{Params: params[row[0]], Steps: steps, Ratio: ratio})
	}
	return groups
}

func form(t testing.TB, name string) *fit.Form {
	t.Helper()
	f, err := fit.FormNamed(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func near(a, b, tolerance float64) bool {
	return math.Abs(a-b) <= tolerance*math.Max(math.Abs(a), math.Abs(b))
}

// TestPublished: the optima of the published points, as scipy 1.17 finds them (bounded Nelder-Mead from 144 starts, numpy's lstsq for
// the linear part).
func TestPublished(t *testing.T) {
	groups := published(t)
	for _, c := range []struct {
		data                          string
		sse, r2, alpha, beta, a, b, c float64
		printed                       []float64 // Table 1
		exponents                     []float64
		printedR2                     float64
	}{
		{"enwik8", 0.0010479598334, 0.964651, 0.380272, 0.749815, 0.0983354, 60.7637, 14.2188, []float64{0.10, 60, 10}, []float64{0.38, 0.75}, 0.87730},
		{"imagenet", 0.0098053336428, 0.912069, 0.150283, 0.861290, 0.384680, 1.45091, 63.1312, []float64{0.38, 2, 60}, []float64{0.15, 0.86}, 0.78617},
		{"librispeech", 0.0239434619263, 0.933396, 0.680033, 0.848020, 0.394686, 7565.99, 106.536, []float64{0.39, 8000, 100}, []float64{0.68, 0.85}, 0.92198},
	} {
		for _, name := range []string{"published", "chinchilla"} {
			f, err := fit.Optimum(form(t, name), groups[c.data], fit.LeastSquares)
			if err != nil {
				t.Fatal(err)
			}
			if !near(f.SSE, c.sse, 1e-10) {
				t.Errorf("%s, %s: SSE %.14g, want %.14g", c.data, name, f.SSE, c.sse)
			}
			got := append([]float64{f.R2, f.Exponents[0], f.Exponents[1]}, f.Coefficients()...)
			for i, want := range []float64{c.r2, c.alpha, c.beta, c.a, c.b, c.c} {
				if !near(got[i], want, 1e-5) {
					t.Errorf("%s, %s: R2, alpha, beta, a, b, c are %.7g, want %v for the %dth", c.data, name, got, want, i+1)
				}
			}
		}
		f, err := fit.Score(form(t, "published"), c.printed, c.exponents, groups[c.data])
		if err != nil {
			t.Fatal(err)
		}
		if !near(f.R2, c.printedR2, 1e-5) {
			t.Errorf("%s: Table 1 has R2 %.7g, want %v", c.data, f.R2, c.printedR2)
		}
	}
}

func BenchmarkOptimum(b *testing.B) {
	points := published(b)["enwik8"]
	for _, form := range fit.Forms {
		b.Run("form="+form.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := fit.Optimum(form, points, fit.LeastSquares); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
