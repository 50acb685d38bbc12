package study

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"lmz/internal/lab/measure"
	"lmz/internal/lab/store"
)

const (
	aheadOfWorker = 4       // tasks in the queue for each worker: it need not wait for the next
	profileBytes  = 1 << 19 // of a report, about, where the code length of each token is kept
	tokenBytes    = 32      // in a report, of a token
)

// coordinator feeds a queue with what the store lacks of a plan's cells, and takes in what comes back. It has the claims of the cells that are
// open: no other process measures them. All is done by one goroutine.
type coordinator struct {
	*Supervisor
	queue   Queue
	todo    []*Cell // in order
	waiting []*Cell // that other processes have
	open    []*openCell
	refused map[string]int    // results of a worker that were none
	banned  map[string]string // workers, and why
	checks  checks
	kept    map[string]*Report // rows of cells that wait, by their tasks and workers; not settled
	keeps   int                // bytes of those, about
}

// openCell is a cell that is being measured.
type openCell struct {
	cell    *Cell
	claim   *store.Claim
	missing []measure.Range  // not in the queue yet
	pending map[string]Task  // in the queue, by their IDs
	done    map[string]int64 // raw bytes of those at work
	at      measure.Progress // of what is stored
	pace    measure.Pace
	checks  []*check
	late    time.Time // when its checks were all that it waited for, zero before
}

func (s *Supervisor) coordinate(ctx context.Context, q Queue) (err error) {
	co := &coordinator{Supervisor: s, queue: q, refused: map[string]int{}, banned: map[string]string{}, kept: map[string]*Report{}}
	for _, c := range s.Plan.Cells {
		if c.State == ToDo {
			co.todo = append(co.todo, c)
		}
	}
	if err := co.recallBans(ctx); err != nil {
		return stopped(ctx, err)
	}
	defer func() {
		for _, o := range co.open {
			err = errors.Join(err, o.claim.Release())
			s.set(o.cell, ToDo)
		}
	}()
	receiving, stop := context.WithCancel(ctx)
	defer stop()
	reports, broken := make(chan *Report), make(chan error, 1)
	go func() {
		for {
			r, err := q.Receive(receiving)
			if err != nil {
				broken <- err
				return
			}
			select {
			case reports <- r:
			case <-receiving.Done():
				return
			}
		}
	}()
	tick := time.NewTicker(askForBusy)
	defer tick.Stop()
	for {
		if err := co.feed(ctx); err != nil {
			return stopped(ctx, err)
		}
		if len(co.open)+len(co.todo)+len(co.waiting) == 0 {
			if n := co.checks; n.agreed+n.notMade > 0 {
				co.notice("%d ranges were measured by a second worker, and were the same; %d were to be, and were not", n.agreed, n.notMade)
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case err := <-broken:
			return err
		case r := <-reports:
			err = co.take(ctx, r)
		case <-tick.C:
			err = co.look(ctx)
		}
		if err != nil {
			return stopped(ctx, err)
		}
	}
}

// stopped is why ctx ended, if it did: what was at work then fails in many words.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// look tries the cells that other processes had, takes in the rows that waited for them, and gives up checks that nobody makes.
func (co *coordinator) look(ctx context.Context) error {
	waiting := co.waiting
	co.waiting = nil
	for _, c := range waiting {
		if err := co.begin(ctx, c); err != nil {
			return err
		}
	}
	for key, r := range co.kept {
		if co.waits(r.Cell) {
			continue
		}
		delete(co.kept, key)
		co.keeps -= r.size()
		if err := co.take(ctx, r); err != nil {
			return err
		}
	}
	for _, o := range slices.Clone(co.open) {
		if err := co.conclude(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// feed fills the queue: first a little of as many subjects as there are workers, then of what there is.
func (co *coordinator) feed(ctx context.Context) error {
	workers := max(co.Workers, 1)
	ahead := cmp.Or(co.Ahead, aheadOfWorker*workers)
	for {
		var tasks []Task
		room := ahead
		for _, o := range co.open {
			room -= o.measuring()
		}
		for _, o := range co.open {
			n := room
			if len(co.todo) > 0 {
				n = min(room, ahead/workers-o.measuring())
			}
			cut := co.cut(o, n)
			room -= len(cut)
			tasks = append(tasks, cut...)
		}
		if len(tasks) > 0 {
			if err := co.queue.Submit(ctx, tasks...); err != nil {
				return err
			}
		}
		if room <= 0 || len(co.todo) == 0 {
			return nil
		}
		if err := co.begin(ctx, co.next(workers)); err != nil {
			return err
		}
	}
}

// measuring is how many tasks of a cell are in the queue, those of checks apart: they may have to wait for another worker, and keep nobody from measuring.
func (o *openCell) measuring() (n int) {
	for _, t := range o.pending {
		if t.Check == 0 {
			n++
		}
	}
	return n
}

// next takes the cell to be opened next: of a subject that is open, unless there are workers for more.
func (co *coordinator) next(workers int) *Cell {
	subjects := map[string]bool{}
	for _, o := range co.open {
		subjects[o.cell.subject()] = true
	}
	wanted := len(subjects) >= workers
	i := max(0, slices.IndexFunc(co.todo, func(c *Cell) bool { return subjects[c.subject()] == wanted }))
	c := co.todo[i]
	co.todo = slices.Delete(co.todo, i, i+1)
	return c
}

// begin opens a cell, unless it is done, or another process has it.
func (co *coordinator) begin(ctx context.Context, c *Cell) error {
	if err := co.Store.PutDataset(ctx, c.Dataset); err != nil {
		return err
	}
	claim, err := co.Store.Claim(ctx, c.Task.Cell)
	switch {
	case errors.Is(err, store.ErrDone):
		return co.done(ctx, c)
	case errors.Is(err, store.ErrBusy):
		if c.State != Waiting {
			co.set(c, Waiting)
		}
		co.waiting = append(co.waiting, c)
		return nil
	case err != nil:
		return err
	}
	o := &openCell{cell: c, claim: claim, pending: map[string]Task{}, done: map[string]int64{}}
	co.open = append(co.open, o)
	co.set(c, Running)
	for worker := range co.banned { // its rows may have come while another process had the cell
		if err := co.discard(ctx, worker); err != nil {
			return err
		}
	}
	if err := co.count(ctx, o); err != nil {
		return err
	}
	if err := co.outstanding(ctx, o, measure.Range{Count: c.Task.Units()}); err != nil {
		return err
	}
	return co.conclude(ctx, o)
}

// count finds out what an open cell lacks, beside what is in the queue.
func (co *coordinator) count(ctx context.Context, o *openCell) error {
	t := o.cell.Task
	missing, err := co.Store.Missing(ctx, t.Cell.ID, t.Units())
	if err != nil {
		return err
	}
	o.at = measure.Progress{Chunks: t.Units(), OfChunks: t.Units(), Bytes: t.Bytes, OfBytes: t.Bytes}
	for _, r := range missing {
		o.at.Chunks -= r.Count
		o.at.Bytes -= t.RawBytes(r)
	}
	for _, task := range o.pending {
		if task.Check == 0 {
			missing = without(missing, task.Range)
		}
	}
	o.missing = missing
	return nil
}

// without takes a range out of others.
func without(list []measure.Range, gone measure.Range) (rest []measure.Range) {
	for _, r := range list {
		for _, part := range [][2]int{{r.First, min(r.End(), gone.First)}, {max(r.First, gone.End()), r.End()}} {
			if part[0] < part[1] {
				rest = append(rest, measure.Range{First: part[0], Count: part[1] - part[0]})
			}
		}
	}
	return rest
}

// cut takes up to n tasks off an open cell.
func (co *coordinator) cut(o *openCell, n int) (tasks []Task) {
	most := o.pace.Chunks()
	if o.cell.Task.Job.Profile {
		unit := o.cell.Task.RawBytes(measure.Range{Count: 1})
		most = min(most, max(1, int(profileBytes/(tokenBytes*max(unit, 1)))))
	}
	for len(tasks) < n && len(o.missing) > 0 {
		r := o.missing[0]
		count := min(most, r.Count)
		if o.missing[0] = (measure.Range{First: r.First + count, Count: r.Count - count}); count == r.Count {
			o.missing = o.missing[1:]
		}
		tasks = append(tasks, co.task(o, measure.Range{First: r.First, Count: count}, 0, nil))
	}
	return tasks
}

// task makes a task of an open cell, which is pending then.
func (co *coordinator) task(o *openCell, r measure.Range, check int, not []string) Task {
	t := Task{Task: o.cell.Task, Check: check, Not: not}
	t.Range = r
	if co.Queue == nil {
		t.Job.Threads = co.threads(o.cell)
	}
	o.pending[t.ID()] = t
	return t
}

// take deals with a report.
func (co *coordinator) take(ctx context.Context, r *Report) error {
	i := slices.IndexFunc(co.open, func(o *openCell) bool { return o.cell.Task.Cell.ID == r.Cell })
	if i < 0 {
		return co.early(ctx, r)
	}
	o := co.open[i]
	t, known := o.pending[r.Task()]
	switch {
	case r.Kind == Progress:
		if known && r.RawBytes >= 0 && r.RawBytes <= t.Task.RawBytes(t.Range) && t.Check == 0 {
			o.done[r.Task()] = r.RawBytes
			co.progress(o)
		}
		return nil
	case r.Kind == Retried:
		delete(o.done, r.Task())
		if known && t.Check == 0 {
			return co.retried(ctx, o, r)
		}
		return nil
	case r.Kind == Dead:
		if err := co.dead(ctx, o, r, t, known); err != nil {
			return err
		}
		return r.Settle(ctx)
	case r.Kind != Measured:
		return nil
	}
	if err := co.measured(ctx, o, r, t, known); err != nil {
		return err
	}
	if co.waits(r.Cell) { // it was lost before the rows were in the store, perhaps
		return co.keep(ctx, r)
	}
	return r.Settle(ctx) // after the rows are in the store
}

// early deals with a report of a cell that is not open. Rows that an earlier coordinator had measured open their cell; where another process has that, they
// wait with it.
func (co *coordinator) early(ctx context.Context, r *Report) error {
	cells := slices.Concat(co.todo, co.waiting)
	i := slices.IndexFunc(cells, func(c *Cell) bool { return c.Task.Cell.ID == r.Cell })
	if i < 0 || r.Kind != Measured || r.Check > 0 || co.ignores(cells[i], r) || validate(cells[i].Task, r) != nil {
		return r.Settle(ctx) // of a cell that is done or failed, or of none that we know; or not what anybody waits for
	}
	if i >= len(co.todo) {
		return co.keep(ctx, r)
	}
	co.todo = slices.Delete(co.todo, i, i+1)
	if err := co.begin(ctx, cells[i]); err != nil {
		return err
	}
	return co.take(ctx, r)
}

// waits says whether another process has a cell.
func (co *coordinator) waits(cell string) bool {
	return slices.ContainsFunc(co.waiting, func(c *Cell) bool { return c.Task.Cell.ID == cell })
}

// What is kept of cells that wait, at most: more than a queue has tasks.
const (
	keptReports = 4096
	keptBytes   = 64 << 20
)

// keep has rows wait for their cell. They are not settled: if this coordinator ends, they are the next one's.
func (co *coordinator) keep(ctx context.Context, r *Report) error {
	key := r.Task() + r.Worker
	if before := co.kept[key]; before != nil { // it came again
		co.keeps -= before.size()
		delete(co.kept, key)
	}
	if len(co.kept) >= keptReports || co.keeps+r.size() > keptBytes {
		return r.Settle(ctx) // they are measured again
	}
	co.kept[key] = r
	co.keeps += r.size()
	return nil
}

// size is how many bytes a report takes in memory, about.
func (r *Report) size() int {
	n := 1024 + 128*len(r.Rows)
	for _, row := range r.Rows {
		n += 8 * len(row.Profile)
	}
	return n
}

// ignores says whether rows cannot be taken, whatever they are: of a worker that is banned, or of one that measured a task of another version's coordinator.
func (co *coordinator) ignores(c *Cell, r *Report) bool {
	_, bad := co.banned[r.Worker]
	return bad || r.Software != c.Task.Cell.Software
}

// measured takes in rows.
func (co *coordinator) measured(ctx context.Context, o *openCell, r *Report, t Task, known bool) error {
	if co.ignores(o.cell, r) {
		return co.again(ctx, o, r, known)
	}
	if err := validate(o.cell.Task, r); err != nil {
		return co.refuse(ctx, o, r, known, err)
	}
	if known {
		delete(o.pending, r.Task())
		delete(o.done, r.Task())
	}
	if r.Check > 0 {
		if !known {
			return nil // a check that was given up, or of an earlier coordinator
		}
		if err := co.checked(ctx, o, r); err != nil {
			return err
		}
		return co.conclude(ctx, o)
	}
	err := o.claim.Put(ctx, r.Worker, r.Rows)
	var conflict *store.ConflictError
	switch {
	case errors.As(err, &conflict):
		if err := co.dispute(ctx, o, conflict, r); err != nil {
			return err
		}
	case errors.Is(err, store.ErrLost):
		return co.lose(ctx, o)
	case err != nil:
		return err
	case known:
		o.pace.Took(r.Range.Count, time.Duration(r.Seconds*float64(time.Second)))
		o.at.Chunks += r.Range.Count
		o.at.Bytes += o.cell.Task.RawBytes(r.Range)
		co.progress(o)
	}
	if !known || conflict != nil { // some rows may have been there
		if err := co.count(ctx, o); err != nil {
			return err
		}
	}
	if conflict == nil {
		if err := co.outstanding(ctx, o, r.Range); err != nil {
			return err
		}
	}
	return co.conclude(ctx, o)
}

// progress tells how far a cell is, with what its tasks at work have coded.
func (co *coordinator) progress(o *openCell) {
	at := o.at
	for _, n := range o.done {
		at.Bytes += n
	}
	co.tell(o.cell, at, len(o.done))
}

// again has a task done again whose result cannot be taken.
func (co *coordinator) again(ctx context.Context, o *openCell, r *Report, known bool) error {
	if !known {
		return nil
	}
	return co.queue.Submit(ctx, o.pending[r.Task()])
}

// refusals is how many results a worker may deliver that are none.
const refusals = 3

// maxRefused is how many workers' refusals are counted: nobody has as many.
const maxRefused = 100_000

// refuse has a task done again, and bans the worker if it is not the first time.
func (co *coordinator) refuse(ctx context.Context, o *openCell, r *Report, known bool, why error) error {
	co.notice("a result of worker %.200q is refused: %v", r.Worker, why)
	if len(r.Worker) > MaxWorkerName || len(co.refused) > maxRefused {
		return co.again(ctx, o, r, known)
	}
	if co.refused[r.Worker]++; co.refused[r.Worker] == refusals {
		if err := co.ban(ctx, r.Worker, why.Error()); err != nil {
			return err
		}
	}
	return co.again(ctx, o, r, known)
}

// retried writes down that a task of a cell failed, which is delivered again.
func (co *coordinator) retried(ctx context.Context, o *openCell, r *Report) error {
	c := o.cell
	err := o.claim.Fail(ctx, errors.New(r.Error))
	if errors.Is(err, store.ErrLost) {
		return co.lose(ctx, o)
	}
	if err != nil {
		return err
	}
	c.Problem = r.Error
	co.set(c, ToDo)
	claim, err := co.Store.Claim(ctx, c.Task.Cell)
	if errors.Is(err, store.ErrBusy) || errors.Is(err, store.ErrDone) {
		return co.lose(ctx, o)
	}
	if err != nil {
		return err
	}
	o.claim = claim
	co.set(c, Running)
	return nil
}

// dead gives a cell up, or a check.
func (co *coordinator) dead(ctx context.Context, o *openCell, r *Report, t Task, known bool) error {
	switch {
	case !known:
		return nil // of an earlier coordinator: what it was is missing, and in the queue again
	case t.Check > 0:
		delete(o.pending, r.Task())
		return co.unchecked(ctx, o, r.Task(), r.Error)
	}
	return co.fail(ctx, o, r.Error)
}

// fail gives a cell up.
func (co *coordinator) fail(ctx context.Context, o *openCell, why string) error {
	if !slices.Contains(co.open, o) {
		return nil // it has failed already
	}
	err := o.claim.Fail(ctx, errors.New(why))
	if errors.Is(err, store.ErrLost) {
		return co.lose(ctx, o)
	}
	if err != nil {
		return err
	}
	o.cell.Problem = why
	if err := co.close(ctx, o); err != nil {
		return err
	}
	co.set(o.cell, Failed)
	return nil
}

// lose leaves a cell to another process, which has taken it because this one was suspended.
func (co *coordinator) lose(ctx context.Context, o *openCell) error {
	if err := co.close(ctx, o); err != nil {
		return err
	}
	co.set(o.cell, Waiting)
	co.waiting = append(co.waiting, o.cell)
	return nil
}

// close takes a cell from the open ones.
func (co *coordinator) close(ctx context.Context, o *openCell) error {
	co.open = slices.DeleteFunc(co.open, func(of *openCell) bool { return of == o })
	if len(o.pending) > 0 {
		if err := co.queue.Withdraw(ctx, o.cell.Task.Cell.ID); err != nil {
			return err
		}
	}
	return o.claim.Release()
}

// conclude finishes a cell that has all its rows, and whose checks are made or given up.
func (co *coordinator) conclude(ctx context.Context, o *openCell) error {
	if !slices.Contains(co.open, o) || len(o.missing) > 0 {
		return nil
	}
	if o.measuring() > 0 {
		return nil
	}
	if err := co.count(ctx, o); err != nil || len(o.missing) > 0 { // rows may have been discarded
		return err
	}
	if waits, err := co.wait(ctx, o); err != nil || waits || !slices.Contains(co.open, o) {
		return err
	}
	err := measure.Finish(ctx, co.Store, o.claim, o.cell.Task)
	switch {
	case errors.Is(err, store.ErrLost):
		return co.lose(ctx, o)
	case err != nil && ctx.Err() == nil:
		return co.fail(ctx, o, err.Error())
	case err != nil:
		return err
	}
	if err := co.close(ctx, o); err != nil {
		return err
	}
	return co.done(ctx, o.cell)
}

// done brings a cell that the store has finished into the state Done.
func (co *coordinator) done(ctx context.Context, c *Cell) error {
	record, err := co.Store.Cell(ctx, c.Task.Cell.ID)
	if err != nil {
		return err
	}
	co.mu.Lock()
	c.Record = record
	co.mu.Unlock()
	co.set(c, Done)
	return nil
}
