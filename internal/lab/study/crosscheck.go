package study

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"lmz/internal/lab/measure"
	"lmz/internal/lab/store"
)

// checkBlock is how many rows are chosen together to be measured again. Which blocks are, depends on nothing but the cell, so that it is the
// same however the cell was split, and whoever coordinates.
const checkBlock = 8

// checkWait is how long a cell waits for a second worker when all else of it is done.
const checkWait = time.Minute

// checks counts what became of them.
type checks struct{ agreed, notMade int }

// check is a range that one worker measured, and others measure again: the same bits, or one of them is wrong.
type check struct {
	task  measure.Range
	id    string            // of the task that is in the queue
	round int               // how often it was asked for
	found map[string]string // what each worker found: the identity of its rows
	first string            // the worker whose rows are in the store, "" if that has no name
}

// chosen says whether a block of a cell's rows is to be checked.
func (s *Supervisor) chosen(cell string, block int) bool {
	if s.Check <= 0 {
		return false
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "check %s %d", cell, block))
	return binary.LittleEndian.Uint64(sum[:])%uint64(s.Check) == 0
}

// outstanding has the rows of a range checked that are to be and were not, by this coordinator or one before it.
func (co *coordinator) outstanding(ctx context.Context, o *openCell, in measure.Range) error {
	if co.Check <= 0 {
		return nil
	}
	cell := o.cell.Task.Cell.ID
	var deliveries []store.Delivery
	for block := in.First / checkBlock; block*checkBlock < in.End(); block++ {
		if !co.chosen(cell, block) {
			continue
		}
		r := measure.Range{First: block * checkBlock, Count: checkBlock}
		list, err := co.Store.Deliveries(ctx, cell, r)
		if err != nil {
			return err
		}
		deliveries = append(deliveries, list...)
	}
	for len(deliveries) > 0 {
		first := deliveries[0]
		n := 1
		for n < len(deliveries) && deliveries[n].Chunk == first.Chunk+n && deliveries[n].Worker == first.Worker && deliveries[n].Checked == first.Checked &&
			deliveries[n].Chunk/checkBlock == first.Chunk/checkBlock {
			n++
		}
		deliveries = deliveries[n:]
		r := measure.Range{First: first.Chunk, Count: n}
		for _, c := range o.checks { // what is being checked
			if r.First >= c.task.First && r.First < c.task.End() {
				at := min(c.task.End(), r.End())
				r = measure.Range{First: at, Count: r.End() - at}
			}
		}
		if first.Checked != "" || r.Count == 0 {
			continue
		}
		if err := co.ask(ctx, o, &check{task: r, first: first.Worker, found: map[string]string{}}); err != nil {
			return err
		}
	}
	return nil
}

// ask has a range measured by one more worker.
func (co *coordinator) ask(ctx context.Context, o *openCell, c *check) error {
	if c.round == 0 {
		rows, err := co.Store.Rows(ctx, o.cell.Task.Cell.ID, c.task)
		if err != nil {
			return err
		}
		c.found[c.first] = store.Identity(o.cell.Task.Cell.ID, rows)
		o.checks = append(o.checks, c)
	}
	for c.round++; slices.ContainsFunc(o.checks, func(of *check) bool { return of != c && of.task == c.task && of.round == c.round }); c.round++ {
	} // a row may be checked and disputed at once: tasks have names of their own
	var not []string
	for worker := range c.found {
		if worker != "" {
			not = append(not, worker)
		}
	}
	slices.Sort(not)
	t := co.task(o, c.task, c.round, not)
	c.id = t.ID()
	o.late = time.Time{}
	return co.queue.Submit(ctx, t)
}

// checked compares what another worker measured.
func (co *coordinator) checked(ctx context.Context, o *openCell, r *Report) error {
	i := slices.IndexFunc(o.checks, func(c *check) bool { return c.id == r.Task() })
	if i < 0 {
		return nil
	}
	c := o.checks[i]
	if _, again := c.found[r.Worker]; again { // the queue gave it to one that it must not have it
		return co.ask(ctx, o, c)
	}
	c.found[r.Worker] = store.Identity(o.cell.Task.Cell.ID, r.Rows)
	return co.judge(ctx, o, c)
}

// judge looks whether most of those who measured a range agree: two of two, or two of three.
func (co *coordinator) judge(ctx context.Context, o *openCell, c *check) error {
	votes, best := map[string]int{}, ""
	for _, id := range c.found {
		if votes[id]++; votes[id] > votes[best] {
			best = id
		}
	}
	where := fmt.Sprintf("rows %v of %s", c.task, o.cell.name())
	if votes[best] < 2 {
		co.notice("workers do not agree on %s: another is asked", where)
		return co.ask(ctx, o, c)
	}
	o.checks = slices.DeleteFunc(o.checks, func(of *check) bool { return of == c })
	var wrong []string
	for worker, id := range c.found {
		if id != best {
			wrong = append(wrong, worker)
		}
	}
	slices.Sort(wrong)
	for _, worker := range wrong {
		if worker == "" {
			return co.fail(ctx, o, fmt.Sprintf("%s are in the store with other figures than two workers find, and nobody knows who measured them: delete the cell", where))
		}
		if err := co.ban(ctx, worker, fmt.Sprintf("its %s are not those of %d other workers", where, votes[best])); err != nil {
			return err
		}
	}
	if c.found[c.first] != best {
		return nil // the rows were discarded, and will be checked when they were done again
	}
	co.checks.agreed++
	for worker, id := range c.found {
		if worker != c.first && id == best {
			return o.claim.Checked(ctx, worker, c.task)
		}
	}
	return nil
}

// dispute has a row measured by a third that is in the store with other content than a worker delivers now.
func (co *coordinator) dispute(ctx context.Context, o *openCell, conflict *store.ConflictError, r *Report) error {
	co.notice("workers do not agree: %v", conflict)
	row := r.Rows[conflict.Chunk-r.Range.First]
	if conflict.Stored == r.Worker {
		return co.ban(ctx, r.Worker, fmt.Sprintf("it measured row %d of %s twice, and found other figures", conflict.Chunk, o.cell.name()))
	}
	c := &check{task: measure.Range{First: conflict.Chunk, Count: 1}, first: conflict.Stored, found: map[string]string{}}
	c.found[r.Worker] = store.Identity(o.cell.Task.Cell.ID, []store.Chunk{row})
	return co.ask(ctx, o, c)
}

// ban names a worker whose rows were wrong: it gets no more tasks, and all its rows are done again.
func (co *coordinator) ban(ctx context.Context, worker, why string) error {
	if co.banned[worker] != "" {
		return nil
	}
	co.banned[worker] = why
	co.notice("worker %q is banned: %s; all that it measured is done again", worker, why)
	if err := co.queue.Ban(ctx, worker); err != nil {
		return err
	}
	if err := co.discard(ctx, worker); err != nil {
		return err
	}
	for _, o := range co.open { // checks of its rows, and those that waited for its word
		o.checks = slices.DeleteFunc(o.checks, func(c *check) bool {
			if c.first == worker {
				delete(o.pending, c.id)
			}
			return c.first == worker
		})
		if err := co.count(ctx, o); err != nil {
			return err
		}
	}
	for _, o := range slices.Clone(co.open) { // what it had checked has to be checked again
		if err := co.outstanding(ctx, o, measure.Range{Count: o.cell.Task.Units()}); err != nil {
			return err
		}
	}
	return nil
}

// recallBans takes the bans over of the coordinator before, which may not have lived to discard all rows.
func (co *coordinator) recallBans(ctx context.Context) error {
	status, err := co.queue.Status(ctx)
	if err != nil {
		return err
	}
	for _, w := range status.Workers {
		if !w.Banned {
			continue
		}
		co.banned[w.Name] = "an earlier coordinator banned it"
		if err := co.discard(ctx, w.Name); err != nil {
			return err
		}
	}
	return nil
}

// discard takes all rows of a worker out of the store. Finished cells that had some are to be done again.
func (co *coordinator) discard(ctx context.Context, worker string) error {
	discarded, err := co.Store.Discard(ctx, worker)
	if err != nil {
		return err
	}
	for _, d := range discarded {
		for _, c := range co.Plan.Cells {
			if c.State == Done && c.Task.Cell.ID == d.Cell {
				co.mu.Lock()
				c.Record, c.Stored = c.Task.Cell, false
				co.mu.Unlock()
				co.set(c, ToDo)
				co.todo = append(co.todo, c)
			}
		}
	}
	return nil
}

// wait says whether a cell that has all its rows is to wait for its checks.
func (co *coordinator) wait(ctx context.Context, o *openCell) (bool, error) {
	if len(o.checks) == 0 {
		return false, nil
	}
	if o.late.IsZero() {
		o.late = time.Now()
	}
	if time.Since(o.late) < cmp.Or(co.CheckWait, checkWait) {
		return true, nil
	}
	for _, c := range slices.Clone(o.checks) {
		delete(o.pending, c.id)
		if err := co.unchecked(ctx, o, c.id, "no other worker took it"); err != nil || !slices.Contains(co.open, o) {
			return false, err
		}
	}
	return false, co.queue.Withdraw(ctx, o.cell.Task.Cell.ID)
}

// unchecked gives a check up. That two workers disagree, and there is no third, is a failure of the cell.
func (co *coordinator) unchecked(ctx context.Context, o *openCell, id, why string) error {
	i := slices.IndexFunc(o.checks, func(c *check) bool { return c.id == id })
	if i < 0 {
		return nil
	}
	c := o.checks[i]
	o.checks = slices.Delete(o.checks, i, i+1)
	if len(c.found) > 1 {
		var workers []string
		for worker := range c.found {
			workers = append(workers, fmt.Sprintf("%q", worker))
		}
		slices.Sort(workers)
		return co.fail(ctx, o, fmt.Sprintf("workers %v found different rows %v, and no other was there to say who is right (%s)", workers, c.task, why))
	}
	co.checks.notMade++
	co.notice("rows %v of %s were not checked: %s", c.task, o.cell.name(), why)
	return nil
}
