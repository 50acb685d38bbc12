package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"lmz"
	"lmz/internal/hub"
	"lmz/internal/kernels"
	"lmz/internal/lab/measure"
	"lmz/internal/lab/store"
	"lmz/internal/lab/study"
)

// Worker does tasks of whatever studies and files there are, one at a time on all its threads.
type Worker struct {
	Name    string // that no other worker has; "" for one made of the host's
	Threads int    // 0 for all
	Memory  int64  // bytes that it may use: tasks of models that do not fit are left to others; 0 for any
	Cache   string // directory of models and data
	Log     *slog.Logger
	Conn    *Conn

	taker   *taker
	stock   *stock
	lab     measure.Lab
	model   *lmz.Model // that frames were coded by last, and its key
	keyed   string
	counts  counts
	unfit   sync.Map // what this worker cannot do, by job, subject and software
	failing int      // tasks that failed since one was done
	delayed sync.WaitGroup
}

// counts are what a worker has done.
type counts struct {
	begun         time.Time
	tasks, failed atomic.Int64
	rawBytes      atomic.Int64
	busy          atomic.Int64 // ns
	redelivered   atomic.Int64 // tasks that others had before

	mu            sync.Mutex
	rate          float64 // raw bytes a second
	job, of, held string  // held: the subject that it had last, whose model is loaded
	last          time.Time
	lastBytes     int64
	isDraining    bool
}

// Run works until drain ends: then it finishes the task at hand, gives back what else it has taken, and returns nil. When ctx ends it stops at
// once, and returns its cause.
func (w *Worker) Run(ctx, drain context.Context) error {
	c := w.Conn
	w.counts.mu.Lock()
	w.counts.begun, w.counts.last = time.Now(), time.Now()
	w.counts.mu.Unlock()
	if w.Name == "" {
		w.Name = WorkerName()
	}
	if w.Threads == 0 {
		w.Threads = runtime.GOMAXPROCS(0)
	}
	if w.Log == nil {
		w.Log = slog.New(slog.DiscardHandler)
	}
	if w.Memory > 0 { // a soft limit, of Go's memory
		debug.SetMemoryLimit(w.Memory / 10 * 9)
	}
	if err := os.MkdirAll(w.Cache, 0o777); err != nil {
		return fmt.Errorf("cluster: the cache: %w", err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-c.closed:
			cancel(errors.New("cluster: the servers refuse this worker: see its log"))
		case <-ctx.Done():
		}
	}()
	starting := context.AfterFunc(drain, func() { cancel(errDrained) }) // there is nothing to finish yet
	jobs, err := c.watchJobs(ctx)
	if !starting() {
		return nil
	}
	if err != nil {
		return err
	}
	w.stock = newStock(c, w.Cache)
	w.lab.Stock = w.stock
	defer w.lab.Close()
	w.taker = c.newTaker(w.Name, jobs, "")
	w.taker.may = w.may
	w.taker.fits = func(s subject) bool { return w.Memory == 0 || s.Memory <= w.Memory }
	w.taker.can = w.can
	w.taker.holds = func(j *job, key string) bool { return w.stock.has(j.Subjects[key]) }
	if err := w.taker.listen(ctx); err != nil {
		return err
	}
	var telling sync.WaitGroup
	telling.Go(func() { w.tell(ctx) })
	defer telling.Wait()
	defer cancel(nil)
	w.Log.Info("ready", "worker", w.Name, "threads", w.Threads, "kernels", activeKernels(), "version", measure.Release())
	taking, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer context.AfterFunc(drain, func() {
		w.counts.mu.Lock()
		w.counts.isDraining = true
		w.counts.mu.Unlock()
		w.Log.Info("draining: the task at hand is finished, no other is taken")
		stop(errDrained)
	})()
	for {
		d, err := w.taker.take(taking)
		if errors.Is(err, errDrained) {
			break
		}
		if err != nil {
			return err
		}
		w.one(ctx, d)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if w.failing > 0 { // perhaps it is this worker, and not the tasks
			w.taker.returnHeld(ctx)
			sleep(taking, pause(w.failing))
		}
	}
	w.taker.returnHeld(ctx)
	w.delayed.Wait()
	leaving, done := context.WithTimeout(ctx, 2*time.Second)
	defer done()
	if err := c.leave(leaving, w.Name); err != nil {
		w.Log.Debug("leaving", "error", err)
	}
	w.Log.Info("drained", "tasks", w.counts.tasks.Load())
	return nil
}

// pause is how long a worker takes no task after so many that failed, one after another.
func pause(failed int) time.Duration {
	return min(250*time.Millisecond<<min(failed-1, 7), 30*time.Second)
}

// may is mayTake, and whether this worker has not found out that it cannot do such a task.
func (w *Worker) may(d *delivery) bool {
	var t study.Task
	return json.Unmarshal(d.msg.Data(), &t) != nil || t.May(w.Name) && w.isFit(d.job, d.key, t.Cell.Software)
}

// can says whether this worker has not found out that it cannot do a subject's tasks, of the software that they are for now.
func (w *Worker) can(j *job, key string) bool { return w.isFit(j, key, j.Subjects[key].Software) }

// unfitFor has this worker take no more tasks of a subject that are for some software.
func (w *Worker) unfitFor(j *job, key, software string, why error) {
	w.Log.Warn("this worker cannot do tasks of a subject: others may", "subject", j.Subjects[key].Name, "software", software, "error", why)
	w.unfit.Store(j.ID+key+software, true)
}

func (w *Worker) isFit(j *job, key, software string) bool {
	_, unfit := w.unfit.Load(j.ID + key + software)
	return !unfit
}

// errUnfit is the error for a task that this worker cannot do, and others may.
var errUnfit = errors.New("cluster: the task is for other workers")

var errDrained = errors.New("cluster: the worker drains")

// WorkerName is a name that no other worker has: of the host, the process and the time.
func WorkerName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "worker"
	}
	return fmt.Sprintf("%s-%d-%04x", host, os.Getpid(), time.Now().UnixMilli()&0xffff)
}

// one does a task.
func (w *Worker) one(ctx context.Context, d *delivery) {
	begun := time.Now()
	log := w.Log.With("job", d.job.Name, "subject", d.job.Subjects[d.key].Name)
	if d.tries > 1 {
		w.counts.redelivered.Add(1)
	}
	w.counts.at(d.job.Name, d.job.Subjects[d.key].Name)
	defer w.counts.at("", "")
	var rawBytes int64
	var err error
	switch d.job.Kind {
	case studyJob:
		rawBytes, err = w.study(ctx, d)
	case fileJob:
		rawBytes, err = w.frame(ctx, d)
	}
	took := time.Since(begun)
	w.counts.busy.Add(int64(took))
	w.taker.ahead = 1
	switch {
	case ctx.Err() != nil, errors.Is(err, study.ErrLost), errors.Is(err, errEnded), errors.Is(err, errUnfit):
		log.Warn("a task came to nothing", "error", err)
	case err != nil:
		w.failing++
		w.counts.failed.Add(1)
		log.Error("a task failed", "attempt", d.tries, "error", err)
	default:
		w.failing = 0
		w.counts.tasks.Add(1)
		w.counts.rawBytes.Add(rawBytes)
		log.Debug("done", "raw_bytes", rawBytes, "seconds", took.Seconds())
		w.taker.ahead = aheadOf(took)
	}
}

// aheadOf is how many tasks that take so long are taken at a time: half a second of work, so that a worker seldom waits for the network, and at
// the end none has much that others could do.
func aheadOf(took time.Duration) int {
	return max(1, min(64, int(500*time.Millisecond/max(took, time.Millisecond))))
}

// keep extends a lease, and those of tasks that were taken with it, until stop is called.
func (w *Worker) keep(d *delivery, extend func()) (stop func()) {
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(d.job.Lease / 4)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				extend()
				w.taker.extendHeld()
			}
		}
	}()
	return sync.OnceFunc(func() { close(done) })
}

// study measures a range of a study's cell.
func (w *Worker) study(ctx context.Context, d *delivery) (rawBytes int64, err error) {
	l, err := newLease(ctx, d)
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	var done atomic.Int64
	stop := w.keep(d, func() { l.Extend(ctx, done.Load()) })
	defer stop()
	t := l.task.Task
	t.Job.Threads = w.Threads
	w.stock.of(d.job)
	w.model = nil // one model at a time
	rows, err := w.code(ctx, t, func(n int) { done.Add(int64(n)) })
	switch {
	case ctx.Err() != nil:
		return 0, context.Cause(ctx)
	case errors.Is(err, measure.ErrOtherSoftware), errors.As(err, new(*hub.NotCachedError)):
		w.unfitFor(d.job, d.key, t.Cell.Software, err)
		return 0, errors.Join(errUnfit, l.Return(ctx))
	case err != nil:
		return 0, errors.Join(err, l.Fail(ctx, err))
	}
	took := time.Since(begun)
	if took > 100*time.Millisecond {
		return t.RawBytes(t.Range), l.Deliver(ctx, rows, took)
	}
	w.delayed.Go(func() { // the next need not wait for the servers
		if err := l.Deliver(ctx, rows, took); err != nil {
			w.Log.Warn("delivering", "error", err)
		}
	})
	return t.RawBytes(t.Range), nil
}

// code measures a task. A panic, of a bug or a model that is none, fails the task and not the worker.
func (w *Worker) code(ctx context.Context, t measure.Task, progress func(int)) (rows []store.Chunk, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("cluster: panic: %v\n%s", p, firstLines(debug.Stack(), 20))
		}
	}()
	return w.lab.Code(ctx, t, progress)
}

func firstLines(text []byte, n int) string {
	lines := strings.SplitAfterN(string(text), "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "")
}

func (c *counts) at(job, of string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.job, c.of = job, of; of != "" {
		c.held = of
	}
}

// presence is what the worker says of itself now.
func (w *Worker) presence() Presence {
	c := &w.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	now, bytes := time.Now(), c.rawBytes.Load()
	if since := now.Sub(c.last).Seconds(); since > 0.1 {
		const half = 20 // seconds, after which the rate of then counts half
		weight := 1 / (1 + since/half)
		c.rate = weight*c.rate + (1-weight)*float64(bytes-c.lastBytes)/since
		c.last, c.lastBytes = now, bytes
	}
	host, _ := os.Hostname()
	var models []string
	if c.held != "" {
		models = []string{c.held}
	}
	return Presence{Models: models, Name: w.Name, Host: host, Version: measure.Release(), Kernels: activeKernels(), Threads: w.Threads, Memory: w.Memory,
		Job: c.job, Subject: c.of, Begun: c.begun.UTC(), Tasks: c.tasks.Load(), Failed: c.failed.Load(), RawBytes: bytes, Rate: c.rate, Draining: c.isDraining}
}

// tell says that the worker is there, again and again.
func (w *Worker) tell(ctx context.Context) {
	for {
		once, cancel := context.WithTimeout(ctx, attempt)
		if err := w.Conn.announce(once, w.presence()); err != nil && ctx.Err() == nil {
			w.Log.Debug("telling that this worker is there", "error", err)
		}
		cancel()
		if sleep(ctx, presenceEvery) != nil {
			return
		}
	}
}

func activeKernels() string {
	name, _ := kernels.Active()
	return name
}
