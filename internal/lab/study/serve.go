package study

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"lmz/internal/hub"
	"lmz/internal/lab/measure"
	"lmz/internal/lab/store"
)

// Measurer is what a worker process measures by: *measure.Lab.
type Measurer interface {
	Describe(context.Context, measure.Job) (measure.Task, store.Dataset, error)
	Code(context.Context, measure.Task, func(rawBytes int)) ([]store.Chunk, error)
}

// request is a line that a worker reads: a Job of which to say what it will be, or a Task to be measured.
type request struct {
	Job  *measure.Job  `json:"job,omitempty"`
	Task *measure.Task `json:"task,omitempty"`
}

// reply is a line that a worker writes. Some of a request tell its progress, the one whose End is not "" is its last; an empty one says that
// the worker is alive.
type reply struct {
	RawBytes int64          `json:"raw_bytes,omitempty"` // coded so far of a Task
	End      ending         `json:"end,omitempty"`
	Error    string         `json:"error,omitempty"` // of a failed request
	Pull     string         `json:"pull,omitempty"`  // the model of the hub that it wanted
	Task     *measure.Task  `json:"task,omitempty"`  // the whole of what was described
	Dataset  *store.Dataset `json:"dataset,omitempty"`
	Rows     []store.Chunk  `json:"rows,omitempty"` // that were measured
}

// ending says how a request ended.
type ending string

const (
	endDone        ending = "done"
	endFailed      ending = "failed"
	endInterrupted ending = "interrupted"
)

const (
	heartbeat    = time.Second            // between lines at most
	progressEach = 200 * time.Millisecond // between lines of progress at least
)

// Serve does requests, JSON lines of in, and writes replies to out, until in ends: then what is at work stops.
func Serve(ctx context.Context, in io.Reader, out io.Writer, m Measurer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	requests, broken := make(chan request), make(chan error, 1)
	go func() {
		defer cancel() // whoever asked is gone
		for lines := json.NewDecoder(in); ; {
			var r request
			if err := lines.Decode(&r); err != nil {
				if err != io.EOF {
					broken <- fmt.Errorf("study: worker: a request that is none: %w", err)
				}
				return
			}
			select {
			case requests <- r:
			case <-ctx.Done():
				return
			}
		}
	}()
	w := &replies{out: out, cancel: cancel}
	go func() {
		for ctx.Err() == nil {
			w.write(reply{})
			time.Sleep(heartbeat)
		}
	}()
	for {
		select {
		case r := <-requests:
			w.write(w.do(ctx, m, r))
		case <-ctx.Done():
			select {
			case err := <-broken:
				return err
			default:
				return nil
			}
		}
	}
}

// replies writes lines, from several goroutines.
type replies struct {
	mu     sync.Mutex
	out    io.Writer
	cancel func() // when nobody reads them
	told   time.Time
	done   int64 // raw bytes of the task
}

func (w *replies) write(r reply) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.line(r)
}

func (w *replies) line(r reply) {
	line, err := json.Marshal(r)
	if err != nil { // a row that is no number
		line, _ = json.Marshal(reply{End: endFailed, Error: "study: worker: " + err.Error()})
	}
	if _, err := w.out.Write(append(line, '\n')); err != nil {
		w.cancel()
	}
}

// progress tells how far a task is, now and then.
func (w *replies) progress(rawBytes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done += int64(rawBytes)
	if time.Since(w.told) < progressEach {
		return
	}
	w.told = time.Now()
	w.line(reply{RawBytes: w.done})
}

func (w *replies) do(ctx context.Context, m Measurer, r request) reply {
	end := reply{End: endDone}
	var err error
	switch {
	case r.Job != nil:
		var t measure.Task
		var d store.Dataset
		t, d, err = m.Describe(ctx, *r.Job)
		end.Task, end.Dataset = &t, &d
	case r.Task != nil:
		w.mu.Lock()
		w.done = 0
		w.mu.Unlock()
		end.Rows, err = m.Code(ctx, *r.Task, w.progress)
	default:
		err = errors.New("study: worker: a request for nothing")
	}
	if err == nil {
		return end
	}
	end = reply{End: endFailed, Error: err.Error()}
	absent := (*hub.NotCachedError)(nil)
	switch {
	case ctx.Err() != nil:
		end.End = endInterrupted
	case errors.As(err, &absent):
		end.Pull = absent.Ref.String()
	}
	return end
}
