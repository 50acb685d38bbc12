package law_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"lmz/internal/lab/fit"
	"lmz/internal/lab/law"
)

// TestKnown: an interval that is open at one end bounds a number at the other.
func TestKnown(t *testing.T) {
	a, err := law.Make(context.Background(), measurements(t, ""), law.Options{Forms: []*fit.Form{published(t)}, Draws: 200, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []map[string]string{
		{"alpha": "below 0.93", "B": "above 0.0095"},
		{"alpha": "not bounded", "C": "below 0.041"}, // from 0 on, since it is that of beta without bound
		{"alpha": "not bounded", "b": "not bounded"}, // the lower end of b is -10^21
	} {
		f := a.Laws[i].Fits[0]
		for _, e := range append(f.AtReference, f.Estimates...) {
			if w, told := want[e.Name]; told && e.Known != w {
				t.Errorf("%s: %s is %q, want %q", a.Laws[i].Group, e.Name, e.Known, w)
			}
		}
	}
}

// laws makes a CSV file of groups, each with its law and small errors.
func laws(t *testing.T, sizes int, groups ...func(p, s float64) float64) *law.Account {
	t.Helper()
	r := rand.New(rand.NewPCG(2, 3))
	var b strings.Builder
	b.WriteString("params,steps,dataset,ratio\n")
	for i, of := range groups {
		for k := range sizes {
			for s := 100.0; s < 1e5; s *= 4 {
				p := 1e6 * math.Pow(4, float64(k))
				fmt.Fprintf(&b, "%v,%v,group%d,%v\n", p, s, i, of(p, s)+1e-4*r.NormFloat64())
			}
		}
	}
	d, err := read(b.String(), law.Columns{}, "")
	if err != nil {
		t.Fatal(err)
	}
	a, err := law.Make(context.Background(), d, law.Options{Forms: []*fit.Form{published(t)}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestAnswers: the answers say that a law rises with training, what could not be predicted, and what the test of shared exponents is worth.
func TestAnswers(t *testing.T) {
	falling := func(p, s float64) float64 { return 0.1 + 50*math.Pow(p, -0.5) + 2*math.Pow(s, -0.5) }
	rising := func(p, s float64) float64 { return 0.9 + 50*math.Pow(p, -0.5) - 2*math.Pow(s, -0.3) }
	a := laws(t, 3, falling, rising)
	answers := a.Answers()
	const rises, two, proof = "More training makes it worse: the law rises from 0.4", "In 1 other way too few points are left to fit it", "no proof that they are the same"
	for i, want := range []struct{ has, lacks []string }{
		{[]string{two}, []string{rises}},
		{[]string{two, rises}, nil},
		{[]string{"The groups' exponents differ"}, []string{proof}},
	} {
		for _, text := range want.has {
			if !strings.Contains(answers[i].Text, text) {
				t.Errorf("%s: %q, want %q in it", answers[i].Of, answers[i].Text, text)
			}
		}
		for _, text := range want.lacks {
			if strings.Contains(answers[i].Text, text) {
				t.Errorf("%s: %q has %q in it", answers[i].Of, answers[i].Text, text)
			}
		}
	}
	a, err := law.Make(context.Background(), measurements(t, ""), law.Options{Forms: []*fit.Form{published(t)}})
	if err != nil {
		t.Fatal(err)
	}
	if text := a.Answers()[3].Text; !strings.Contains(text, "correlate 0.74 to 0.93: p is too large") || !strings.Contains(text, proof) {
		t.Errorf("shared exponents of the published points: %q", text)
	}
}
