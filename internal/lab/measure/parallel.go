package measure

import (
	"context"
	"sync"
	"sync/atomic"
)

// parallel does jobs 0..jobs-1 on so many goroutines. The first error ends the others' context and is
// returned when all have ended.
func parallel(ctx context.Context, jobs, threads int, do func(context.Context, int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(threads, jobs) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < jobs && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if err := do(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	group.Wait()
	return context.Cause(ctx)
}
