package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"lmz/internal/lab/store"
	"lmz/internal/lab/study"
)

// StudyTasks is the side of a worker of a study's queue, and of no other's: what Worker does for all.
type StudyTasks struct {
	taker *taker
}

// OpenTasks makes the side of a worker of this name, until ctx ends.
func OpenTasks(ctx context.Context, c *Conn, id, worker string) (*StudyTasks, error) {
	jobs, err := c.watchJobs(ctx)
	if err != nil {
		return nil, err
	}
	t := c.newTaker(worker, jobs, id)
	t.may = mayTake(worker)
	return &StudyTasks{t}, t.listen(ctx)
}

// mayTake says whether a task of a study is one for a worker. One that cannot be read is: who takes it gives it up.
func mayTake(worker string) func(*delivery) bool {
	return func(d *delivery) bool {
		var t study.Task
		return json.Unmarshal(d.msg.Data(), &t) != nil || t.May(worker)
	}
}

// listen answers who wants to know whether this worker knows that it is banned.
func (t *taker) listen(ctx context.Context) error {
	heard, err := t.conn.nc.Subscribe(workerSubject(t.worker), func(m *nats.Msg) {
		go func() {
			for id, n := string(m.Data), 0; n < 100; n++ {
				if j := t.jobs.get(id); j != nil && slices.Contains(j.Banned, t.worker) {
					m.Respond(nil)
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		}()
	})
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	context.AfterFunc(ctx, func() { heard.Unsubscribe() })
	return t.conn.nc.FlushWithContext(withDeadline(ctx))
}

// withDeadline is ctx with the time that a request may take.
func withDeadline(ctx context.Context) context.Context {
	ctx, cancel := context.WithTimeout(ctx, attempt)
	context.AfterFunc(ctx, cancel)
	return ctx
}

// Take waits for a task of the study.
func (s *StudyTasks) Take(ctx context.Context) (study.Lease, error) {
	for {
		d, err := s.taker.take(ctx)
		if err != nil {
			return nil, err
		}
		l, err := newLease(ctx, d)
		if err != nil {
			s.taker.conn.log.Warn("a task that cannot be read", "error", err)
			continue
		}
		return l, nil
	}
}

// lease is a task of a study in this worker's hands.
type lease struct {
	*delivery
	task study.Task
}

// newLease reads a task. One that makes no sense is given up.
func newLease(ctx context.Context, d *delivery) (*lease, error) {
	l := &lease{delivery: d}
	err := json.Unmarshal(d.msg.Data(), &l.task)
	if err == nil {
		err = l.task.Task.Check()
	}
	if err != nil {
		return nil, errors.Join(err, d.die(ctx, "it cannot be read: "+err.Error()))
	}
	return l, nil
}

// Task is the task.
func (l *lease) Task() study.Task { return l.task }

// Extend says that the worker is alive.
func (l *lease) Extend(_ context.Context, rawBytes int64) error {
	if err := l.extend(); err != nil {
		return err
	}
	l.tell(study.Report{Kind: study.Progress, RawBytes: rawBytes})
	return nil
}

// tell says what may be lost.
func (l *lease) tell(r study.Report) {
	r.Cell, r.Range, r.Check, r.Worker = l.task.Cell.ID, l.task.Range, l.task.Check, l.taker.worker
	if body, err := json.Marshal(r); err == nil {
		l.taker.conn.nc.Publish(l.job.subject("news"), body)
	}
}

// Deliver hands the rows in.
func (l *lease) Deliver(ctx context.Context, rows []store.Chunk, took time.Duration) error {
	r := study.NewReport(l.task, l.taker.worker, rows, took)
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	if len(body) > resultLimit { // nobody would take it in
		return l.Fail(ctx, fmt.Errorf("cluster: rows %v take %d bytes, want at most %d: smaller chunks, or no profile", r.Range, len(body), resultLimit))
	}
	return l.deliver(ctx, body, r.Identity)
}

// Fail says why the task could not be measured.
func (l *lease) Fail(ctx context.Context, reason error) error {
	dead, err := l.fail(ctx, reason.Error())
	if err == nil && !dead {
		l.tell(study.Report{Kind: study.Retried, Error: reason.Error()})
	}
	return err
}

// Return gives the task back.
func (l *lease) Return(ctx context.Context) error { return l.pass(ctx) }

var (
	_ study.Tasks = (*StudyTasks)(nil)
	_ study.Lease = (*lease)(nil)
)
