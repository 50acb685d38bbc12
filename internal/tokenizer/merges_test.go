package tokenizer

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// naive merges the best pair, the leftmost of equals, as long as there is one.
func naive(rules []merge, ids []int32) []int32 {
	ids = slices.Clone(ids)
	for {
		best, at := merge{rank: 1 << 31}, -1
		for i := range len(ids) - 1 {
			for _, r := range rules {
				if r.left == ids[i] && r.right == ids[i+1] && r.rank < best.rank {
					best, at = r, i
				}
			}
		}
		if at < 0 {
			return ids
		}
		ids = slices.Replace(ids, at, at+2, best.result)
	}
}

// TestMerges: words of any size become what the definition says, with ranks that are equal too.
func TestMerges(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for round := range 60 {
		const letters = 3
		var rules []merge
		seen := map[uint64]bool{}
		for id := int32(letters); id < 30; id++ {
			r := merge{rng.Int32N(id), rng.Int32N(id), id, uint32(id)}
			if round%2 == 1 {
				r.rank = uint32(rng.IntN(8)) // ranks in any order, many of them equal
			}
			if p := pairOf(r.left, r.right); !seen[p] {
				seen[p] = true
				rules = append(rules, r)
			}
		}
		m := newMerges(rules)
		var scratch mergeScratch
		for _, n := range []int{0, 1, 2, 3, 5, 17, longWord - 1, longWord, longWord + 1, 2 * longWord, 300} {
			ids := make([]int32, n)
			for i := range ids {
				ids[i] = rng.Int32N(letters)
			}
			want := naive(rules, ids)
			if got := m.apply(slices.Clone(ids), &scratch); !slices.Equal(got, want) {
				t.Fatalf("round %d, %d ids: %v become %v, want %v", round, n, ids, got, want)
			}
			if n > 1 {
				if got := m.applyLong(slices.Clone(ids), &scratch); !slices.Equal(got, want) {
					t.Fatalf("round %d, %d ids, with a heap: %v become %v, want %v", round, n, ids, got, want)
				}
			}
		}
	}
}

// TestLongWord: a megabyte of one letter takes a fraction of a second, where quadratic time would be hours.
func TestLongWord(t *testing.T) {
	for _, name := range []string{"gptneox", "llama3", "llama2"} {
		tok := open(t, name)
		for _, s := range []string{"a", " ", "\xff"} {
			start := time.Now()
			if err := roundTrip(tok, []byte(strings.Repeat(s, 1<<20/len(s)))); err != nil {
				t.Errorf("%s: %q: %v", name, s, err)
			}
			if took := time.Since(start); took > time.Minute { // the machine may be busy
				t.Errorf("%s: %q: a megabyte takes %v", name, s, took)
			}
		}
	}
}
