package study

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"

	"lmz/internal/lab/dataset"
	"lmz/internal/lab/measure"
	"lmz/internal/lab/store"
)

const (
	attempts   = 2               // of a range by worker processes of this machine
	askForBusy = time.Second / 2 // between looks at a cell that another process has
)

// Supervisor has the cells of a plan measured: by worker processes that it starts, or by whoever takes its tasks from a queue.
type Supervisor struct {
	Plan    *Plan
	Command func() *exec.Cmd // that runs Serve on its standard input and output
	Store   *store.Store     // nil if nothing is stored yet, and nothing will be measured
	Workers int              // processes, 0 for one
	Memory  Size             // of a worker, 0 for three quarters of what is free, shared among them

	// Queue, if not nil, is where tasks go, and no processes are started to measure them. Workers is then how many subjects are at
	// work at once, and Ahead how many tasks are in the queue at once.
	Queue Queue
	Ahead int // 0 for a few a worker

	// Check has one in so many ranges measured by a second worker, 0 none; CheckWait is how long a cell waits for that when all
	// else of it is done, 0 for a minute. Noticed, if not nil, is told in a sentence what came out that somebody should know.
	Check     int
	CheckWait time.Duration
	Noticed   func(string)

	// Changed, if not nil, is called when a cell comes into another state, by one goroutine at a time.
	Changed func(*Cell)

	mu      sync.Mutex
	running map[*Cell]*pace
	paces   paces
	share   Size // of the memory, for a worker; 0 until it is known

	silence time.Duration // of a worker, 0 for the constant: tests are less patient
}

func (s *Supervisor) start() (*worker, error) {
	s.mu.Lock()
	if s.share == 0 { // once: workers take from what is free
		s.share = cmp.Or(s.Memory, Size(free()/4*3/int64(max(s.Workers, 1))))
	}
	memory := s.share
	s.mu.Unlock()
	return startWorker(s.Command(), memory, cmp.Or(s.silence, silence))
}

// Look finds out what each cell of the plan is and whether the store has it. It needs the data and the models; what is
// not there makes cells Missing. The error is that of ctx, or of the store. looked, if not nil, is called with how
// many cells of how many it has come to.
func (s *Supervisor) Look(ctx context.Context, looked func(done, of int)) error {
	l := looker{supervisor: s, dead: map[string]error{}}
	defer l.stop()
	absent, checked := map[dataset.Spec]error{}, map[string]bool{}
	for i, c := range s.Plan.Cells {
		if looked != nil {
			looked(i, len(s.Plan.Cells))
		}
		problem, known := absent[c.Job.Data]
		if !known {
			// Data alone first, so that one look tells all that is missing, of data and of subjects.
			_, problem = l.describe(ctx, "", measure.Job{Model: "uniform", Data: c.Job.Data})
			absent[c.Job.Data] = problem
		}
		if problem != nil {
			c.State, c.Problem = Missing, problem.Error()
			if !checked[c.subject()] {
				checked[c.subject()] = true
				l.checkSubject(ctx, c)
			}
		} else if r, err := l.describe(ctx, c.subject(), c.Job); err != nil {
			c.State, c.Problem, c.Pull = Missing, err.Error(), r.Pull
		} else {
			checked[c.subject()] = true
			c.Task, c.Record, c.Dataset, c.Chunks, c.Bytes, c.State = *r.Task, r.Task.Cell, *r.Dataset, r.Dataset.Chunks, r.Dataset.Bytes, ToDo
			if err := s.recall(ctx, c); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	s.Plan.order()
	return s.learn(ctx)
}

// looker asks a worker process what cells are.
type looker struct {
	supervisor *Supervisor
	worker     *worker
	dead       map[string]error // subjects at which a worker died, of a model that takes too much memory say
}

func (l *looker) stop() {
	if l.worker != nil {
		l.worker.stop()
		l.worker = nil
	}
}

func (l *looker) describe(ctx context.Context, subject string, j measure.Job) (r reply, err error) {
	if err := l.dead[subject]; err != nil {
		return reply{}, err
	}
	if l.worker == nil {
		if l.worker, err = l.supervisor.start(); err != nil {
			return reply{}, err
		}
	}
	r, err = l.worker.do(ctx, request{Job: &j}, nil)
	if death := (*deathError)(nil); errors.As(err, &death) {
		l.stop()
		if subject != "" {
			l.dead[subject] = err
		}
	}
	return r, err
}

// checkSubject says in a cell without data what is wrong with its subject too.
func (l *looker) checkSubject(ctx context.Context, c *Cell) {
	r, problem := l.describe(ctx, c.subject(), measure.Job{Baseline: c.Job.Baseline, Model: c.Job.Model, Precision: c.Job.Precision,
		Data: dataset.Spec{Source: string(dataset.Random), Kind: dataset.Random, Chunk: 1, Count: 1}})
	if problem != nil {
		c.Subject, c.Pull = problem.Error(), r.Pull
	}
}

// recall says what the store knows of a cell.
func (s *Supervisor) recall(ctx context.Context, c *Cell) error {
	if s.Store == nil {
		return nil
	}
	known, err := s.Store.Cell(ctx, c.Record.ID)
	switch {
	case errors.Is(err, store.ErrMissing):
	case err != nil:
		return err
	case known.Status == store.Done:
		c.Record, c.State, c.Stored = known, Done, true
	case known.Status == store.Failed:
		c.State, c.Stored, c.Problem = Failed, true, known.Error
	}
	return nil
}

// Run measures the cells that are ToDo. The error is that of ctx, or of the store; a cell that fails is in the state Failed, after
// a second attempt, and the others go on.
func (s *Supervisor) Run(ctx context.Context) error {
	s.mu.Lock()
	s.running = map[*Cell]*pace{}
	s.mu.Unlock()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var group sync.WaitGroup
	q := s.Queue
	if q == nil {
		local := NewLocal(attempts, 2*cmp.Or(s.silence, silence)) // a silent process is killed before
		defer local.Close()
		q = local
		host, err := os.Hostname()
		if err != nil {
			host = "worker"
		}
		var left atomic.Int64
		left.Store(int64(max(s.Workers, 1)))
		for i := range max(s.Workers, 1) {
			tasks := local.Worker(fmt.Sprintf("%s %d", host, i+1))
			group.Go(func() {
				err := s.work(ctx, tasks)
				if left.Add(-1) == 0 && err == nil {
					err = errors.New("study: all workers are banned: this machine does not compute the same twice")
				}
				if err != nil {
					cancel(err)
				}
			})
		}
	}
	err := s.coordinate(ctx, q)
	cancel(err)
	group.Wait()
	return err
}

// set brings a cell into a state.
func (s *Supervisor) set(c *Cell, state State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.running[c]; p != nil {
		s.paces.add(c, p)
		delete(s.running, c)
	}
	if c.State = state; state == Running {
		s.running[c] = newPace()
	}
	if s.Changed != nil {
		s.Changed(c)
	}
}

func (s *Supervisor) notice(format string, args ...any) {
	if s.Noticed != nil {
		s.Noticed(fmt.Sprintf(format, args...))
	}
}
