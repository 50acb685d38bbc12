package train

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// testOptions is a run that learns a short text in a second.
func testOptions(t *testing.T) Options {
	path := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(path, []byte(strings.Repeat("the quick brown fox jumps over the lazy dog. ", 50)), 0o666); err != nil {
		t.Fatal(err)
	}
	return Options{
		Model: tiny, Data: []Source{{path, 1}}, Length: 16, Batch: 256, MaxGradNorm: 1, Seed: 7, Threads: 2,
		Schedule:  Schedule{Peak: 1e-2, Final: 1e-3, Warmup: 5, Steps: 40},
		Optimizer: AdamW{Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, Decay: 0.1},
	}
}

func steps(t *testing.T, r *Run, n int) (last Metrics) {
	t.Helper()
	for range n {
		m, err := r.TakeStep(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		last = m
	}
	return last
}

func TestRunLearns(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	r, err := New(testOptions(t))
	if err != nil {
		t.Fatal(err)
	}
	first := steps(t, r, 1)
	if math.Abs(first.BitsPerByte-math.Log2(257)) > 0.2 {
		t.Errorf("first step: %.3f bits/byte, want about log2(257)", first.BitsPerByte)
	}
	if last := steps(t, r, 39); last.BitsPerByte > 2.5 {
		t.Errorf("after 40 steps: %.3f bits/byte, want under 2.5", last.BitsPerByte)
	}
}

func TestThreadsDoNotChangeTheRun(t *testing.T) {
	o := testOptions(t)
	var want []float32
	for _, threads := range []int{1, 2, 3} {
		o.Threads = threads
		r, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		steps(t, r, 3)
		if want == nil {
			want = r.weights
		} else if !slices.Equal(r.weights, want) {
			t.Errorf("%d threads give other weights than 1", threads)
		}
	}
}

func TestResumeContinuesTheRun(t *testing.T) {
	o := testOptions(t)
	whole, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	steps(t, whole, 3)
	dir := t.TempDir()
	if err := whole.Save(dir); err != nil {
		t.Fatal(err)
	}
	want := steps(t, whole, 3)

	o.Threads = 1
	resumed, err := Resume(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	if got := steps(t, resumed, 3); got != want {
		t.Errorf("resumed run: %+v, want %+v", got, want)
	}
	if !slices.Equal(resumed.weights, whole.weights) {
		t.Error("the resumed run has other weights")
	}

	changed := o
	changed.Schedule.Peak *= 2
	if _, err := Resume(dir, changed); err == nil || !strings.Contains(err.Error(), "other settings") {
		t.Errorf("other settings: error %v", err)
	}
	if err := os.WriteFile(o.Data[0].Path, make([]byte, 100), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(dir, o); err == nil || !strings.Contains(err.Error(), "other data") {
		t.Errorf("other data: error %v", err)
	}
}

func TestCancelledStepChangesNothing(t *testing.T) {
	r, err := New(testOptions(t))
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(r.weights)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.TakeStep(ctx); err != context.Canceled {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	if r.Step != 0 || !slices.Equal(before, r.weights) {
		t.Error("a cancelled step changed the run")
	}
}

func TestScheduleEnds(t *testing.T) {
	s := Schedule{Peak: 1, Final: 0.1, Warmup: 10, Steps: 110}
	for _, c := range []struct {
		step int
		want float64
	}{{1, 0.1}, {10, 1}, {60, 0.55}, {110, 0.1}} {
		if got := s.Rate(c.step); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("step %d: rate %v, want %v", c.step, got, c.want)
		}
	}
}
