package surprisal

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"

	"lmz/internal/codec"
	"lmz/internal/lm"
	"lmz/internal/tokenizer"
)

// Costly is a token that cost much.
type Costly struct {
	Index    int     `json:"index"`   // in Lens.Tokens
	Begin    int     `json:"begin"`   // of its bytes in Lens.Raw
	Segment  int     `json:"segment"` // in Lens.Segments
	Size     int     `json:"size"`    // bytes
	Bits     float64 `json:"bits"`
	Position int     `json:"position"` // symbols before it in its context
	Text     string  `json:"text"`     // its bytes as Visible shows them
	Expected []Guess `json:"expected"` // what the model alone held to be likely there, the likeliest first
}

// Guess is a token that a model may predict.
type Guess struct {
	Text        string  `json:"text"` // as Visible shows it
	Bytes       []byte  `json:"-"`
	Probability float64 `json:"probability"`
}

const (
	guesses = 3  // of a costly token
	batch   = 64 // positions that a model is given at once, as codec.Encode does it
)

// Costliest returns the count tokens that the model coded at the greatest cost, the costliest first and of equals the earliest. For what it
// expected instead, contexts are evaluated once more: no more than count of them.
func (l *Lens) Costliest(ctx context.Context, o Options, count int) ([]Costly, error) {
	var top []Costly
	index, begin := 0, 0
	for segment, s := range l.Segments {
		for _, t := range l.Tokens[index : index+s.Tokens] {
			if s.Mode == Coded {
				top = append(top, Costly{Index: index, Begin: begin, Segment: segment, Size: t.Size, Bits: t.Bits, Position: t.Position, Text: Visible(l.Raw[begin : begin+t.Size])})
				if len(top) == 2*count+1000 {
					top = costliest(top, count)
				}
			}
			index++
			begin += t.Size
		}
	}
	top = costliest(top, count)
	if err := l.expect(ctx, o, top); err != nil {
		return nil, err
	}
	return top, nil
}

// costliest keeps count of a list.
func costliest(list []Costly, count int) []Costly {
	slices.SortFunc(list, func(a, b Costly) int { return cmp.Or(cmp.Compare(b.Bits, a.Bits), cmp.Compare(a.Index, b.Index)) })
	return list[:min(count, len(list))]
}

// expect fills in what the model expected.
func (l *Lens) expect(ctx context.Context, o Options, top []Costly) error {
	order := make([]*Costly, len(top))
	for i := range top {
		order[i] = &top[i]
	}
	start := func(c *Costly) int { return c.Index - c.Position } // of its context: tokens of one start share it
	slices.SortFunc(order, func(a, b *Costly) int { return cmp.Or(cmp.Compare(start(a), start(b)), cmp.Compare(a.Index, b.Index)) })
	p := o.Model.Predictor(lm.Policy(o.policy()))
	session := p.NewSession(1, cmp.Or(o.Threads, runtime.GOMAXPROCS(0)))
	logits := make([]float32, batch*p.Symbols())
	first := firstTokens(l.Segments)
	known := 0 // symbols in the context beside start-of-text, -1 for none at all
	for i, c := range order {
		if i == 0 || start(c) != start(order[i-1]) {
			session.Reset(0)
			known = -1
		}
		symbols := l.symbols[c.Segment][start(c)-first[c.Segment]:][:c.Position]
		var rows []codec.Row
		for ; known < c.Position; known++ {
			symbol := p.Start()
			if known >= 0 {
				symbol = symbols[known]
			}
			rows = append(rows, codec.Row{Symbol: symbol})
		}
		for part := range slices.Chunk(rows, batch) {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			session.Advance(part, logits[:len(part)*p.Symbols()])
			last := logits[(len(part)-1)*p.Symbols():][:p.Symbols()]
			copy(logits, last) // of which the last batch's stay: the prediction after all symbols
		}
		c.Expected = likeliest(logits[:p.Symbols()], o.Model)
	}
	return nil
}

// firstTokens is the index of the first token of each segment.
func firstTokens(segments []Segment) []int {
	first := make([]int, len(segments))
	at := 0
	for i, s := range segments {
		first[i] = at
		at += s.Tokens
	}
	return first
}

// likeliest are the first guesses of a prediction: softmax of the logits.
func likeliest(logits []float32, m *lm.Model) []Guess {
	var sum float64
	greatest := float64(slices.Max(logits))
	best := make([]int32, 0, guesses+1)
	for s, x := range logits {
		sum += math.Exp(float64(x) - greatest)
		at := len(best)
		for at > 0 && logits[best[at-1]] < x {
			at--
		}
		if at < guesses {
			best = slices.Insert(best, at, int32(s))
			best = best[:min(len(best), guesses)]
		}
	}
	list := make([]Guess, len(best))
	for i, s := range best {
		b := bytesOf(m.Tokenizer(), s)
		list[i] = Guess{Visible(b), b, math.Exp(float64(logits[s])-greatest) / sum}
	}
	return list
}

// bytesOf are those of a symbol within a text: from the first of a text, Decode takes the lead away.
func bytesOf(t tokenizer.Tokenizer, symbol int32) []byte {
	b := t.Decode(nil, []int32{symbol, symbol})
	return b[len(b)-t.Size(symbol):]
}
