package codec

import (
	"lmz/internal/coder"
	"lmz/internal/cumfreq"
	"lmz/internal/mix"
)

// decisions are what a table of frequencies says of the eight bits of a byte, high bit first, each in the light of those before:
// their mix.LogOdds.
type decisions [8]int16

// span is the bytes begin..end-1, those that the bits so far leave, and the cumulative frequencies that bound them. The next bit says
// in which half the byte is.
type span struct {
	begin, middle, end int
	lo, between, hi    uint64
}

// allBytes is the span of a byte of which nothing is known.
func allBytes() span { return span{end: 256, hi: cumfreq.Total} }

// logOdds are those of the next bit by a table.
func (s *span) logOdds(t *cumfreq.Table) int {
	s.middle = (s.begin + s.end) / 2
	s.between = t.Cumulative(s.middle)
	return mix.LogOdds(s.between-s.lo, s.hi-s.between)
}

// halve goes on with the half that the bit says, after logOdds.
func (s *span) halve(bit int) {
	if bit == 0 {
		s.end, s.hi = s.middle, s.between
	} else {
		s.begin, s.lo = s.middle, s.between
	}
}

// decide gives the decisions that lead to a symbol.
func decide(t *cumfreq.Table, symbol int) (d decisions) {
	s := allBytes()
	for i := range d {
		d[i] = int16(s.logOdds(t))
		s.halve(symbol >> (7 - i) & 1)
	}
	return d
}

// half is the interval of a bit in mix.One, p being the probability of a one.
func half(bit, p int) (lo, hi uint64) {
	if bit == 0 {
		return 0, uint64(mix.One - p)
	}
	return uint64(mix.One - p), mix.One
}

// encodeMixed codes a symbol bit by bit, and returns its code length in bits.
func encodeMixed(c *coder.Encoder, m *mix.Mixer, d decisions, symbol int) (codeLength float64) {
	chances := 1.0
	for i, x := range d {
		bit := symbol >> (7 - i) & 1
		lo, hi := half(bit, m.Predict(int(x)))
		c.Encode(lo, hi, mix.One)
		m.Update(bit)
		chances *= float64(hi - lo)
	}
	return mix.CodeLength(chances)
}

// decodeMixed is the inverse of encodeMixed, the decisions being those of a table.
func decodeMixed(c *coder.Decoder, m *mix.Mixer, t *cumfreq.Table) (symbol int, codeLength float64) {
	chances := 1.0
	s := allBytes()
	for range len(decisions{}) {
		p := m.Predict(s.logOdds(t))
		bit := 0
		if c.Target(mix.One) >= uint64(mix.One-p) {
			bit = 1
		}
		lo, hi := half(bit, p)
		c.Advance(lo, hi, mix.One)
		m.Update(bit)
		chances *= float64(hi - lo)
		s.halve(bit)
	}
	return s.begin, mix.CodeLength(chances)
}
