//go:build unix

package study

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"
)

// BenchmarkCoordinator is the rate of ranges of one row that take no time, through a queue in memory into a store on disk.
func BenchmarkCoordinator(b *testing.B) {
	p := plan([]int{max(b.N, 2)}, "one")
	s := newSupervisor(b, p)
	q := NewLocal(3, time.Minute)
	defer q.Close()
	s.Queue, s.Workers, s.Ahead = q, 1, 256
	described(b, s)
	ctx, stop := context.WithCancel(b.Context())
	var group sync.WaitGroup
	for i := range 4 {
		tasks := q.Worker(fmt.Sprint("worker ", i))
		group.Go(func() {
			for {
				l, err := tasks.Take(ctx)
				if err != nil {
					return
				}
				l.Deliver(ctx, instant(l.Task()), 4*time.Second) // so it says, that ranges stay of one row
			}
		})
	}
	b.ResetTimer()
	if err := s.Run(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(p.Cells[0].Chunks)/b.Elapsed().Seconds(), "ranges/s")
	stop()
	group.Wait()
}
