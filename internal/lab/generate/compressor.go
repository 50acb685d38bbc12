package generate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// Compressor is a lossless compressor. Several goroutines may use it at once.
type Compressor interface {
	// Compress returns the coded form of raw, which it neither changes nor keeps.
	Compress(ctx context.Context, raw []byte) ([]byte, error)
}

// Look says what a compressor is shown.
type Look struct {
	// Horizon is H, how many bytes it looks ahead, at least 1.
	Horizon int

	// Window is how many of the last bytes of x are compressed with each candidate, at least 0: all before them
	// is as if it had never been. The time goes with it.
	Window int

	// Align, if above 1, is of what the window keeps whole: the width of a row of an image, the bytes of a sample. It
	// keeps up to Align-1 bytes more.
	Align int
}

// FromCompressor is the generator that a compressor implies.
func FromCompressor(c Compressor, l Look) Generator { return &inverse{c, l} }

// inverse is a compressor the other way round.
type inverse struct {
	compressor Compressor
	look       Look
}

func (g *inverse) Continue(ctx context.Context, prompts [][]byte, length int, o Options) ([]Continuation, error) {
	list := make([]Continuation, len(prompts))
	for i, prompt := range prompts {
		source := o.source(i)
		x := append(make([]byte, 0, len(prompt)+length), prompt...)
		for len(x) < len(prompt)+length {
			d, err := g.predict(ctx, x[g.begin(len(x)):], source, o.Threads)
			if err != nil {
				return nil, fmt.Errorf("generate: byte %d of %d: %w", len(x)-len(prompt)+1, length, err)
			}
			b, bits := d.draw(source)
			x = append(x, b)
			list[i].CodeLength += bits
			if err := o.emit(i, x[len(x)-1:]); err != nil {
				return nil, err
			}
		}
		list[i].Bytes = x[len(prompt):]
	}
	return list, nil
}

// begin is where the window on n bytes begins.
func (g *inverse) begin(n int) int {
	at := max(0, n-g.look.Window)
	return at - at%max(g.look.Align, 1)
}

// predict is the distribution of the byte after x. A horizon reaches no further than one byte beyond what x has.
func (g *inverse) predict(ctx context.Context, x []byte, source rand.Source, threads int) (*distribution, error) {
	list := candidates(x, min(g.look.Horizon, len(x)+1), source)
	lengths, err := g.codedLengths(ctx, x, list, threads)
	if err != nil {
		return nil, err
	}
	return rho(list, lengths), nil
}

// codedLengths compresses x with each of the candidates after it, and returns the lengths in bits.
func (g *inverse) codedLengths(ctx context.Context, x []byte, list []candidate, threads int) ([]int, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	lengths := make([]int, len(list))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(threads, len(list)) {
		workers.Go(func() {
			raw := append(make([]byte, 0, len(x)+len(list[0].bytes)), x...)
			for i := int(next.Add(1)) - 1; i < len(list) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				coded, err := g.compressor.Compress(ctx, append(raw, list[i].bytes...))
				if err != nil {
					cancel(err) // only the first has an effect
					return
				}
				lengths[i] = 8 * len(coded)
			}
		})
	}
	workers.Wait()
	return lengths, context.Cause(ctx)
}
