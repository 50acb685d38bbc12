package study

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"sync"
	"time"

	"lmz/internal/lab/dataset"
	"lmz/internal/lab/measure"
	"lmz/internal/lab/store"
)

const (
	attempts   = 2               // of a cell in a run
	askForBusy = time.Second / 2 // between looks at a cell that another process has
)

// Supervisor has worker processes measure the cells of a plan.
type Supervisor struct {
	Plan    *Plan
	Command func() *exec.Cmd // that runs Serve on its standard input and output
	Store   *store.Store     // nil if nothing is stored yet, and nothing will be measured
	Workers int              // processes, 0 for one
	Memory  Size             // of a worker, 0 for three quarters of what is free, shared among them

	// Changed, if not nil, is called when a cell comes into another state, by one goroutine at a time.
	Changed func(*Cell)

	mu      sync.Mutex
	queue   []*Cell // to do, in order
	waiting []*Cell // that other processes have
	running map[*Cell]*pace
	paces   paces
	idle    *sync.Cond
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
			c.Record, c.Chunks, c.Bytes, c.State = *r.Cell, r.Dataset.Chunks, r.Dataset.Bytes, ToDo
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
	r, err = l.worker.do(ctx, request{Describe: true, Job: j}, nil)
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
	s.idle, s.running = sync.NewCond(&s.mu), map[*Cell]*pace{}
	for _, c := range s.Plan.Cells {
		if c.State == ToDo {
			s.queue = append(s.queue, c)
		}
	}
	s.mu.Unlock()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(ctx, s.wake)()
	var group sync.WaitGroup
	for range max(s.Workers, 1) {
		group.Go(func() {
			if err := s.work(ctx); err != nil {
				cancel(err)
			}
		})
	}
	group.Wait()
	return context.Cause(ctx)
}

func (s *Supervisor) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle.Broadcast()
}

// work keeps one worker process busy until there is nothing left.
func (s *Supervisor) work(ctx context.Context) error {
	var w *worker
	defer func() {
		if w != nil {
			w.stop()
		}
	}()
	last := ""
	for {
		c := s.next(ctx, last)
		if c == nil {
			return context.Cause(ctx)
		}
		last = c.subject()
		if done, err := s.doneElsewhere(ctx, c); err != nil || done {
			if err != nil {
				return err
			}
			continue
		}
		if w == nil {
			var err error
			if w, err = s.start(); err != nil {
				return err
			}
		}
		job := c.Job
		job.Threads = s.threads(c)
		r, err := w.do(ctx, request{Job: job}, func(p measure.Progress) { s.progress(c, p) })
		if ctx.Err() != nil {
			w = nil // it has stopped
			s.set(c, ToDo)
			return context.Cause(ctx)
		}
		if death := (*deathError)(nil); errors.As(err, &death) {
			w.stop()
			w = nil
			if err := s.writeDown(ctx, c, err); err != nil {
				return err
			}
		}
		switch {
		case err != nil:
			s.failed(c, err)
		case r.End == endBusy:
			s.set(c, Waiting)
		default:
			record, err := s.Store.Cell(ctx, c.Record.ID)
			switch {
			case errors.Is(err, store.ErrMissing): // it measured another cell
				s.failed(c, errors.New("the data or the subject changed after they were looked at: run the study again"))
			case err != nil:
				return err
			default:
				s.done(c, record)
			}
		}
	}
}

// next takes a cell to be done, of the same subject as the last if there is one, else of one that no other worker has. It waits while
// others may still fail and come back, or are with other processes. It is nil when there is nothing left, or ctx ended.
func (s *Supervisor) next(ctx context.Context, last string) *Cell {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ctx.Err() == nil {
		if len(s.queue) > 0 {
			i := slices.IndexFunc(s.queue, func(c *Cell) bool { return c.subject() == last })
			if i < 0 {
				i = max(0, slices.IndexFunc(s.queue, func(c *Cell) bool { return !s.taken(c.subject()) }))
			}
			c := s.queue[i]
			s.queue = slices.Delete(s.queue, i, i+1)
			s.setLocked(c, Running)
			return c
		}
		if len(s.waiting) > 0 {
			c := s.waiting[0]
			s.waiting = s.waiting[1:]
			s.mu.Unlock()
			select {
			case <-time.After(askForBusy):
			case <-ctx.Done():
			}
			free := ctx.Err() == nil && s.free(ctx, c)
			s.mu.Lock()
			if free {
				s.setLocked(c, Running)
				return c
			}
			s.waiting = append(s.waiting, c)
			continue
		}
		if len(s.running) == 0 {
			return nil
		}
		s.idle.Wait()
	}
	return nil
}

// taken says whether a worker has a cell of a subject.
func (s *Supervisor) taken(subject string) bool {
	for c := range s.running {
		if c.subject() == subject {
			return true
		}
	}
	return false
}

// free says whether no other process has a cell any more.
func (s *Supervisor) free(ctx context.Context, c *Cell) bool {
	claim, err := s.Store.Claim(ctx, c.Record)
	if err == nil {
		claim.Release()
	}
	return !errors.Is(err, store.ErrBusy) // other errors the worker will meet again, and say
}

// doneElsewhere says whether another process has finished the cell since the plan was made.
func (s *Supervisor) doneElsewhere(ctx context.Context, c *Cell) (bool, error) {
	known, err := s.Store.Cell(ctx, c.Record.ID)
	if errors.Is(err, store.ErrMissing) || err == nil && known.Status != store.Done {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	s.done(c, known)
	return true, nil
}

// writeDown puts the failure into the store that a worker could not, because it died.
func (s *Supervisor) writeDown(ctx context.Context, c *Cell, reason error) error {
	claim, err := s.Store.Claim(ctx, c.Record)
	if errors.Is(err, store.ErrBusy) || errors.Is(err, store.ErrDone) {
		return nil // the lease of the dead is not known to be void: nothing is lost, the cell is not done
	}
	if err != nil {
		return err
	}
	return claim.Fail(ctx, reason)
}

// failed has a cell tried again, or gives it up.
func (s *Supervisor) failed(c *Cell, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.attempts++
	c.Problem = err.Error()
	if c.attempts < attempts {
		s.setLocked(c, ToDo)
		return
	}
	c.Problem = fmt.Sprintf("%v (attempt %d of %d)", err, c.attempts, attempts)
	s.setLocked(c, Failed)
}

// done brings a cell with its result into the state Done.
func (s *Supervisor) done(c *Cell, record store.Cell) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Record = record
	s.setLocked(c, Done)
}

func (s *Supervisor) set(c *Cell, state State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setLocked(c, state)
}

// setLocked brings a cell into a state. One that is to be done comes back last.
func (s *Supervisor) setLocked(c *Cell, state State) {
	if p := s.running[c]; p != nil {
		s.paces.add(c, p)
		delete(s.running, c)
	}
	switch c.State = state; state {
	case Running:
		s.running[c] = newPace()
	case ToDo:
		s.queue = append(s.queue, c)
	case Waiting:
		s.waiting = append(s.waiting, c)
	}
	s.idle.Broadcast()
	if s.Changed != nil {
		s.Changed(c)
	}
}
