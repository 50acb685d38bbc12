package study

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"lmz/internal/lab/measure"
	"lmz/internal/lab/store"
)

// Queue is the coordinator's side of a queue: tasks go in, reports come out. Tasks is the workers' side. There are two queues, the local one
// for worker processes of this machine (NewLocal), and the one of a cluster; package queuetest holds what both do.
//
// A queue promises to bring a task to a worker at least once after each Submit, again when the worker that has it is not heard of for
// a time (the lease), and to give up after a bounded number of deliveries. It does not promise to bring it once only: rows of a range are
// the same whoever measures them, and the store takes them in once.
//
// Methods may be called from several goroutines. Each returns the error of ctx when that ends.
type Queue interface {
	// Submit puts tasks into the queue, in this order. One that waits or is at work already (by its ID) may be there once or twice
	// then; one whose report was settled comes again.
	Submit(ctx context.Context, tasks ...Task) error

	// Withdraw takes the tasks of a cell out that no worker has taken. What workers have goes on, and is reported.
	Withdraw(ctx context.Context, cell string) error

	// Receive waits for the next report. Measured and Dead ones that were not settled come again, to the next coordinator
	// at the latest; Retried and Progress may be lost.
	Receive(ctx context.Context) (*Report, error)

	// Ban has a worker, by its name, be given no more tasks. What it has, and what it delivers all the same, is the coordinator's to
	// ignore; its leases go to others.
	Ban(ctx context.Context, worker string) error

	// Status is what is known of the queue now.
	Status(ctx context.Context) (Status, error)

	// Close ends the coordinator's use of the queue. Of a queue that outlives the process, workers go on with the tasks until another coordinator
	// opens it. That finds reports that were not settled, and who is banned; it submits anew what it lacks, for the tasks that waited are gone.
	Close() error
}

// Tasks is a worker's side of a queue. A worker has a name that no other has.
type Tasks interface {
	// Take waits for a task: one of the subject that this worker had last if there is any, else one of a subject that no other worker has,
	// else the first. None has this worker's name in Not. ErrBanned is the error of a worker that is given no more.
	Take(ctx context.Context) (Lease, error)
}

// Lease is a task in a worker's hands. It lasts a time that the queue knows, from the last call of Extend. Each of Deliver, Fail and Return
// ends it; ErrLost from any says that the queue took the task away before.
type Lease interface {
	Task() Task

	// Extend says that the worker is alive and has coded so many of the range's raw bytes. It is called at least three times a lease; from
	// several goroutines perhaps.
	Extend(ctx context.Context, rawBytes int64) error

	// Deliver hands the rows in, and how long they took. A lease that was lost delivers all the same: the rows are as good.
	Deliver(ctx context.Context, rows []store.Chunk, took time.Duration) error

	// Fail says why the task could not be measured. The queue delivers it again, and reports it Retried; or, if that was its last delivery, Dead.
	Fail(ctx context.Context, reason error) error

	// Return gives the task back untouched, for another worker: this one drains, or the model does not fit its memory. It does not count as a
	// delivery. Another worker is preferred to this one.
	Return(ctx context.Context) error
}

var (
	// ErrLost is a Lease's error after the queue has given its task to another worker.
	ErrLost = errors.New("study: the task was given to another worker: nothing was heard of this one")
	// ErrBanned is the error of Take for a worker whose rows were wrong.
	ErrBanned = errors.New("study: this worker is banned: its rows were not those of other workers")
)

// Task is a range of a cell in a queue.
type Task struct {
	measure.Task
	Check int      `json:"check,omitempty"` // 0 to be measured; 1, 2, ... to be measured again by another worker, and compared
	Not   []string `json:"not,omitempty"`   // names of workers that it must not go to
}

// ID names the task by its content: its cell, its range, and which check it is.
func (t Task) ID() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %d %d", t.Cell.ID, t.Range.First, t.Range.Count, t.Check))
	return hex.EncodeToString(sum[:])
}

// May says whether a worker may have the task.
func (t Task) May(worker string) bool { return !slices.Contains(t.Not, worker) }

// Report says what became of a task. Of what it holds nothing is believed: it may come from anywhere.
type Report struct {
	Kind   ReportKind    `json:"kind"`
	Cell   string        `json:"cell"`
	Range  measure.Range `json:"range"`
	Check  int           `json:"check,omitempty"`
	Worker string        `json:"worker"`

	Rows     []store.Chunk `json:"rows,omitempty"`     // Measured: one for each unit of the range, in order
	Identity string        `json:"identity,omitempty"` // Measured: store.Identity of the rows, as the worker computed it
	Seconds  float64       `json:"seconds,omitempty"`  // Measured: that the worker took
	Software string        `json:"software,omitempty"` // Measured: what measured them, as the task's cell wants it

	RawBytes int64  `json:"raw_bytes,omitempty"` // Progress: coded so far of the range
	Error    string `json:"error,omitempty"`     // Retried and Dead: why

	settle func(context.Context) error
}

// ReportKind says which fields of a Report are set.
type ReportKind string

const (
	Progress ReportKind = "progress"
	Measured ReportKind = "measured" // to be settled
	Retried  ReportKind = "retried"  // it failed, and is delivered again
	Dead     ReportKind = "dead"     // it failed for the last time; to be settled
)

// Task is the ID of the report's task.
func (r *Report) Task() string {
	return Task{Task: measure.Task{Cell: store.Cell{ID: r.Cell}, Range: r.Range}, Check: r.Check}.ID()
}

// OnSettle is for queues: Settle calls it.
func (r *Report) OnSettle(settle func(context.Context) error) { r.settle = settle }

// Settle says that the report was dealt with, and does not come again.
func (r *Report) Settle(ctx context.Context) error {
	if r.settle == nil {
		return nil
	}
	return r.settle(ctx)
}

// NewReport is the report of a worker that measured a task.
func NewReport(t Task, worker string, rows []store.Chunk, took time.Duration) *Report {
	return &Report{Kind: Measured, Cell: t.Cell.ID, Range: t.Range, Check: t.Check, Worker: worker, Rows: rows,
		Identity: store.Identity(t.Cell.ID, rows), Seconds: took.Seconds(), Software: t.Cell.Software}
}

// ParseReport reads a report that anybody may have written, in no more memory than some times its bytes. Where it has more than a worker tells, the rest is left out: the
// coordinator refuses such rows, and has the task done again.
func ParseReport(data []byte) (*Report, error) {
	var p struct {
		Report
		Rows [measure.MaxPace + 1]*parsedRow `json:"rows"` // JSON leaves out what an array has no room for
	}
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, fmt.Errorf("study: a report: %w", err)
	}
	r := &p.Report
	for _, row := range p.Rows {
		if row == nil {
			break
		}
		row.Chunk.Profile = row.Profile
		r.Rows = append(r.Rows, row.Chunk)
	}
	r.Worker = r.Worker[:min(len(r.Worker), MaxWorkerName+1)]
	r.Error = r.Error[:min(len(r.Error), maxError)]
	return r, nil
}

const maxError = 4096 // bytes of why a task failed

// parsedRow is a row of a report.
type parsedRow struct {
	store.Chunk
	Profile parsedProfile `json:"profile"`
}

type parsedProfile []store.Token

// UnmarshalJSON leaves a profile out whose tokens have fewer bytes than a worker writes: it would take more memory than it has bytes.
func (p *parsedProfile) UnmarshalJSON(data []byte) error {
	if bytes.Count(data, []byte("{")) > len(data)/len(`{"size":1,"bits":1}`) {
		return nil
	}
	return json.Unmarshal(data, (*[]store.Token)(p))
}

// Status is where a queue stands.
type Status struct {
	Waiting int // tasks that no worker has
	Working int // tasks at work
	Workers []WorkerStatus
	Dead    []*Report // what was given up and not settled
}

// WorkerStatus is what a queue knows of a worker. Those that were not seen for long are left out.
type WorkerStatus struct {
	Name    string
	Banned  bool
	Subject string    // Cell.Subject of the task that it had last, "" for none
	Seen    time.Time // when it was last heard of
}
