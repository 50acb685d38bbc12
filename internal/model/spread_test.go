package model

import (
	"slices"
	"testing"
)

// TestThreads: goroutines that share products and attention change no bit.
func TestThreads(t *testing.T) {
	c := Config{
		Architecture: Llama, Layers: 2, Hidden: 72, Heads: 6, KVHeads: 3, HeadWidth: 16, FeedForward: 150, Vocab: 301, Window: 40,
		RotaryWidth: 16, RotaryBase: 10000, NormEps: 1e-5, Start: 300, Wide: true,
	}
	for _, precision := range []Precision{Int8, Int8Outlier, F32} {
		w, err := NewWeights(c, randomTensors(c, 3), precision)
		if err != nil {
			t.Fatal(err)
		}
		m, err := New(w, first(300))
		if err != nil {
			t.Fatal(err)
		}
		sequence := symbols(c, 90, 5)
		want := step(m, Carry, sequence)
		for _, threads := range []int{2, 3, 7} {
			for _, batch := range []int{1, 5, 64} {
				s := m.NewState(1, threads, Carry)
				s.share = 1
				var got []float32
				for rest := range slices.Chunk(sequence, batch) {
					rows := make([]Row, len(rest))
					for i, symbol := range rest {
						rows[i].Symbol = symbol
					}
					logits := make([]float32, len(rows)*m.Symbols())
					s.Advance(rows, logits)
					got = append(got, logits...)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%v: %d threads, batches of %d differ from one thread, step by step", precision, threads, batch)
				}
			}
		}
	}
}

// TestSpreadPanics: a panic of any part is the caller's.
func TestSpreadPanics(t *testing.T) {
	for part := range 3 {
		func() {
			defer func() {
				if v := recover(); v != part {
					t.Errorf("part %d: recovered %v", part, v)
				}
			}()
			spread(3, func(i int) {
				if i == part {
					panic(part)
				}
			})
		}()
	}
}
