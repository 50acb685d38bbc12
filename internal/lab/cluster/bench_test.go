//go:build unix

package cluster

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lmz/internal/lab/store"
	"lmz/internal/lab/study"
	"lmz/internal/lab/study/queuetest"
)

// benchQueue has so many simulated workers, each with a connection of its own, do ranges that take so long, of so many subjects, and
// returns how long that took. The coordinator keeps ahead tasks in the queue.
func benchQueue(b *testing.B, s *servers, workers, ranges, subjects, ahead int, each time.Duration) time.Duration {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	c := s.dial(b)
	id := keyOf(fmt.Sprint(b.Name(), time.Now()))
	q, err := OpenQueue(ctx, c, id, b.Name(), QueueOptions{})
	if err != nil {
		b.Fatal(err)
	}
	task := func(i int) study.Task { return queuetest.NewTask(fmt.Sprint("subject ", i%subjects), i, 1) }
	var running sync.WaitGroup
	var ready sync.WaitGroup
	begin := make(chan bool)
	ready.Add(workers)
	for i := range workers {
		running.Go(func() {
			name := fmt.Sprint("worker ", i)
			wc, err := Dial(ctx, Server{URLs: s.urls[i%len(s.urls)], Name: name, Patient: true})
			if err != nil {
				b.Error(err)
				ready.Done()
				return
			}
			defer wc.Close()
			tasks, err := OpenTasks(ctx, wc, id, name)
			ready.Done()
			if err != nil {
				b.Error(err)
				return
			}
			tasks.taker.ahead = aheadOf(each)
			var delivering sync.WaitGroup
			defer delivering.Wait()
			slots := make(chan struct{}, 64)
			<-begin
			for {
				l, err := tasks.Take(ctx)
				if err != nil {
					return
				}
				if each > 0 {
					time.Sleep(each)
				}
				slots <- struct{}{}
				delivering.Go(func() {
					defer func() { <-slots }()
					row := store.Chunk{Index: l.Task().Range.First, RawBytes: 100, CoveredBytes: 100}
					l.Deliver(ctx, []store.Chunk{row}, each)
				})
			}
		})
	}
	ready.Wait()
	for i := range subjects { // the subjects' consumers are there before the clock runs
		if err := q.Submit(ctx, task(i)); err != nil {
			b.Fatal(err)
		}
	}
	var settling sync.WaitGroup
	begun := time.Now()
	close(begin)
	var inFlight, done atomic.Int64
	inFlight.Store(int64(subjects))
	running.Go(func() {
		for i := subjects; i < ranges && ctx.Err() == nil; {
			room := ahead - int(inFlight.Load())
			if room < min(ahead/4, ranges-i) {
				time.Sleep(time.Millisecond)
				continue
			}
			var list []study.Task
			for ; len(list) < min(room, 250) && i < ranges; i++ {
				list = append(list, task(i))
			}
			inFlight.Add(int64(len(list)))
			if err := q.Submit(ctx, list...); err != nil {
				if ctx.Err() == nil {
					b.Error(err)
				}
				return
			}
		}
	})
	seen := map[int]bool{}
	slots := make(chan struct{}, 256)
	for len(seen) < ranges {
		r, err := q.Receive(ctx)
		if err != nil {
			b.Fatal(err)
		}
		if r.Kind != study.Measured {
			continue
		}
		if !seen[r.Range.First] {
			seen[r.Range.First] = true
			done.Add(1)
			inFlight.Add(-1)
		}
		slots <- struct{}{}
		settling.Go(func() {
			defer func() { <-slots }()
			r.Settle(ctx)
		})
	}
	took := time.Since(begun)
	settling.Wait()
	cancel()
	running.Wait()
	last, stop := context.WithTimeout(context.Background(), attempt)
	defer stop()
	if err := q.Remove(last); err != nil {
		b.Error(err)
	}
	return took
}

// BenchmarkQueue is the throughput of the queue itself: work of no cost, by 8 workers.
func BenchmarkQueue(b *testing.B) {
	for _, count := range []int{1, 3} {
		b.Run(fmt.Sprintf("servers=%d", count), func(b *testing.B) {
			s := startServers(b, count, "")
			const ranges = 20_000
			for b.Loop() {
				took := benchQueue(b, s, 8, ranges, 4, 4096, 0)
				b.ReportMetric(ranges/took.Seconds(), "ranges/s")
			}
		})
	}
}

// BenchmarkEfficiency is which share of their time 32 workers are at ranges of 100 ms.
func BenchmarkEfficiency(b *testing.B) {
	s := startServers(b, 3, "")
	const workers, ranges, each = 32, 6400, 100 * time.Millisecond
	for b.Loop() {
		took := benchQueue(b, s, workers, ranges, 4, 1024, each)
		b.ReportMetric(100*ranges*each.Seconds()/workers/took.Seconds(), "%efficiency")
	}
}

// BenchmarkWorkers simulates up to 1,000 workers of ranges of 2 s, what the coordinator aims at, and says how much of their time they are at
// work. All run on this machine, with the servers: what saturates first here is its processors. LMZ_CLUSTER_WORKERS=1 has it run.
func BenchmarkWorkers(b *testing.B) {
	if os.Getenv("LMZ_CLUSTER_WORKERS") == "" {
		b.Skip("LMZ_CLUSTER_WORKERS=1 has it run: minutes")
	}
	for _, workers := range []int{10, 100, 300, 1000} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			s := startServers(b, 3, "")
			const each = 2 * time.Second
			ranges := 10 * workers
			for b.Loop() {
				took := benchQueue(b, s, workers, ranges, 4, max(1024, 4*workers), each)
				b.ReportMetric(100*float64(ranges)*each.Seconds()/float64(workers)/took.Seconds(), "%efficiency")
				b.ReportMetric(float64(ranges)/took.Seconds(), "ranges/s")
			}
		})
	}
}
