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
	Describe(context.Context, measure.Job) (store.Cell, store.Dataset, error)
	Run(context.Context, *store.Store, measure.Job, func(measure.Progress)) (store.Cell, error)
}

// request is a line that a worker reads.
type request struct {
	Describe bool        `json:"describe,omitempty"` // say what the cell will be, and do no more
	Job      measure.Job `json:"job"`
}

// reply is a line that a worker writes. Some of a request tell its progress, the one whose End is not "" is its last; an empty one says that
// the worker is alive.
type reply struct {
	Progress *measure.Progress `json:"progress,omitempty"`
	End      ending            `json:"end,omitempty"`
	Error    string            `json:"error,omitempty"` // of a failed request
	Pull     string            `json:"pull,omitempty"`  // the model of the hub that it wanted
	Cell     *store.Cell       `json:"cell,omitempty"`  // that was described
	Dataset  *store.Dataset    `json:"dataset,omitempty"`
}

// ending says how a request ended.
type ending string

const (
	endDone        ending = "done"
	endBusy        ending = "busy" // another process has the cell
	endFailed      ending = "failed"
	endInterrupted ending = "interrupted"
)

const (
	heartbeat    = time.Second            // between lines at most
	progressEach = 200 * time.Millisecond // between lines of progress at least
)

// Serve does requests, JSON lines of in, and writes replies to out, until in ends: then what is at work stops, and the store has
// its rows. s may be nil if requests only describe.
func Serve(ctx context.Context, in io.Reader, out io.Writer, s *store.Store, m Measurer) error {
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
	w := &replies{out: json.NewEncoder(out), cancel: cancel}
	go func() {
		for ctx.Err() == nil {
			w.write(reply{})
			time.Sleep(heartbeat)
		}
	}()
	for {
		select {
		case r := <-requests:
			w.write(w.do(ctx, s, m, r))
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
	out    *json.Encoder
	cancel func() // when nobody reads them
	told   time.Time
}

func (w *replies) write(r reply) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.out.Encode(r); err != nil {
		w.cancel()
	}
}

// progress tells how far a cell is, now and then.
func (w *replies) progress(p measure.Progress) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Since(w.told) < progressEach {
		return
	}
	w.told = time.Now()
	if err := w.out.Encode(reply{Progress: &p}); err != nil {
		w.cancel()
	}
}

func (w *replies) do(ctx context.Context, s *store.Store, m Measurer, r request) reply {
	end := reply{End: endDone}
	var err error
	if r.Describe {
		var c store.Cell
		var d store.Dataset
		c, d, err = m.Describe(ctx, r.Job)
		end.Cell, end.Dataset = &c, &d
	} else {
		_, err = m.Run(ctx, s, r.Job, w.progress)
	}
	if err == nil {
		return end
	}
	end = reply{End: endFailed, Error: err.Error()}
	absent := (*hub.NotCachedError)(nil)
	switch {
	case ctx.Err() != nil:
		end.End = endInterrupted
	case errors.Is(err, store.ErrBusy), errors.Is(err, store.ErrLost):
		end.End = endBusy
	case errors.As(err, &absent):
		end.Pull = absent.Ref.String()
	}
	return end
}
