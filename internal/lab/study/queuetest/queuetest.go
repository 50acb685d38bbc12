// Package queuetest holds what every study.Queue does, as a suite of tests.
package queuetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lmz/internal/lab/dataset"
	"lmz/internal/lab/measure"
	"lmz/internal/lab/store"
	"lmz/internal/lab/study"
)

// Setup is a queue to be tested, with nothing in it.
type Setup struct {
	Queue      study.Queue
	Worker     func(name string) study.Tasks // the side of a worker
	Lease      time.Duration                 // of a task that is not extended; short, for the tests wait for it
	Deliveries int                           // of a task before it is given up, 2 or more

	// Reopen is the queue as the next coordinator finds it after Close, or the death, of the first; nil if it ends with its process.
	Reopen func() study.Queue
}

// Run tests the queues that open makes. It waits for things to happen, and asks of none how long it takes.
func Run(t *testing.T, open func(t *testing.T) Setup) {
	for _, test := range []struct {
		name string
		run  func(*suite)
	}{
		{"Delivered", delivered}, {"Failed", failed}, {"Abandoned", abandoned}, {"Extended", extended}, {"Lost", lost}, {"Not", not},
		{"Banned", banned}, {"Withdrawn", withdrawn}, {"Returned", returned}, {"Preferred", preferred}, {"Cancelled", cancelled}, {"Reopened", reopened}, {"Many", many},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &suite{T: t, Setup: open(t), ctx: t.Context()}
			t.Cleanup(func() {
				if err := s.Queue.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			})
			test.run(s)
		})
	}
}

// suite is one test of a queue.
type suite struct {
	*testing.T
	Setup
	ctx context.Context
}

// NewTask is a task of rows first..first+count-1 of a cell of a subject.
func NewTask(subject string, first, count int) study.Task {
	c := store.Cell{Subject: subject, Data: strings.Repeat("d", 64), Protocol: "lossless/1", Name: subject, Kind: "model", Step: -1, Params: 1 << 40, Software: "queuetest"}
	c.ID = store.CellID(c.Subject, c.Data, c.Protocol, c.Whole)
	return study.Task{Task: measure.Task{
		Job:    measure.Job{Model: subject, Protocol: "lossless", Data: dataset.Spec{Source: "nowhere", Chunk: 100}},
		Cell:   c,
		Chunks: 1 << 20, Bytes: 100 << 20,
		Range: measure.Range{First: first, Count: count},
	}}
}

// Rows are what any worker measures of a task: they follow from its range.
func Rows(t study.Task) []store.Chunk {
	rows := make([]store.Chunk, t.Range.Count)
	for i := range rows {
		n := t.Range.First + i
		rows[i] = store.Chunk{Index: n, RawBytes: 100, CoveredBytes: 100, Tokens: 90, CodeLength: 300 / float64(n+3), CodedBytes: int64(n%100 + 1), CountedBits: float64(8 * (n%100 + 1)), EncodeSeconds: 0.1}
		if n%3 == 0 {
			rows[i].Profile = []store.Token{{Size: 4, Bits: 1.5}, {Size: 96, Bits: float32(n) / 7}}
		}
	}
	return rows
}

func (s *suite) submit(tasks ...study.Task) {
	s.Helper()
	if err := s.Queue.Submit(s.ctx, tasks...); err != nil {
		s.Fatalf("Submit: %v", err)
	}
}

func (s *suite) take(worker string) study.Lease {
	s.Helper()
	l, err := s.Worker(worker).Take(s.ctx)
	if err != nil {
		s.Fatalf("Take by %s: %v", worker, err)
	}
	return l
}

func (s *suite) deliver(l study.Lease) {
	s.Helper()
	if err := l.Deliver(s.ctx, Rows(l.Task()), time.Second); err != nil {
		s.Fatalf("Deliver: %v", err)
	}
}

// receive waits for the next report of one of some kinds.
func (s *suite) receive(kinds ...study.ReportKind) *study.Report {
	s.Helper()
	for {
		r, err := s.Queue.Receive(s.ctx)
		if err != nil {
			s.Fatalf("Receive, waiting for %v: %v", kinds, err)
		}
		if slices.Contains(kinds, r.Kind) {
			return r
		}
	}
}

// measured waits for a task's rows, and settles them.
func (s *suite) measured(t study.Task, worker string) {
	s.Helper()
	r := s.receive(study.Measured, study.Dead)
	if r.Kind != study.Measured || r.Task() != t.ID() || r.Cell != t.Cell.ID || r.Range != t.Range || r.Check != t.Check || r.Worker != worker || r.Seconds != 1 {
		s.Errorf("received %+v, want rows of %+v by %s in 1 s", r, t, worker)
	}
	if want := Rows(t); !reflect.DeepEqual(r.Rows, want) || r.Identity != store.Identity(t.Cell.ID, want) {
		s.Errorf("rows %+v\nwant %+v", r.Rows, want)
	}
	s.settle(r)
}

func (s *suite) settle(r *study.Report) {
	s.Helper()
	if err := r.Settle(s.ctx); err != nil {
		s.Fatalf("Settle: %v", err)
	}
}

// delivered: tasks come in order, whole, and their rows come back; and come again when they are submitted again.
func delivered(s *suite) {
	tasks := []study.Task{NewTask("a", 0, 2), NewTask("a", 2, 7), NewTask("a", 9, 1)}
	for range 2 {
		s.submit(tasks...)
		for _, want := range tasks {
			l := s.take("one")
			if got := l.Task(); !reflect.DeepEqual(got, want) {
				s.Errorf("took %+v, want %+v", got, want)
			}
			s.deliver(l)
			s.measured(want, "one")
		}
	}
	status, err := s.Queue.Status(s.ctx)
	if err != nil || status.Working != 0 || len(status.Dead) != 0 || !slices.ContainsFunc(status.Workers, func(w study.WorkerStatus) bool { return w.Name == "one" }) {
		s.Errorf("at the end %+v, %v", status, err)
	}
}

// failed: a task that fails is delivered again so many times, then is dead, with the error; it is alive when it is submitted again.
func failed(s *suite) {
	task := NewTask("a", 3, 2)
	s.submit(task)
	for range s.Deliveries {
		if err := s.take("one").Fail(s.ctx, errors.New("no such luck")); err != nil {
			s.Fatalf("Fail: %v", err)
		}
	}
	r := s.receive(study.Dead, study.Measured)
	if r.Kind != study.Dead || r.Task() != task.ID() || r.Worker != "one" || !strings.Contains(r.Error, "no such luck") {
		s.Errorf("%+v, want the death of %+v", r, task)
	}
	status, err := s.Queue.Status(s.ctx)
	if err != nil || len(status.Dead) != 1 || !strings.Contains(status.Dead[0].Error, "no such luck") {
		s.Errorf("%+v, %v, want one that is dead", status, err)
	}
	s.settle(r)
	s.submit(task)
	s.deliver(s.take("two"))
	s.measured(task, "two")
}

// abandoned: a task of workers that are not heard of comes to others, and is given up after so many.
func abandoned(s *suite) {
	task := NewTask("a", 0, 1)
	s.submit(task)
	for i := range s.Deliveries {
		s.take(fmt.Sprint("worker ", i))
	}
	if r := s.receive(study.Dead, study.Measured); r.Kind != study.Dead || r.Task() != task.ID() || r.Error == "" {
		s.Errorf("%+v, want the death of %+v", r, task)
	}
}

// extended: a lease that is extended in time stays.
func extended(s *suite) {
	s.submit(NewTask("a", 0, 1))
	l := s.take("one")
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	var other sync.WaitGroup
	other.Go(func() {
		if l, err := s.Worker("two").Take(ctx); err == nil {
			l.Return(s.ctx)
		}
	})
	last := time.Now()
	for end := last.Add(3 * s.Lease); time.Now().Before(end); time.Sleep(s.Lease / 10) {
		err := l.Extend(s.ctx, 50)
		if late := time.Since(last); err != nil && late < s.Lease {
			s.Fatalf("Extend %v after the last: %v", late, err)
		} else if err != nil {
			s.Skipf("this machine is too busy: it did nothing for %v", late)
		}
		last = time.Now()
	}
	cancel()
	other.Wait()
	s.deliver(l)
	s.measured(l.Task(), "one")
}

// lost: who lost a lease is told, and what he delivers all the same is received, beside the rows of the one who has it now.
func lost(s *suite) {
	s.submit(NewTask("a", 0, 4))
	first := s.take("one")
	second := s.take("two") // when the lease of the first is over
	if err := first.Extend(s.ctx, 100); !errors.Is(err, study.ErrLost) {
		s.Errorf("Extend: %v, want ErrLost", err)
	}
	if err := first.Fail(s.ctx, errors.New("late")); !errors.Is(err, study.ErrLost) {
		s.Errorf("Fail: %v, want ErrLost", err)
	}
	s.deliver(first)
	s.measured(first.Task(), "one")
	s.deliver(second)
	s.measured(second.Task(), "two")
}

// not: a task goes to none whom it names.
func not(s *suite) {
	task := NewTask("a", 0, 1)
	task.Check, task.Not = 1, []string{"one", "two"}
	plain := NewTask("a", 1, 1)
	s.submit(task, plain)
	if l := s.take("one"); l.Task().ID() != plain.ID() {
		s.Errorf("one took %+v", l.Task())
	} else {
		s.deliver(l)
		s.measured(plain, "one")
	}
	l := s.take("three")
	s.deliver(l)
	s.measured(task, "three")
}

// banned: a worker that is banned gets no tasks, and what it had goes to others, whatever it was.
func banned(s *suite) {
	s.submit(NewTask("a", 0, 1), NewTask("a", 1, 1))
	s.take("bad")
	if err := s.Queue.Ban(s.ctx, "bad"); err != nil {
		s.Fatal(err)
	}
	if l, err := s.Worker("bad").Take(s.ctx); !errors.Is(err, study.ErrBanned) {
		s.Errorf("Take: %v, %v, want ErrBanned", l, err)
	}
	seen := map[int]bool{}
	for len(seen) < 2 {
		l := s.take("good")
		seen[l.Task().Range.First] = true
		s.deliver(l)
		s.measured(l.Task(), "good")
	}
	status, err := s.Queue.Status(s.ctx)
	if err != nil || !slices.ContainsFunc(status.Workers, func(w study.WorkerStatus) bool { return w.Name == "bad" && w.Banned }) {
		s.Errorf("%+v, %v, want one worker that is banned", status, err)
	}
}

// withdrawn: what nobody has taken of a cell is gone, and other cells are not.
func withdrawn(s *suite) {
	s.submit(NewTask("a", 0, 1), NewTask("a", 1, 1), NewTask("b", 0, 1), NewTask("a", 2, 1))
	l := s.take("one")
	if err := s.Queue.Withdraw(s.ctx, l.Task().Cell.ID); err != nil {
		s.Fatal(err)
	}
	s.deliver(l)
	s.measured(l.Task(), "one")
	if next := s.take("one"); next.Task().Cell.Subject != "b" {
		s.Errorf("took %+v, want the cell that was not withdrawn", next.Task())
	}
}

// returned: a task that is given back is another's, and as good as before however often it was.
func returned(s *suite) {
	task := NewTask("a", 0, 1)
	s.submit(task)
	for i := range 2 * s.Deliveries {
		if err := s.take(fmt.Sprint("worker ", i)).Return(s.ctx); err != nil {
			s.Fatal(err)
		}
	}
	s.deliver(s.take("strong"))
	s.measured(task, "strong")
}

// preferred: a worker gets tasks of the model that it has, while there are any.
func preferred(s *suite) {
	s.submit(NewTask("a", 0, 1), NewTask("b", 0, 1), NewTask("a", 1, 1), NewTask("b", 1, 1))
	one, two := s.take("one"), s.take("two")
	first := []string{one.Task().Cell.Subject, two.Task().Cell.Subject}
	if first[0] == first[1] {
		s.Errorf("both took %s", first[0])
	}
	s.deliver(two)
	s.deliver(one)
	for i, worker := range []string{"one", "two"} {
		l := s.take(worker)
		if got := l.Task().Cell.Subject; got != first[i] {
			s.Errorf("%s took %s after %s", worker, got, first[i])
		}
		s.deliver(l)
	}
}

// cancelled: who waits stops when he is told to.
func cancelled(s *suite) {
	ctx, cancel := context.WithCancel(s.ctx)
	var waiting sync.WaitGroup
	waiting.Go(func() {
		if _, err := s.Worker("one").Take(ctx); !errors.Is(err, context.Canceled) {
			s.Errorf("Take: %v", err)
		}
	})
	waiting.Go(func() {
		if _, err := s.Queue.Receive(ctx); !errors.Is(err, context.Canceled) {
			s.Errorf("Receive: %v", err)
		}
	})
	cancel()
	waiting.Wait()
}

// reopened: the next coordinator receives what the first did not settle, and knows who is banned. Tasks that no worker had are gone until they are
// submitted again; what workers had is delivered.
func reopened(s *suite) {
	if s.Reopen == nil {
		s.Skip("this queue ends with its process")
	}
	first, second, third, fourth := NewTask("a", 0, 1), NewTask("a", 1, 1), NewTask("a", 2, 1), NewTask("a", 3, 1)
	s.submit(first, second, third)
	s.deliver(s.take("one"))
	if r := s.receive(study.Measured, study.Dead); r.Kind != study.Measured || r.Task() != first.ID() {
		s.Errorf("received %+v", r)
	}
	if err := s.Queue.Ban(s.ctx, "bad"); err != nil { // whom nobody has heard of
		s.Fatal(err)
	}
	working := s.take("two")
	if err := s.Queue.Close(); err != nil {
		s.Fatal(err)
	}
	s.Queue = s.Reopen()
	status, err := s.Queue.Status(s.ctx)
	if err != nil || status.Waiting != 0 || !slices.ContainsFunc(status.Workers, func(w study.WorkerStatus) bool { return w.Name == "bad" && w.Banned }) {
		s.Errorf("%+v, %v, want no task, and one worker that is banned", status, err)
	}
	s.measured(first, "one")
	s.submit(fourth)
	if l := s.take("three"); l.Task().ID() != fourth.ID() {
		s.Errorf("took %+v, want what was submitted after the queue was opened again", l.Task())
	} else {
		s.deliver(l)
		s.measured(fourth, "three")
	}
	s.deliver(working)
	s.measured(second, "two")
	s.submit(third)
	s.deliver(s.take("two"))
	s.measured(third, "two")
}

// many: workers that come and go, fail and are lost: every task is measured, none is counted dead that was not.
func many(s *suite) {
	const tasks, workers = 200, 8
	want := map[string]study.Task{}
	var all []study.Task
	for i := range tasks {
		t := NewTask(fmt.Sprint("subject ", i%5), i, 1)
		want[t.ID()], all = t, append(all, t)
	}
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	var group sync.WaitGroup
	for i := range workers {
		name := fmt.Sprint("worker ", i)
		side := s.Worker(name)
		group.Go(func() {
			for {
				l, err := side.Take(ctx)
				if err != nil {
					return
				}
				switch n := rand.IntN(20); {
				case n == 0: // lost
				case n == 1:
					l.Fail(ctx, errors.New("now and then"))
				case n == 2:
					l.Return(ctx)
				default:
					l.Extend(ctx, 10)
					l.Deliver(ctx, Rows(l.Task()), time.Second)
				}
			}
		})
	}
	s.submit(all...)
	for len(want) > 0 {
		r := s.receive(study.Measured, study.Dead)
		s.settle(r)
		t, ok := want[r.Task()]
		switch {
		case r.Kind == study.Dead && ok: // bad luck
			s.submit(t)
		case ok && !reflect.DeepEqual(r.Rows, Rows(t)):
			s.Errorf("rows of %+v: %+v", t, r.Rows)
		}
		if r.Kind == study.Measured {
			delete(want, r.Task())
		}
	}
	cancel()
	group.Wait()
}
