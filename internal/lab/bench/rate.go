package bench

import (
	"context"
	"sync"
	"time"
)

// window is how long work is repeated for one figure: long for the clock, short enough that others who use the
// machine leave some windows alone.
const window = 5 * time.Millisecond

// Rates are multiply-adds a second of one thread and of all threads together.
type Rates struct {
	OneThread  float64 `json:"oneThread"`
	AllThreads float64 `json:"allThreads"`
}

func (r Rates) larger(s Rates) Rates {
	return Rates{max(r.OneThread, s.OneThread), max(r.AllThreads, s.AllThreads)}
}

// rates measures work on one thread and on all. work says how many multiply-adds it did; its thread is
// below o.Threads, and no two goroutines have the same one.
func rates(ctx context.Context, o Options, windows int, work func(thread int) int64) (r Rates, err error) {
	if o.windows > 0 {
		windows = o.windows
	}
	if r.OneThread, err = fastest(ctx, 1, windows, work); err != nil || o.Threads == 1 {
		r.AllThreads = r.OneThread
		return r, err
	}
	r.AllThreads, err = fastest(ctx, o.Threads, windows, work)
	return r, err
}

// fastest is the highest rate of several windows.
func fastest(ctx context.Context, threads, windows int, work func(thread int) int64) (perSecond float64, err error) {
	times := 1
	for range windows {
		for {
			if ctx.Err() != nil {
				return 0, context.Cause(ctx)
			}
			multiplyAdds, took := repeat(threads, times, work)
			if took >= window {
				perSecond = max(perSecond, float64(multiplyAdds)/took.Seconds())
				break
			}
			times *= 2
		}
	}
	return perSecond, nil
}

// repeat does work a number of times on each thread, and returns the sum and the time until the last has ended.
func repeat(threads, times int, work func(thread int) int64) (multiplyAdds int64, took time.Duration) {
	sums := make([]int64, threads)
	ready := make(chan struct{})
	var done sync.WaitGroup
	for t := range threads {
		done.Go(func() {
			<-ready
			for range times {
				sums[t] += work(t)
			}
		})
	}
	began := time.Now()
	close(ready)
	done.Wait()
	took = time.Since(began)
	for _, s := range sums {
		multiplyAdds += s
	}
	return multiplyAdds, took
}

// stopwatch measures how long work takes, and how much of the processors' time.
type stopwatch struct {
	began time.Time
	used  time.Duration
}

func start() stopwatch { return stopwatch{time.Now(), processorTime()} }

// Time is what work took. Where others use the machine, Processor is less than Elapsed times the threads.
type Time struct {
	Elapsed   float64 `json:"seconds"`
	Processor float64 `json:"processorSeconds,omitempty"` // of all threads; 0 where the system does not tell
}

func (s stopwatch) stop() Time {
	return Time{time.Since(s.began).Seconds(), (processorTime() - s.used).Seconds()}
}
