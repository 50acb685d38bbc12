package study

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"lmz/internal/lab/store"
)

// Local is the queue of one process: it lives in memory, and ends with it. Its workers are goroutines, each of which has a worker process.
type Local struct {
	deliveries int
	done       chan struct{} // closed by Close

	mu      sync.Mutex
	changed chan struct{} // closed, and made anew, when something changes
	waiting []*localTask
	working []*localLease
	reports []*Report // to be received; those that were and are not settled are the coordinator's alone
	dead    []*Report
	workers map[string]*WorkerStatus
}

// localTask is a task with what became of it so far.
type localTask struct {
	Task
	id         string
	deliveries int
	returned   string // by this worker
}

// localLease is a task that a worker has.
type localLease struct {
	*localTask
	queue  *Local
	worker string
	silent int  // turns since it was extended
	over   bool // delivered, failed, returned
	lost   bool
}

const leaseTurns = 20 // a lease lasts so many turns of the clock

// NewLocal makes an empty queue that delivers a task so many times, and takes it away from a worker that does not extend its
// lease for so long.
func NewLocal(deliveries int, lease time.Duration) *Local {
	q := &Local{deliveries: deliveries, done: make(chan struct{}), changed: make(chan struct{}), workers: map[string]*WorkerStatus{}}
	go q.watch(lease / leaseTurns)
	return q
}

// watch takes tasks away from workers that are silent. It counts its turns rather than looking at a clock, which goes on while
// this process and its workers are suspended.
func (q *Local) watch(each time.Duration) {
	tick := time.NewTicker(each)
	defer tick.Stop()
	for {
		select {
		case <-q.done:
			return
		case <-tick.C:
		}
		q.mu.Lock()
		for _, l := range slices.Clone(q.working) {
			if l.silent++; l.silent > leaseTurns {
				l.lose("nothing was heard of the worker " + l.worker)
			}
		}
		q.mu.Unlock()
	}
}

func (q *Local) Submit(_ context.Context, tasks ...Task) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, t := range tasks {
		id := t.ID()
		known := slices.ContainsFunc(q.waiting, func(of *localTask) bool { return of.id == id }) ||
			slices.ContainsFunc(q.working, func(of *localLease) bool { return of.id == id })
		if !known {
			q.waiting = append(q.waiting, &localTask{Task: t, id: id})
		}
	}
	q.wake()
	return nil
}

func (q *Local) Withdraw(_ context.Context, cell string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = slices.DeleteFunc(q.waiting, func(t *localTask) bool { return t.Cell.ID == cell })
	return nil
}

func (q *Local) Receive(ctx context.Context) (r *Report, err error) {
	err = q.until(ctx, func() bool {
		if len(q.reports) == 0 {
			return false
		}
		r = q.reports[0]
		q.reports = q.reports[1:]
		return true
	})
	return r, err
}

func (q *Local) Ban(_ context.Context, worker string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.worker(worker).Banned = true
	for _, l := range slices.Clone(q.working) {
		if l.worker == worker {
			l.localTask.deliveries-- // it is not the task's fault
			l.lose("the worker " + worker + " was banned")
		}
	}
	q.wake()
	return nil
}

func (q *Local) Status(context.Context) (Status, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := Status{Waiting: len(q.waiting), Working: len(q.working), Dead: slices.Clone(q.dead)}
	for _, w := range q.workers {
		s.Workers = append(s.Workers, *w)
	}
	return s, nil
}

func (q *Local) Close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case <-q.done:
	default:
		close(q.done)
		q.wake()
	}
	return nil
}

// errClosed is that of a queue after Close.
var errClosed = errors.New("study: the queue is closed")

// until waits for something to become true, and looks at it when something changed, with the lock held.
func (q *Local) until(ctx context.Context, true func() bool) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-q.done:
			return errClosed
		default:
		}
		if true() {
			return nil
		}
		changed := q.changed
		q.mu.Unlock()
		select {
		case <-changed:
		case <-q.done:
		case <-ctx.Done():
		}
		q.mu.Lock()
	}
}

// wake has until look again.
func (q *Local) wake() {
	close(q.changed)
	q.changed = make(chan struct{})
}

func (q *Local) worker(name string) *WorkerStatus {
	w := q.workers[name]
	if w == nil {
		w = &WorkerStatus{Name: name}
		q.workers[name] = w
	}
	w.Seen = time.Now()
	return w
}

// report has a report received. One that must be settled and is dead is listed until it is.
func (q *Local) report(r *Report) {
	if r.Kind == Dead {
		q.dead = append(q.dead, r)
		r.OnSettle(func(context.Context) error {
			q.mu.Lock()
			defer q.mu.Unlock()
			q.dead = slices.DeleteFunc(q.dead, func(of *Report) bool { return of == r })
			return nil
		})
	}
	q.reports = append(q.reports, r)
	q.wake()
}

// Worker is the side of a worker of this name.
func (q *Local) Worker(name string) Tasks { return &localTasks{q, name} }

type localTasks struct {
	queue *Local
	name  string
}

func (w *localTasks) Take(ctx context.Context) (Lease, error) {
	q := w.queue
	var l *localLease
	banned := false
	err := q.until(ctx, func() bool {
		me := q.worker(w.name)
		if banned = me.Banned; banned {
			return true
		}
		i := q.choose(me)
		if i < 0 {
			return false
		}
		l = &localLease{localTask: q.waiting[i], queue: q, worker: w.name}
		q.waiting = slices.Delete(q.waiting, i, i+1)
		q.working = append(q.working, l)
		l.deliveries++
		me.Subject = l.Cell.Subject
		return true
	})
	switch {
	case err != nil:
		return nil, err
	case banned:
		return nil, ErrBanned
	}
	return l, nil
}

// choose is the index of the task that is best for a worker, or -1.
func (q *Local) choose(me *WorkerStatus) int {
	first := func(good func(*localTask) bool) int {
		return slices.IndexFunc(q.waiting, func(t *localTask) bool { return t.May(me.Name) && !q.leaveToOthers(t, me.Name) && good(t) })
	}
	taken := func(t *localTask) bool {
		return slices.ContainsFunc(q.working, func(l *localLease) bool { return l.Cell.Subject == t.Cell.Subject })
	}
	for _, good := range []func(*localTask) bool{
		func(t *localTask) bool { return t.Cell.Subject == me.Subject },
		func(t *localTask) bool { return !taken(t) },
		func(*localTask) bool { return true },
	} {
		if i := first(good); i >= 0 {
			return i
		}
	}
	return -1
}

// leaveToOthers says whether a worker returned a task that another may still take.
func (q *Local) leaveToOthers(t *localTask, name string) bool {
	if t.returned != name {
		return false
	}
	for _, w := range q.workers {
		if w.Name != name && !w.Banned && t.May(w.Name) {
			return true
		}
	}
	return false
}

func (l *localLease) Task() Task { return l.localTask.Task }

func (l *localLease) Extend(_ context.Context, rawBytes int64) error {
	l.queue.mu.Lock()
	defer l.queue.mu.Unlock()
	if l.lost || l.over {
		return ErrLost
	}
	l.silent = 0
	l.queue.worker(l.worker)
	l.queue.report(&Report{Kind: Progress, Cell: l.Cell.ID, Range: l.Range, Check: l.Check, Worker: l.worker, RawBytes: rawBytes})
	return nil
}

func (l *localLease) Deliver(_ context.Context, rows []store.Chunk, took time.Duration) error {
	l.queue.mu.Lock()
	defer l.queue.mu.Unlock()
	if l.over {
		return ErrLost
	}
	l.end()
	l.queue.report(NewReport(l.localTask.Task, l.worker, rows, took))
	return nil
}

func (l *localLease) Fail(_ context.Context, reason error) error {
	l.queue.mu.Lock()
	defer l.queue.mu.Unlock()
	if l.lost || l.over {
		return ErrLost
	}
	l.end()
	l.again(reason.Error())
	return nil
}

func (l *localLease) Return(context.Context) error {
	l.queue.mu.Lock()
	defer l.queue.mu.Unlock()
	if l.lost || l.over {
		return ErrLost
	}
	l.end()
	l.deliveries--
	l.returned = l.worker
	l.queue.waiting = append(l.queue.waiting, l.localTask)
	l.queue.wake()
	return nil
}

// end takes the lease from those at work.
func (l *localLease) end() {
	l.over = true
	l.queue.working = slices.DeleteFunc(l.queue.working, func(of *localLease) bool { return of == l })
}

// lose takes the task away from the worker, which may still deliver.
func (l *localLease) lose(why string) {
	l.end()
	l.over, l.lost = false, true
	l.again(why)
}

// again has a failed task come first, or gives it up.
func (l *localLease) again(why string) {
	r := &Report{Kind: Retried, Cell: l.Cell.ID, Range: l.Range, Check: l.Check, Worker: l.worker, Error: why}
	if l.deliveries >= l.queue.deliveries {
		r.Kind, r.Error = Dead, fmt.Sprintf("%s (attempt %d of %d)", why, l.deliveries, l.queue.deliveries)
	} else {
		l.queue.waiting = slices.Insert(l.queue.waiting, 0, l.localTask)
	}
	l.queue.report(r)
}
