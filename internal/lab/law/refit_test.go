package law_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lmz/internal/lab/fit"
	"lmz/internal/lab/law"
)

const refit = "../../../studies/bharadwaj-2025-refit"

func published(t *testing.T) *fit.Form {
	t.Helper()
	form, err := fit.FormNamed("published")
	if err != nil {
		t.Fatal(err)
	}
	return form
}

// measurements are the published 75 points.
func measurements(t *testing.T, c law.Convention) *law.Data {
	t.Helper()
	file, err := os.Open(filepath.Join(refit, "measurements.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	d, err := law.ReadCSV(file, "measurements.csv", law.Columns{}, c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// tableOne is the published coefficients.
func tableOne(t *testing.T) []law.Published {
	t.Helper()
	file, err := os.Open(filepath.Join(refit, "table1.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	given, err := law.ReadPublished(file, "table1.csv")
	if err != nil {
		t.Fatal(err)
	}
	return given
}

// TestPublished: of the published points, the optima, the scores of the published coefficients and the likelihood ratios are those that SciPy
// finds (Nelder-Mead from 144 starts, linear parts by lstsq).
func TestPublished(t *testing.T) {
	a, err := law.Make(context.Background(), measurements(t, ""), law.Options{Forms: []*fit.Form{published(t)}, Published: tableOne(t)})
	if err != nil {
		t.Fatal(err)
	}
	near := func(what string, got law.Number, want, relative float64) {
		t.Helper()
		if !(math.Abs(float64(got)-want) <= relative*math.Abs(want)) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	for i, want := range []struct {
		group                         string
		sse, r2, alpha, beta, a, b, c float64
		given                         float64
	}{
		{"enwik8", 0.0010479598334, 0.964651, 0.380272, 0.749815, 0.0983354, 60.7637, 14.2188, 0.87730},
		{"imagenet", 0.0098053336428, 0.912069, 0.150283, 0.861290, 0.384680, 1.45091, 63.1312, 0.78617},
		{"librispeech", 0.0239434619263, 0.933396, 0.680033, 0.848020, 0.394686, 7565.99, 106.536, 0.92198},
	} {
		l := a.Laws[i]
		if l.Group != want.group || l.Points != 25 || len(l.Fits) != 1 {
			t.Fatalf("law %d is of %s, %d points, %d fits", i, l.Group, l.Points, len(l.Fits))
		}
		f := l.Fits[0]
		near(l.Group+" SSE", f.SSE, want.sse, 1e-9)
		near(l.Group+" R2", f.R2, want.r2, 1e-6)
		for j, value := range []float64{want.a, want.b, want.c, want.alpha, want.beta} {
			near(l.Group+" "+f.Estimates[j].Name, f.Estimates[j].Value, value, 2e-5)
		}
		near(l.Group+" R2 of the published coefficients", f.Given.R2, want.given, 1e-5)
	}
	for i, want := range []struct{ chi2, p float64 }{{0.43984, 0.97909}, {0.13300, 0.93566}, {0.30725, 0.85756}} {
		near("likelihood ratio", a.Shared[i].Chi2, want.chi2, 2e-5)
		near("its p", a.Shared[i].P, want.p, 1e-4)
	}
}

// TestConventions: the exponent of the size depends on what is counted as size.
func TestConventions(t *testing.T) {
	for c, want := range map[law.Convention]float64{law.Nominal: 0.380, law.NonEmbedding: 0.09} {
		a, err := law.Make(context.Background(), measurements(t, c), law.Options{Forms: []*fit.Form{published(t)}})
		if err != nil {
			t.Fatal(err)
		}
		if alpha := float64(a.Laws[0].Fits[0].Estimates[3].Value); math.Abs(alpha-want) > 0.005 {
			t.Errorf("%s: alpha %v, want %v", c, alpha, want)
		}
	}
}

// TestJSON: an account is JSON whatever its data are.
func TestJSON(t *testing.T) {
	const rows = "params,steps,ratio\n1e6,100,0.5\n1e6,200,0.5\n2e6,100,0.5\n2e6,200,0.5\n"
	form, err := fit.FormNamed("constant")
	if err != nil {
		t.Fatal(err)
	}
	d, err := law.ReadCSV(strings.NewReader(rows), "equal.csv", law.Columns{}, "")
	if err != nil {
		t.Fatal(err)
	}
	a, err := law.Make(context.Background(), d, law.Options{Forms: []*fit.Form{form}, Draws: 50})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var back law.Account
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if r2 := float64(back.Laws[0].Fits[0].R2); !math.IsNaN(r2) {
		t.Errorf("R2 of equal ratios is %v, want none", r2)
	}
	_ = a.Text()
}
