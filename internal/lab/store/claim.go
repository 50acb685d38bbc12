package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

var (
	// ErrDone is Claim's error for a cell that is finished: Cell has it.
	ErrDone = errors.New("store: the cell is finished")
	// ErrBusy is the error for a cell that another claim holds, of this process or another.
	ErrBusy = errors.New("store: the cell is being measured")
	// ErrLost is a Claim's error after another process took the cell, which it may if this one did not
	// renew its lease in time (it was suspended, say), or somebody deleted it.
	ErrLost = errors.New("store: the cell was lost to another process")
)

// Claim is the right to measure a cell, which no other process has until it is finished, failed or released, or this
// process ends. Its methods are for one goroutine.
type Claim struct {
	store *Store
	cell  string
	owner string // random: names this claim in the lease

	ending  sync.Once
	stop    context.CancelFunc // ends the renewal of the lease
	stopped chan struct{}      // closed when that has ended
}

// Claim takes a cell for the caller, and puts it into the store if it is not there. Of an unfinished cell the
// chunks that are stored remain, unless other software made them: then the cell begins anew, since the
// rows of a cell must be of one kind.
//
// Errors that callers may want to know: ErrDone, ErrBusy.
func (s *Store) Claim(ctx context.Context, cell Cell) (*Claim, error) {
	if err := checkIdentity(cell); err != nil {
		return nil, err
	}
	c := &Claim{store: s, cell: cell.ID, owner: rand.Text(), stopped: make(chan struct{})}
	err := s.write(ctx, func(tx *sql.Tx) error {
		old, found, err := find[Cell](ctx, tx, cells, "cell = ?", cell.ID)
		if err != nil {
			return err
		}
		if found && old.Status == Done {
			return ErrDone
		}
		if err := checkFree(ctx, tx, cell.ID); err != nil {
			return err
		}
		if found && old.Software != plain(cell.Software) {
			if _, err := tx.ExecContext(ctx, "DELETE FROM chunks WHERE cell = ?", cell.ID); err != nil {
				return err
			}
		}
		cell.Status, cell.Error, cell.Attempts = Running, "", old.Attempts
		if err := put(ctx, tx, cells, cells.upsert(), cell); err != nil {
			return err
		}
		return put(ctx, tx, leases, leases.upsert(), newLease(cell.ID, c.owner, s.leaseFor))
	})
	if err != nil {
		return nil, err
	}
	s.held.Lock()
	defer s.held.Unlock()
	if s.holds == nil {
		return nil, fmt.Errorf("store: %s is closed", s.path)
	}
	s.holds[c] = struct{}{}
	var renewing context.Context
	renewing, c.stop = context.WithCancel(context.Background())
	go c.renew(renewing)
	return c, nil
}

// Finish writes the cell with its result, after which it never changes, and ends the claim. Status, Error and
// Attempts are the store's to set.
func (c *Claim) Finish(ctx context.Context, cell Cell) error {
	if cell.ID != c.cell {
		return fmt.Errorf("store: finishing cell %q, want %s, which was claimed", cell.ID, c.cell)
	}
	if err := checkIdentity(cell); err != nil {
		return err
	}
	return c.end(ctx, func(tx *sql.Tx, old Cell) error {
		var rows, end int
		if err := tx.QueryRowContext(ctx, "SELECT count(*), coalesce(max(chunk)+1, 0) FROM chunks WHERE cell = ?", c.cell).Scan(&rows, &end); err != nil {
			return err
		}
		if rows != end {
			return fmt.Errorf("store: finishing cell %s, which has %d chunks of %d: some are missing", c.cell, rows, end)
		}
		cell.Status, cell.Error, cell.Attempts = Done, "", old.Attempts
		return put(ctx, tx, cells, cells.upsert(), cell)
	})
}

// Fail writes down why the cell could not be measured, and ends the claim. The chunks remain, for a later Claim to go on
// from. A caller that was only interrupted calls Release instead.
func (c *Claim) Fail(ctx context.Context, reason error) error {
	return c.end(ctx, func(tx *sql.Tx, old Cell) error {
		old.Status, old.Error, old.Attempts = Failed, reason.Error(), old.Attempts+1
		return put(ctx, tx, cells, cells.upsert(), old)
	})
}

// end changes the cell and drops the lease in one transaction. If that fails the claim is still held.
func (c *Claim) end(ctx context.Context, change func(*sql.Tx, Cell) error) error {
	err := c.store.write(ctx, func(tx *sql.Tx) error {
		if err := c.check(ctx, tx); err != nil {
			return err
		}
		old, _, err := find[Cell](ctx, tx, cells, "cell = ?", c.cell)
		if err != nil {
			return err
		}
		if err := change(tx, old); err != nil {
			return err
		}
		return c.drop(ctx, tx)
	})
	if err == nil {
		c.forget()
	}
	return err
}

// Release ends the claim without a result: the cell waits for the next Claim. After Finish, Fail or
// another Release it does nothing.
func (c *Claim) Release() error {
	if !c.forget() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), leaseFor) // the caller's is often done, and after that the lease is too
	defer cancel()
	return c.store.write(ctx, func(tx *sql.Tx) error { return c.drop(ctx, tx) })
}

// forget ends the renewal of the lease, and reports whether it is the first to do so.
func (c *Claim) forget() (first bool) {
	c.ending.Do(func() {
		first = true
		c.stop()
		<-c.stopped
		c.store.held.Lock()
		delete(c.store.holds, c)
		c.store.held.Unlock()
	})
	return first
}

// drop deletes the claim's lease if it is still there.
func (c *Claim) drop(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM leases WHERE cell = ? AND owner = ?", c.cell, c.owner)
	return err
}

// check renews the lease. The error is ErrLost if it is no longer the claim's.
func (c *Claim) check(ctx context.Context, tx *sql.Tx) error {
	done, err := tx.ExecContext(ctx, "UPDATE leases SET expires = ? WHERE cell = ? AND owner = ?",
		time.Now().Add(c.store.leaseFor).UnixMilli(), c.cell, c.owner)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return fmt.Errorf("%w: %s", ErrLost, c.cell)
}

// renew renews the lease until the claim ends or is lost.
func (c *Claim) renew(ctx context.Context) {
	defer close(c.stopped)
	tick := time.NewTicker(c.store.renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := c.store.write(ctx, func(tx *sql.Tx) error { return c.check(ctx, tx) })
		if errors.Is(err, ErrLost) {
			return // the next Put says so
		}
		// Any other error may pass, a full disk say, before the lease expires.
	}
}

// put runs a statement that has a parameter for each field of a record.
func put(ctx context.Context, tx *sql.Tx, t *table, statement string, record any) error {
	values, err := t.values(record)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, statement, values...)
	return err
}
