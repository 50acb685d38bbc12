package generate

import (
	"context"
	"math/rand/v2"
)

// Generator continues sequences of bytes.
type Generator interface {
	// Continue generates length bytes that follow each of the prompts, of which none knows of the others.
	Continue(ctx context.Context, prompts [][]byte, length int, o Options) ([]Continuation, error)
}

// Continuation is what was generated after a prompt.
type Continuation struct {
	Bytes      []byte
	CodeLength float64 // bits: the sum of -log2 of the probabilities of what was drawn
}

// Options say how bytes are drawn. Threads change the speed only.
type Options struct {
	Seed    uint64 // prompt i draws from PCG(Seed, i)
	Threads int    // at least 1

	// Emit, if not nil, is called with bytes as they are drawn, those of a prompt in order, by one goroutine at a time. An
	// error of it ends the work.
	Emit func(prompt int, b []byte) error
}

func (o Options) emit(prompt int, b []byte) error {
	if o.Emit == nil {
		return nil
	}
	return o.Emit(prompt, b)
}

// source is where the draws for a prompt come from.
func (o Options) source(prompt int) rand.Source { return rand.NewPCG(o.Seed, uint64(prompt)) }
