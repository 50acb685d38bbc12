package generate

import (
	"context"
	"fmt"
	"math/rand/v2"

	"lmz/internal/codec"
	"lmz/internal/cumfreq"
	"lmz/internal/kernels"
	"lmz/internal/lm"
	"lmz/internal/tokenizer"
)

// FromModel is the generator that a language model is: its tables of frequencies, those by which lmz codes, are rho, for
// one symbol. It reads the last window bytes of a prompt. When its own window is full it keeps the second half, lm.Carry.
//
// What comes next is drawn after the tokenizer's symbols of the prompt: if the prompt ends within a word, a model of
// tokens is not asked which longer token that word might have been part of. A symbol of more bytes than are left is cut.
func FromModel(m *lm.Model, window int) Generator {
	return &sampler{m.Tokenizer(), m.Predictor(lm.Carry), window}
}

// sampler draws symbols.
type sampler struct {
	tokenizer tokenizer.Tokenizer
	predictor codec.Predictor
	window    int
}

// batchRows is how many positions of a prompt are evaluated at once.
const batchRows = 64

// lane is one prompt and what follows it.
type lane struct {
	prompt int
	last   []int32 // the last symbol, none at the start of a text
	source rand.Source
	left   int // bytes to be generated
	out    *Continuation
}

func (g *sampler) Continue(ctx context.Context, prompts [][]byte, length int, o Options) (list []Continuation, err error) {
	defer func() {
		if v := recover(); v != nil {
			broken, ok := v.(kernels.NotFinite)
			if !ok {
				panic(v)
			}
			list, err = nil, fmt.Errorf("generate: the model is broken: %w", broken)
		}
	}()
	list = make([]Continuation, len(prompts))
	if length == 0 {
		return list, nil
	}
	abreast := min(g.predictor.Lanes(), len(prompts))
	s := &sampling{sampler: g, options: o, session: g.predictor.NewSession(abreast, o.Threads)}
	s.logits = make([]float32, max(batchRows, abreast)*g.predictor.Symbols())
	for begin := 0; begin < len(prompts); begin += abreast {
		var lanes []*lane
		for i := begin; i < min(begin+abreast, len(prompts)); i++ {
			l := &lane{prompt: i, source: o.source(i), left: length, out: &list[i]}
			if err := s.read(ctx, len(lanes), l, prompts[i]); err != nil {
				return nil, err
			}
			lanes = append(lanes, l)
		}
		if err := s.write(ctx, lanes); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// sampling is a sampler at work.
type sampling struct {
	*sampler
	options Options
	session codec.Session
	table   cumfreq.Table
	logits  []float32 // (rows, V)
}

// read evaluates a prompt and draws the first symbol after it.
func (s *sampling) read(ctx context.Context, i int, l *lane, prompt []byte) error {
	s.session.Reset(i)
	symbols := append([]int32{s.predictor.Start()}, s.tokenizer.Encode(nil, prompt[max(0, len(prompt)-s.window):])...)
	if n := len(symbols); n > 1 {
		l.last = []int32{symbols[n-1]}
	}
	v := s.predictor.Symbols()
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var rows []codec.Row
		for _, symbol := range symbols[:min(batchRows, len(symbols))] {
			rows = append(rows, codec.Row{Lane: i, Symbol: symbol})
		}
		s.session.Advance(rows, s.logits[:len(rows)*v])
		if symbols = symbols[len(rows):]; len(symbols) == 0 {
			return s.draw(l, s.logits[(len(rows)-1)*v:len(rows)*v])
		}
	}
}

// write draws what follows in all lanes, a symbol of each at a time.
func (s *sampling) write(ctx context.Context, lanes []*lane) error {
	v := s.predictor.Symbols()
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var rows []codec.Row
		for i, l := range lanes {
			if l.left > 0 {
				rows = append(rows, codec.Row{Lane: i, Symbol: l.last[0]})
			}
		}
		if len(rows) == 0 {
			return nil
		}
		s.session.Advance(rows, s.logits[:len(rows)*v])
		for r, row := range rows {
			if err := s.draw(lanes[row.Lane], s.logits[r*v:(r+1)*v]); err != nil {
				return err
			}
		}
	}
}

// draw draws a lane's next symbol from the table of these logits, as a decoder finds one.
func (s *sampling) draw(l *lane, logits []float32) error {
	s.table.Set(logits)
	symbol := s.table.Find(l.source.Uint64() % cumfreq.Total) // a power of two: exact
	l.out.CodeLength += cumfreq.CodeLength(s.table.Interval(symbol))
	before := s.tokenizer.Decode(nil, l.last)
	b := s.tokenizer.Decode(nil, append(l.last, int32(symbol)))[len(before):]
	b = b[:min(len(b), l.left)]
	l.last = []int32{int32(symbol)}
	l.left -= len(b)
	l.out.Bytes = append(l.out.Bytes, b...)
	return s.options.emit(l.prompt, b)
}
