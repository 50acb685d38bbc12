package study

import (
	"context"
	"errors"
	"sync"
	"time"
)

// work keeps one worker process busy with the tasks of a queue.
func (s *Supervisor) work(ctx context.Context, tasks Tasks) error {
	var w *worker
	defer func() {
		if w != nil {
			w.stop()
		}
	}()
	for {
		lease, err := tasks.Take(ctx)
		if errors.Is(err, ErrBanned) {
			return nil // the others go on
		}
		if err != nil {
			return err
		}
		if w == nil {
			if w, err = s.start(); err != nil {
				return err
			}
		}
		task, begun := lease.Task(), time.Now()
		h := hold(ctx, lease)
		r, err := w.do(ctx, request{Task: &task.Task}, h.tell)
		h.stop()
		if ctx.Err() != nil {
			w = nil // it has stopped
			return context.Cause(ctx)
		}
		if death := (*deathError)(nil); errors.As(err, &death) {
			w.stop()
			w = nil
		}
		if err != nil {
			err = lease.Fail(ctx, err)
		} else {
			err = lease.Deliver(ctx, r.Rows, time.Since(begun))
		}
		if err != nil && !errors.Is(err, ErrLost) {
			return err
		}
	}
}

// holding extends a lease while a process, which is killed when it is silent, is at its task.
type holding struct {
	ctx   context.Context
	lease Lease
	mu    sync.Mutex
	done  int64 // raw bytes
	stop  context.CancelFunc
}

func hold(ctx context.Context, l Lease) *holding {
	h := &holding{ctx: ctx, lease: l}
	ticking, stop := context.WithCancel(ctx)
	h.stop = stop
	h.tell(0)
	go func() {
		tick := time.NewTicker(heartbeat)
		defer tick.Stop()
		for {
			select {
			case <-ticking.Done():
				return
			case <-tick.C:
				h.extend()
			}
		}
	}()
	return h
}

// tell says how many raw bytes are coded.
func (h *holding) tell(rawBytes int64) {
	h.mu.Lock()
	h.done = rawBytes
	h.mu.Unlock()
	h.extend()
}

// extend may find that the lease was lost: what is being measured is delivered all the same.
func (h *holding) extend() {
	h.mu.Lock()
	done := h.done
	h.mu.Unlock()
	h.lease.Extend(h.ctx, done)
}
