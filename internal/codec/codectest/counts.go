package codectest

import (
	"math/bits"

	"lmz/internal/codec"
)

// Counts is a codec.Predictor for tests: cheap, deterministic on every machine, and as good a
// compressor as counting what followed each symbol makes it. Its logits depend on the whole context.
func Counts(symbols int) codec.Predictor { return counts(symbols) }

// counts is V.
type counts int

func (p counts) Symbols() int { return int(p) }
func (p counts) Start() int32 { return int32(p) } // not a symbol, like tokenizer.Bytes

func (p counts) NewSession(lanes int) codec.Session {
	s := &countsSession{v: int(p), lanes: make([]countsLane, lanes)}
	for i := range s.lanes {
		s.lanes[i] = countsLane{last: -1, next: make([]uint32, (int(p)+1)*int(p))}
	}
	return s
}

type countsSession struct {
	v     int
	lanes []countsLane
}

type countsLane struct {
	last int32    // symbol of the context, -1 if that is empty
	next []uint32 // (V+1, V): how often each symbol followed each, start-of-text included
}

func (s *countsSession) Advance(rows []codec.Row, logits []float32) {
	for r, row := range rows {
		lane := &s.lanes[row.Lane]
		if lane.last >= 0 && int(row.Symbol) < s.v {
			lane.next[int(lane.last)*s.v+int(row.Symbol)]++
		}
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
