package codec

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"lmz/internal/coder"
	"lmz/internal/cumfreq"
	"lmz/internal/mix"
)

// Encode codes each segment, symbols in 0..V-1, to a payload, and returns beside it the code length
// in bits: a payload has at most 8 bits more, and what the coder's own rounding costs. An empty
// segment has an empty payload. The only errors are the end of ctx and a broken model, kernels.NotFinite.
func Encode(ctx context.Context, p Predictor, segments [][]int32, o Options) (payloads [][]byte, codeLengths []float64, err error) {
	var stretches []stretch
	list := make([]encoding, len(segments))
	for i, symbols := range segments {
		list[i].symbols = symbols
		if given := o.given(i); len(given) > 0 {
			list[i].given, list[i].symbols = len(given), slices.Concat(given, symbols)
		}
		parts := list[i].split(i, p.Window())
		list[i].pending.Store(int64(len(parts)))
		stretches = append(stretches, parts...)
	}
	payloads, codeLengths = make([][]byte, len(segments)), make([]float64, len(segments))
	o = o.withDefaults(p)
	err = o.forEach(ctx, len(stretches), func() func(context.Context, int) error {
		e := encoder{predictor: p, session: p.NewSession(1, o.threadsOf(len(stretches))), options: o}
		return func(ctx context.Context, job int) error {
			s := stretches[job]
			segment := &list[s.segment]
			segment.once.Do(func() { segment.allocate(o.Mixed) })
			if err := e.predict(ctx, segment, s); err != nil {
				return err
			}
			if segment.pending.Add(-1) == 0 {
				var profile []float64
				payloads[s.segment], profile = e.code(segment)
				for _, bits := range profile {
					codeLengths[s.segment] += bits
				}
				if o.Profile != nil {
					o.Profile(s.segment, profile)
				}
				segment.intervals, segment.decisions = nil, nil
			}
			return nil
		}
	})
	if err != nil {
		return nil, nil, err
	}
	return payloads, codeLengths, nil
}

// encoding is a segment whose symbols are being predicted, several stretches at once.
type encoding struct {
	symbols   []int32 // those given and those to code
	given     int
	once      sync.Once    // allocates one of the two
	intervals []interval   // of each symbol, if the model's predictions are coded
	decisions []decisions  // of each symbol, if they are mixed
	pending   atomic.Int64 // stretches to come
}

func (e *encoding) allocate(mixed bool) {
	if mixed {
		e.decisions = make([]decisions, len(e.symbols))
	} else {
		e.intervals = make([]interval, len(e.symbols))
	}
}

// interval is that of a symbol in its table of frequencies.
type interval struct{ lo, hi uint32 }

// stretch is symbols begin..end-1 of a segment, which are predicted from one context.
type stretch struct{ segment, begin, end int }

// split divides the segment into stretches that can be predicted in any order: one of window symbols, as many as its
// context predicts, the others of one less, since their contexts begin with the symbol before. Those with nothing to
// code are left out.
func (e *encoding) split(segment, window int) (stretches []stretch) {
	n := len(e.symbols)
	for begin := 0; begin < n; {
		end := n
		if window > 0 {
			end = min(n, begin+window-min(begin, 1))
		}
		if end > e.given {
			stretches = append(stretches, stretch{segment, begin, end})
		}
		begin = end
	}
	return stretches
}

// encoder is what a goroutine works with.
type encoder struct {
	predictor Predictor
	session   Session // of one lane: many positions of it in a batch share its keys and values
	options   Options
	table     cumfreq.Table
	rows      []Row
	logits    []float32
	mixer     mix.Mixer
}

// predict computes the intervals or decisions of a stretch. All symbols being known, a batch holds many positions.
func (e *encoder) predict(ctx context.Context, segment *encoding, s stretch) error {
	v := e.predictor.Symbols()
	inputs := max(s.begin-1, 0) // symbols[inputs:end-1] follow start-of-text in the context
	unused := s.begin - inputs  // predictions, of what the context begins with: 1 or 0
	e.session.Reset(0)
	for at := 0; at < unused+s.end-s.begin; {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n := min(e.options.rows, unused+s.end-s.begin-at)
		e.rows = e.rows[:0]
		for i := at; i < at+n; i++ {
			e.rows = append(e.rows, Row{0, previous(e.predictor, segment.symbols[inputs:inputs+i])})
		}
		if len(e.logits) < n*v {
			e.logits = make([]float32, n*v)
		}
		e.session.Advance(e.rows, e.logits[:n*v])
		coded := 0
		for r := range n {
			i := inputs + at + r
			if at+r < unused || i < segment.given {
				continue
			}
			symbol := int(segment.symbols[i])
			if symbol < 0 || symbol >= v {
				panic(fmt.Sprintf("codec: segment %d: symbol %d, want 0 to %d", s.segment, symbol, v-1))
			}
			e.table.Set(e.logits[r*v : (r+1)*v])
			if e.options.Mixed {
				segment.decisions[i] = decide(&e.table, symbol)
			} else {
				lo, hi := e.table.Interval(symbol)
				segment.intervals[i] = interval{uint32(lo), uint32(hi)}
			}
			coded += e.options.Size(segment.symbols[i])
		}
		e.options.Progress(coded)
		at += n
	}
	return nil
}

// code writes the payload of a segment whose symbols have been predicted, and returns the code length in bits of each.
func (e *encoder) code(s *encoding) (payload []byte, codeLengths []float64) {
	c := coder.NewEncoder(nil)
	codeLengths = make([]float64, 0, len(s.symbols)-s.given)
	if e.options.Mixed {
		e.mixer.Reset(len(s.symbols) - s.given)
		for i, symbol := range s.symbols[s.given:] {
			codeLengths = append(codeLengths, encodeMixed(c, &e.mixer, s.decisions[s.given+i], int(symbol)))
		}
		return c.Close(), codeLengths
	}
	for _, x := range s.intervals[s.given:] {
		lo, hi := uint64(x.lo), uint64(x.hi)
		c.Encode(lo, hi, cumfreq.Total)
		codeLengths = append(codeLengths, cumfreq.CodeLength(lo, hi))
	}
	return c.Close(), codeLengths
}
