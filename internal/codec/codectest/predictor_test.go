package codectest_test

import (
	"slices"
	"strings"
	"testing"

	"lmz/internal/codec"
	"lmz/internal/codec/codectest"
)

func TestCounts(t *testing.T) {
	for _, symbols := range []int{1, 2, 256} {
		for _, window := range []int{0, 2, 3, 33} {
			if err := codectest.TestPredictor(func() codec.Predictor { return codectest.Counts(symbols, window) }, 100); err != nil {
				t.Errorf("%d symbols, window %d: %v", symbols, window, err)
			}
		}
	}
}

// faulty is a Predictor whose sessions break one promise.
type faulty struct {
	codec.Predictor
	advance func(s codec.Session, rows []codec.Row, logits []float32)
}

type faultySession struct {
	codec.Session
	advance func(s codec.Session, rows []codec.Row, logits []float32)
}

func (p faulty) NewSession(lanes, threads int) codec.Session {
	return faultySession{p.Predictor.NewSession(lanes, threads), p.advance}
}

func (s faultySession) Advance(rows []codec.Row, logits []float32) {
	s.advance(s.Session, rows, logits)
}

// TestFaultsAreFound checks the suite itself: each way to break the promise is reported.
func TestFaultsAreFound(t *testing.T) {
	for _, c := range []struct {
		name, want string
		advance    func(s codec.Session, rows []codec.Row, logits []float32)
	}{
		{"a batch of 64 rows differs in its last bit", "batches of 64 rows", func(s codec.Session, rows []codec.Row, logits []float32) {
			s.Advance(rows, logits)
			if len(rows) == 64 {
				logits[0] += 1e-6
			}
		}},
		{"lanes share a context", "lanes abreast", func(s codec.Session, rows []codec.Row, logits []float32) {
			rows = slices.Clone(rows)
			for i := range rows {
				rows[i].Lane = 0
			}
			s.Advance(rows, logits)
		}},
		{"a prediction knows the rest of its batch", "another end", func(s codec.Session, rows []codec.Row, logits []float32) {
			s.Advance(rows, logits)
			if len(rows) > 1 {
				logits[0] = float32(rows[len(rows)-1].Symbol)
			}
		}},
		{"a row is not written", "finite", func(s codec.Session, rows []codec.Row, logits []float32) {
			s.Advance(rows, logits[:len(logits)-len(logits)/len(rows)])
		}},
	} {
		open := func() codec.Predictor { return faulty{unwritten{codectest.Counts(4, 0)}, c.advance} }
		if err := codectest.TestPredictor(open, 100); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one about %q", c.name, err, c.want)
		}
	}
}

// unwritten tolerates logits that are too short for the rows, and leaves the last out.
type unwritten struct{ codec.Predictor }

func (p unwritten) NewSession(lanes, threads int) codec.Session {
	return faultySession{p.Predictor.NewSession(lanes, threads), func(s codec.Session, rows []codec.Row, logits []float32) {
		s.Advance(rows[:len(logits)/p.Symbols()], logits)
	}}
}
