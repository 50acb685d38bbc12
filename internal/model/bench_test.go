package model

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkAdvance is the forward pass as an encoder calls it, 64 positions of one lane, and as a decoder does,
// one position of 16 lanes. It reports GMAC/s, weights and attention: L (4 D^2 + 2 D F + 2 D t) + D V for a row
// whose context has t positions.
func BenchmarkAdvance(b *testing.B) {
	c := Config{
		Layers: 4, Hidden: 256, Heads: 8, FeedForward: 1024, Vocab: 257, Window: 512,
		RotaryWidth: 8, RotaryBase: 10000, NormEps: 1e-5, Parallel: true, Start: 256,
	}.AsGPTNeoX()
	m := newModel(b, c, 256)
	sequence := symbols(c, c.Window, 1)
	for _, shape := range []struct{ lanes, positions int }{{1, 64}, {16, 1}} {
		b.Run(fmt.Sprintf("lanes=%d/positions=%d", shape.lanes, shape.positions), func(b *testing.B) {
			s := m.NewState(shape.lanes, 1, Fresh)
			rows := make([]Row, 0, shape.lanes*shape.positions)
			logits := make([]float32, cap(rows)*m.Symbols())
			var multiplyAdds float64
			at := 0 // positions of every lane's context
			for b.Loop() {
				if at == c.Window {
					s, at = m.NewState(shape.lanes, 1, Fresh), 0
				}
				rows = rows[:0]
				for lane := range shape.lanes {
					for p := range shape.positions {
						rows = append(rows, Row{lane, sequence[at+p]})
						multiplyAdds += float64(c.Layers*c.Hidden*(4*c.Hidden+2*c.FeedForward+2*(at+p+1)) + c.Hidden*m.Symbols())
					}
				}
				s.Advance(rows, logits)
				at += shape.positions
			}
			b.ReportMetric(multiplyAdds/float64(b.Elapsed().Nanoseconds()), "GMAC/s")
		})
	}
}

// BenchmarkNGrams is what the table of n-grams costs a symbol: rows are looked up for each position of a text of 13 ids, nearly all of
// which have three, of 24,576.
func BenchmarkNGrams(b *testing.B) {
	c := withNGrams
	c.Vocab, c.Start, c.NGrams = 13, 12, 24576
	g, err := NewNGrams(randomKeys(c, rand.New(rand.NewPCG(1, 0))), c.NGramLength, c.Vocab)
	if err != nil {
		b.Fatal(err)
	}
	text := symbols(c, 1<<16, 1)
	rows := make([]int32, c.NGramLength-1)
	at := 0
	for b.Loop() {
		at = at%(len(text)-1) + 1
		g.Find(rows, text[:at])
	}
}
