package measure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"lmz"
	"lmz/internal/lab/baseline"
	"lmz/internal/lab/dataset"
	"lmz/internal/lab/store"
)

// coder makes the rows of chunks that follow on, the first of which has a number. It tells progress in raw bytes, from several
// goroutines at once.
type coder interface {
	code(ctx context.Context, chunks [][]byte, first int, progress func(rawBytes int)) ([]store.Chunk, error)
}

// Run measures a Job and returns its finished cell. Rows go into the store as they are made: what is there already is not computed
// again, be it all (store.ErrDone is no error here) or the first chunks of an interrupted run. When ctx ends, the
// rows so far are kept. store.ErrBusy is the error when another process is at it.
func (l *Lab) Run(ctx context.Context, s *store.Store, j Job, report func(Progress)) (store.Cell, error) {
	t, err := l.prepare(ctx, j)
	if err != nil {
		return store.Cell{}, err
	}
	cell := t.cell
	data, err := describe(cell.Data, j.Data, t.data)
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
	err = t.rows(ctx, claim, report)
	if err == nil {
		err = t.finish(ctx, s, claim)
	}
	switch {
	case err == nil:
		return s.Cell(ctx, cell.ID)
	case ctx.Err() != nil:
		return cell, errors.Join(context.Cause(ctx), claim.Release())
	case errors.Is(err, errChanged): // the rows are of other data than the cell
		delete(l.identities, j.Data)
		return cell, errors.Join(err, claim.Release(), s.Delete(ctx, cell.ID))
	}
	return cell, errors.Join(err, claim.Fail(context.WithoutCancel(ctx), err))
}

// errChanged is that of data that are not those which were identified.
var errChanged = errors.New("measure: the data changed while they were measured: measure them again")

// rows codes what the claim's cell lacks.
func (t *task) rows(ctx context.Context, claim *store.Claim, report func(Progress)) error {
	c, err := t.coder(ctx)
	if err != nil {
		return err
	}
	set, err := dataset.Open(ctx, t.Data)
	if err != nil {
		return err
	}
	defer set.Close()
	u := t.newUnits(set)
	var telling sync.Mutex // coders tell from several goroutines
	var done int64
	tell := func(first, rawBytes int) {
		telling.Lock()
		defer telling.Unlock()
		done += int64(rawBytes)
		if report != nil {
			report(Progress{Chunks: first, OfChunks: u.count, Bytes: done, OfBytes: t.data.Bytes})
		}
	}
	pace := pace{size: 1}
	for first := 0; ; {
		chunks, err := u.next(pace.size)
		if err != nil {
			return err
		}
		if len(chunks) == 0 {
			if u.read.ID() != t.data.ID {
				return fmt.Errorf("%w: %s", errChanged, t.Data.Source)
			}
			return nil
		}
		if skip := min(claim.Stored()-first, len(chunks)); skip > 0 { // the store has them
			for _, b := range chunks[:skip] {
				done += int64(len(b))
			}
			first, chunks = first+skip, chunks[skip:]
		}
		if len(chunks) == 0 {
			continue
		}
		begun := time.Now()
		rows, err := c.code(ctx, chunks, first, func(n int) { tell(first, n) })
		if err != nil {
			return err
		}
		if err := claim.Append(ctx, rows); err != nil {
			return err
		}
		first += len(rows)
		tell(first, 0)
		pace.took(time.Since(begun))
	}
}

// pace is how many chunks are coded at once: enough to keep all threads busy, few enough that a killed run loses seconds.
type pace struct{ size int }

func (p *pace) took(d time.Duration) {
	if d < 2*time.Second && p.size < 256 {
		p.size *= 2
	}
	if d > 8*time.Second && p.size > 1 {
		p.size /= 2
	}
}

// units are what is coded by itself: chunks, frames, or everything.
type units struct {
	set   *dataset.Set
	read  dataset.Digest
	size  int64 // of a unit in bytes, 0 for one chunk
	count int   // of units
	rest  []byte
	ended bool
}

func (t *task) newUnits(set *dataset.Set) *units {
	u := &units{set: set, read: dataset.NewDigest(), count: t.data.Chunks}
	if t.whole() {
		u.size = t.data.Bytes
		if t.Baseline == "" {
			u.size = lmz.FrameSize
		}
		u.count = int((t.data.Bytes + u.size - 1) / u.size)
	}
	return u
}

// next returns up to n units, none at the end.
func (u *units) next(n int) (list [][]byte, err error) {
	for len(list) < n && !u.ended {
		unit, err := u.one()
		if err != nil {
			return nil, err
		}
		if len(unit) > 0 {
			list = append(list, unit)
		}
	}
	return list, nil
}

func (u *units) one() ([]byte, error) {
	for !u.ended && (u.size == 0 || int64(len(u.rest)) < u.size) {
		chunk, err := u.set.Next()
		if err == io.EOF {
			u.ended = true
			break
		}
		if err != nil {
			return nil, err
		}
		u.read.Add(chunk)
		if u.size == 0 {
			return chunk, nil
		}
		u.rest = append(u.rest, chunk...)
	}
	n := min(int64(len(u.rest)), u.size)
	unit := u.rest[:n:n]
	u.rest = append([]byte(nil), u.rest[n:]...)
	if len(u.rest) > 0 {
		u.ended = false
	}
	return unit, nil
}

// coder is what codes the task's units.
func (t *task) coder(ctx context.Context) (coder, error) {
	p, s := t.protocol, t.subject
	o := options{threads: cmp.Or(t.Threads, runtime.GOMAXPROCS(0)), profile: t.Profile, verified: !t.Unverified}
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
		return &streamCoder{lmz.ModelOf(s.model), lmz.Policy(t.policy()), o}, nil
	}
	return &modelCoder{s.predictor, s.tokenizer, p.context, p.mappingOf(t.data.Kind), t.Data.Seed, o}, nil
}
