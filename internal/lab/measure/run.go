package measure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"lmz"
	"lmz/internal/lab/baseline"
	"lmz/internal/lab/store"
)

// coder makes the rows of chunks that follow on, the first of which has a number. It tells progress in raw bytes, from several
// goroutines at once.
type coder interface {
	code(ctx context.Context, chunks [][]byte, first int, progress func(rawBytes int)) ([]store.Chunk, error)
}

// Run measures a Job and returns its finished cell. Rows go into the store as they are made: what is there already is not computed
// again, be it all (store.ErrDone is no error here) or some chunks of an interrupted run. When ctx ends, the
// rows so far are kept. store.ErrBusy is the error when another process is at it.
func (l *Lab) Run(ctx context.Context, s *store.Store, j Job, report func(Progress)) (store.Cell, error) {
	w, err := l.prepare(ctx, j, specSource{j.Data})
	if err != nil {
		return store.Cell{}, err
	}
	defer l.Close()
	l.last = w
	cell := w.Cell
	data, err := describe(cell.Data, j.Data, w.data.Identity)
	if err != nil {
		return cell, err
	}
	if err := s.PutDataset(ctx, data); err != nil {
		return cell, err
	}
	claim, err := s.Claim(ctx, cell)
	if errors.Is(err, store.ErrDone) {
		known, err := s.Cell(ctx, cell.ID)
		if err == nil {
			known.Result = adjusted(known, j.bytesPerParam())
		}
		return known, err
	}
	if err != nil {
		return cell, err
	}
	err = w.rows(ctx, s, claim, report)
	if err == nil {
		err = Finish(ctx, s, claim, w.Task)
	}
	switch {
	case err == nil:
		return s.Cell(ctx, cell.ID)
	case ctx.Err() != nil:
		return cell, errors.Join(context.Cause(ctx), claim.Release())
	case errors.Is(err, errChanged): // the rows are of other data than the cell
		delete(l.data, w.data.from.key())
		return cell, errors.Join(err, claim.Release(), s.Delete(ctx, cell.ID))
	}
	return cell, errors.Join(err, claim.Fail(context.WithoutCancel(ctx), err))
}

// Code measures a Task and returns its rows, decoded again where the protocol demands it. The rows of a range are the same however its
// cell was split, on every machine. progress tells raw bytes as they are coded, from several goroutines at once; nil for none.
// What the Task is of is found by name or in the Stock, and identified: other data, another subject or another version of lmz
// than the Task's are an error. ErrOtherSoftware and a *hub.NotCachedError are those that another worker may not have.
func (l *Lab) Code(ctx context.Context, t Task, progress func(rawBytes int)) ([]store.Chunk, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	same := t
	same.Range = Range{}
	if l.last == nil || l.last.of != same {
		w, err := l.find(ctx, t)
		if err != nil {
			return nil, err
		}
		w.of = same
		l.last = w
	}
	if progress == nil {
		progress = func(int) {}
	}
	rows, err := l.last.code(ctx, t.Range, progress)
	if errors.Is(err, errChanged) {
		delete(l.data, l.last.data.from.key())
		l.last = nil
	}
	return rows, err
}

// ErrOtherSoftware is the error for a Task that another version of lmz, or of a compressor's program, is to do.
var ErrOtherSoftware = errors.New("measure: the task is for other software")

// find prepares the work of a Task, and checks that it is the Task's.
func (l *Lab) find(ctx context.Context, t Task) (*work, error) {
	j, from := t.Job, origin(specSource{t.Job.Data})
	if l.Stock != nil {
		from = stockSource{l.Stock, t}
		if j.Baseline == "" {
			var err error
			if j.Model, err = l.Stock.Model(ctx, t); err != nil {
				return nil, err
			}
		}
	}
	w, err := l.prepare(ctx, j, from)
	if err != nil {
		return nil, err
	}
	differ := func(what, found, want string) error {
		return fmt.Errorf("measure: the %s of the task is not what is here: found %s, want %s", what, found, want)
	}
	switch {
	case w.Cell.Software != t.Cell.Software:
		return nil, fmt.Errorf("%w: found %s, want %s", ErrOtherSoftware, w.Cell.Software, t.Cell.Software)
	case w.Cell.Data != t.Cell.Data:
		delete(l.data, from.key()) // a stock may get better
		return nil, differ("data", w.Cell.Data, t.Cell.Data)
	case w.Cell.Subject != t.Cell.Subject:
		l.model = nil
		return nil, differ("subject", w.Cell.Subject, t.Cell.Subject)
	case w.Cell.ID != t.Cell.ID || w.Chunks != t.Chunks || w.Bytes != t.Bytes:
		return nil, differ("cell", fmt.Sprintf("%s of %d chunks, %d bytes", w.Cell.ID, w.Chunks, w.Bytes), fmt.Sprintf("%s of %d, %d", t.Cell.ID, t.Chunks, t.Bytes))
	}
	return w, nil
}

// rows codes what the claim's cell lacks.
func (w *work) rows(ctx context.Context, s *store.Store, claim *store.Claim, report func(Progress)) error {
	missing, err := s.Missing(ctx, w.Cell.ID, w.Units())
	if err != nil {
		return err
	}
	var telling sync.Mutex // coders tell from several goroutines
	at := Progress{Chunks: w.Units(), OfChunks: w.Units(), Bytes: w.Bytes, OfBytes: w.Bytes}
	for _, r := range missing {
		at.Chunks -= r.Count
		at.Bytes -= w.RawBytes(r)
	}
	tell := func(chunks, rawBytes int) {
		telling.Lock()
		defer telling.Unlock()
		at.Chunks += chunks
		at.Bytes += int64(rawBytes)
		if report != nil {
			report(at)
		}
	}
	pace := Pace{}
	for _, r := range missing {
		for r.Count > 0 {
			part := Range{First: r.First, Count: min(pace.Chunks(), r.Count)}
			begun := time.Now()
			rows, err := w.code(ctx, part, func(n int) { tell(0, n) })
			if err != nil {
				return err
			}
			if err := claim.Put(ctx, "", rows); err != nil {
				return err
			}
			tell(len(rows), 0)
			pace.Took(part.Count, time.Since(begun))
			r.First, r.Count = part.End(), r.Count-part.Count
		}
	}
	return nil
}

// Pace is how many chunks are coded at once: enough to keep all threads busy, few enough that a killed run loses seconds. The zero value
// begins with one.
type Pace struct{ doublings int }

const mostDoublings = 8

// MaxPace is the most chunks that a Pace has coded at once: no range of a study has more.
const MaxPace = 1 << mostDoublings

// Chunks is how many to code next.
func (p *Pace) Chunks() int { return 1 << p.doublings }

// Took says how long so many chunks took.
func (p *Pace) Took(chunks int, d time.Duration) {
	switch {
	case d < 2*time.Second && chunks >= p.Chunks() && p.doublings < mostDoublings:
		p.doublings++
	case d > 8*time.Second && chunks <= p.Chunks() && p.doublings > 0:
		p.doublings--
	}
}

// code codes a range of the work's units.
func (w *work) code(ctx context.Context, r Range, progress func(int)) (rows []store.Chunk, err error) {
	if w.coder == nil {
		if w.coder, err = w.newCoder(ctx); err != nil {
			return nil, err
		}
	}
	if w.reader == nil {
		w.reader = &reader{source: w.data}
	}
	units := make([][]byte, r.Count)
	for i := range units {
		if w.Cell.Whole {
			from, to := w.span(r.First + i)
			units[i], err = w.reader.bytes(ctx, from, to)
		} else {
			units[i], err = w.reader.chunk(ctx, r.First+i)
		}
		if err != nil {
			return nil, err
		}
	}
	return w.coder.code(ctx, units, r.First, progress)
}

// newCoder is what codes the work's units.
func (w *work) newCoder(ctx context.Context) (coder, error) {
	p, s, j := w.protocol, w.subject, w.Job
	o := options{threads: cmp.Or(j.Threads, runtime.GOMAXPROCS(0)), profile: j.Profile, verified: !j.Unverified}
	switch {
	case s.compressor != nil:
		header := 0
		if p.header == headerOnce {
			var err error
			if header, err = baseline.Header(ctx, s.compressor); err != nil {
				return nil, err
			}
		}
		return &classicalCoder{s.compressor, header, o}, nil
	case p.context == published:
		return &publishedCoder{predictor: s.predictor, tokenizer: s.tokenizer, options: o}, nil
	case p.context == fileBefore:
		if s.model == nil {
			return nil, fmt.Errorf("measure: the uniform model makes no files, want another protocol than %s", p.Name)
		}
		return &streamCoder{lmz.ModelOf(s.model), lmz.Policy(j.policy()), o}, nil
	}
	return &modelCoder{s.predictor, s.tokenizer, p.context, p.mappingOf(w.data.Kind), j.Data.Seed, o}, nil
}
