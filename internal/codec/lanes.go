package codec

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"lmz/internal/kernels"
)

// batchRows is how many rows an encoder gives the Predictor at once.
const batchRows = 64

// Options say how the work is done. None of them but Mixed and Given changes a payload.
type Options struct {
	// Threads is the number of goroutines that code, 0 for runtime.GOMAXPROCS(0). No more than MaxThreads are started.
	Threads int

	// Size is how much a symbol takes of the length that a decoder is given for its segment, at least 1: its bytes, if
	// lengths are in bytes. nil is 1 for every symbol.
	Size func(symbol int32) int

	// Progress, if not nil, is called with the sizes of the symbols coded since its last call, added up.
	// Several goroutines may call it at once.
	Progress func(size int)

	// Given[i], if Given is not nil, are symbols that stand before segment i in its context: known to encoder and decoder,
	// coded in no payload, counted in no length.
	Given [][]int32

	// Profile, if not nil, is called by Encode with the code length in bits of each symbol of a segment when it is coded.
	// Several goroutines may call it at once, with different segments.
	Profile func(segment int, codeLengths []float64)

	// Mixed says that the model's prediction of each symbol is mixed with what the segment has shown so far (package mix). Symbols
	// are then the 256 bytes, each of Size 1. A decoder must be told what the encoder was.
	Mixed bool

	lanes int // of a decoder's group at most, 0 for what the Predictor says: tests show that it changes nothing
	rows  int // of an encoder's batch, 0 for batchRows: likewise
}

// MaxThreads is the most goroutines that Encode and Decode start: more would wait for processors and hold memory.
func MaxThreads() int { return max(64, runtime.GOMAXPROCS(0)) }

// withDefaults fills in what was left zero.
func (o Options) withDefaults(p Predictor) Options {
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	o.Threads = min(o.Threads, MaxThreads())
	if v := p.Symbols(); o.Mixed && v != 256 {
		panic(fmt.Sprintf("codec: %d symbols, want the 256 bytes to mix predictions", v))
	}
	if o.Size == nil {
		o.Size = func(int32) int { return 1 }
	}
	if o.Progress == nil {
		o.Progress = func(int) {}
	}
	if o.lanes == 0 {
		o.lanes = p.Lanes()
	}
	if o.rows == 0 {
		o.rows = batchRows
	}
	return o
}

// given are the symbols before a segment.
func (o Options) given(segment int) []int32 {
	if o.Given == nil {
		return nil
	}
	return o.Given[segment]
}

// lane is one segment on its way through a decoder.
type lane struct {
	segment    int     // its index, for errors
	given      int     // how many of symbols were
	symbols    []int32 // so far
	left       int     // of its length
	payload    []byte
	codeLength float64 // bits
}

// split divides lanes into groups of at most o.lanes, as even as can be, their number a multiple of
// o.Threads if there are lanes enough: no thread waits for another's last group. Every lane is in a group.
func (o Options) split(lanes []lane) [][]lane {
	n := len(lanes)
	if n == 0 {
		return nil
	}
	threads := min(o.Threads, n)
	rounds := (n + o.lanes*threads - 1) / (o.lanes * threads)
	groups := make([][]lane, min(rounds*threads, n))
	for i := range groups {
		groups[i] = lanes[i*n/len(groups) : (i+1)*n/len(groups)]
	}
	return groups
}

// threadsOf is how many goroutines a Session has to itself where so many jobs are to be done: those that would be idle.
func (o Options) threadsOf(jobs int) int { return max(1, o.Threads/max(jobs, 1)) }

// forEach does jobs 0..jobs-1, in about that order, on up to o.Threads goroutines, all of which have ended
// when it returns. Each calls begin once, for what it does jobs with. The first error, or the end of ctx, ends the
// context of the others and is returned. So is kernels.NotFinite, with which a broken model panics; other panics go
// on in the caller's goroutine.
func (o Options) forEach(ctx context.Context, jobs int, begin func() func(context.Context, int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var threads sync.WaitGroup
	var fault atomic.Pointer[any] // a panic's value
	recovered := func() {
		v := recover()
		if broken, ok := v.(kernels.NotFinite); ok {
			cancel(fmt.Errorf("codec: the model is broken: %w", broken))
		} else if v != nil {
			fault.CompareAndSwap(nil, &v)
			cancel(nil)
		}
	}
	for range min(o.Threads, jobs) {
		threads.Go(func() {
			defer recovered()
			work := begin()
			for i := int(next.Add(1)) - 1; i < jobs; i = int(next.Add(1)) - 1 {
				if err := work(ctx, i); err != nil {
					cancel(err) // only the first has an effect
					return
				}
			}
		})
	}
	threads.Wait()
	if v := fault.Load(); v != nil {
		panic(*v)
	}
	return context.Cause(ctx)
}

// previous is the last of the symbols so far, what the context of the next one ends with.
func previous(p Predictor, sofar []int32) int32 {
	if len(sofar) == 0 {
		return p.Start()
	}
	return sofar[len(sofar)-1]
}
