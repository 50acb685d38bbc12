package surprisal

import (
	"context"
	"sync/atomic"

	"lmz"
	"lmz/internal/codec"
	"lmz/internal/lm"
	"lmz/internal/tokenizer"
)

// Options say how data are coded and how much of them.
type Options struct {
	Model   *lm.Model
	Carry   bool // as lmz --carry
	Threads int  // 0 for all processors

	// Progress, if not nil, is called with the number of raw bytes done since its last call; a byte is done when it was both
	// coded and profiled. Several goroutines may call it at once.
	Progress func(rawBytes int)

	mixed bool // predictions are mixed, as the header of a file says
}

func (o Options) policy() lmz.Policy {
	if o.Carry {
		return lmz.Carry
	}
	return lmz.Fresh
}

// begin is a Lens of nothing yet.
func (o Options) begin() *Lens {
	id := o.Model.ID()
	return &Lens{
		Model: o.Model.Name(), Identity: [16]byte(id[:16]), Precision: o.Model.Precision().String(),
		Symbols: o.Model.Tokenizer().Symbols(), Window: o.Model.Config().Window, Carry: o.Carry,
	}
}

// code codes segments, adds them and their tokens to l, and returns their payloads.
func (l *Lens) code(ctx context.Context, o Options, symbols [][]int32, progress func(int)) ([][]byte, error) {
	t := o.Model.Tokenizer()
	profiles := make([][]float64, len(symbols))
	payloads, codeLengths, err := codec.Encode(ctx, o.Model.Predictor(lm.Policy(o.policy())), symbols, codec.Options{
		Threads: o.Threads, Size: t.Size, Progress: progress, Mixed: o.mixed,
		Profile: func(segment int, codeLengths []float64) { profiles[segment] = codeLengths },
	})
	if err != nil {
		return nil, err
	}
	for i, list := range symbols {
		raw := t.Decode(nil, list)
		l.add(raw, Segment{Mode: Coded, CodeLength: codeLengths[i], Payload: len(payloads[i])}, list)
		l.Tokens = appendTokens(l.Tokens, t, list, profiles[i], o)
		l.Segments[len(l.Segments)-1].Tokens = len(list)
	}
	return payloads, nil
}

// add adds a segment but its tokens.
func (l *Lens) add(raw []byte, s Segment, symbols []int32) {
	s.Begin, s.Size = len(l.Raw), len(raw)
	l.Raw = append(l.Raw, raw...)
	l.Segments = append(l.Segments, s)
	l.symbols = append(l.symbols, symbols)
}

// addPlain adds bytes that the model did not code, each of which costs so many bits.
func (l *Lens) addPlain(raw []byte, mode Mode, bits float64, payload int) {
	l.add(raw, Segment{Mode: mode, Tokens: len(raw), CodeLength: bits * float64(len(raw)), Payload: payload}, nil)
	for range raw {
		l.Tokens = append(l.Tokens, Token{Size: 1, Bits: bits})
	}
}

// appendTokens appends the tokens of a segment. The first of a tokenizer with a lead stands for a byte that is not the text's.
func appendTokens(tokens []Token, t tokenizer.Tokenizer, symbols []int32, codeLengths []float64, o Options) []Token {
	position := positions(o.Model.Config().Window, o.Carry)
	for i, s := range symbols {
		size := t.Size(s)
		if i == 0 {
			size -= t.Lead()
		}
		tokens = append(tokens, Token{Size: size, Bits: codeLengths[i], Position: position()})
	}
	return tokens
}

// positions tells for the symbols of a segment, one after another, how many symbols stand before each in its context: docs/format.md,
// section 5. window is W, start-of-text counted.
func positions(window int, carry bool) func() int {
	length := 0 // of the context, start-of-text counted, when the last symbol had been appended
	return func() int {
		switch {
		case length == 0:
			length = 1
		case length < window:
			length++
		case carry:
			length = window/2 + 1 // start-of-text, W/2 - 1 symbols, and the one appended
		default:
			length = 2
		}
		return length - 1
	}
}

// half is progress that is told of every byte twice: by who codes it and by who profiles it.
func (o Options) half() func(int) {
	if o.Progress == nil {
		return func(int) {}
	}
	var done atomic.Int64
	return func(n int) {
		before := done.Add(int64(n)) - int64(n)
		o.Progress(int((before+int64(n))/2 - before/2))
	}
}
