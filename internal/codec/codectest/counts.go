package codectest

import (
	"math/bits"

	"lmz/internal/codec"
)

// Counts is a codec.Predictor for tests: cheap, deterministic on every machine, and as good a
// compressor as counting what followed each symbol makes it. Its logits depend on the whole context, which
// ends at a window of so many symbols, or never if that is 0.
func Counts(symbols, window int) codec.Predictor { return counts{symbols, window} }

type counts struct{ v, window int }

func (p counts) Symbols() int { return p.v }
func (p counts) Start() int32 { return int32(p.v) } // not a symbol, like tokenizer.Bytes
func (p counts) Window() int  { return p.window }
func (p counts) Lanes() int   { return 16 }

func (p counts) NewSession(lanes, _ int) codec.Session {
	s := &countsSession{counts: p, lanes: make([]countsLane, lanes)}
	for i := range s.lanes {
		s.lanes[i].next = make([]uint32, (p.v+1)*p.v)
	}
	return s
}

type countsSession struct {
	counts
	lanes []countsLane
}

type countsLane struct {
	length int      // of the context
	last   int32    // symbol of it
	next   []uint32 // (V+1, V): how often each symbol followed each, start-of-text included
}

func (s *countsSession) Reset(lane int) {
	s.lanes[lane].length = 0
	clear(s.lanes[lane].next)
}

func (s *countsSession) Advance(rows []codec.Row, logits []float32) {
	for r, row := range rows {
		lane := &s.lanes[row.Lane]
		if lane.length == s.window && s.window > 0 {
			s.Reset(row.Lane)
			lane.length, lane.last = 1, s.Start()
		}
		if lane.length > 0 && int(row.Symbol) < s.v {
			lane.next[int(lane.last)*s.v+int(row.Symbol)]++
		}
		lane.length++
		lane.last = row.Symbol
		next := lane.next[int(row.Symbol)*s.v:][:s.v]
		for i, n := range next {
			logits[r*s.v+i] = logarithm(16*n + 1)
		}
	}
}

// logarithm is about ln n, by the position of the highest bit and a straight line from there to the
// next: integers until the last, exact, product of small factors.
func logarithm(n uint32) float32 {
	k := bits.Len32(n) - 1
	fraction := uint64(n)<<16>>k - 1<<16
	log2 := uint64(k)<<16 + fraction
	return float32(log2*177) / (1 << 24) // 177/256 is about ln 2
}
