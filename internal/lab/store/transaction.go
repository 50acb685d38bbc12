package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// write runs what changes the file in one transaction, which no other process's can come between.
func (s *Store) write(ctx context.Context, change func(*sql.Tx) error) error {
	return s.writeOn(ctx, s.db, change)
}

// writeOn is write on a connection, or any of a database.
func (s *Store) writeOn(ctx context.Context, on interface {
	BeginTx(context.Context, *sql.TxOptions) (*sql.Tx, error)
}, change func(*sql.Tx) error) error {
	select {
	case s.writing <- struct{}{}:
		defer func() { <-s.writing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	var tx *sql.Tx
	err := whileBusy(ctx, func() (err error) {
		tx, err = on.BeginTx(ctx, nil)
		return err
	})
	if err != nil {
		return s.explain(err)
	}
	if s.file != nil {
		if now, err := os.Stat(s.path); err != nil || !os.SameFile(now, s.file) {
			tx.Rollback()
			return fmt.Errorf("store: %s was deleted or replaced while it was open: what is written now would be lost", s.path)
		}
	}
	if err := change(tx); err != nil {
		tx.Rollback()
		if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil { // it was rolled back when ctx ended, between two statements
			return context.Cause(ctx)
		}
		return s.explain(err)
	}
	return s.explain(tx.Commit())
}

// explain names the file in an error of SQLite.
func (s *Store) explain(err error) error {
	var sqliteError *sqlite.Error
	if errors.As(err, &sqliteError) {
		return fmt.Errorf("store: %s: %w", s.path, err)
	}
	return err
}

// whileBusy tries what another process that writes may keep from succeeding.
func whileBusy(ctx context.Context, try func() error) error {
	for start := time.Now(); ; {
		err := try()
		if !isBusy(err) || time.Since(start) > patience {
			return err
		}
		select {
		case <-time.After(10 * time.Millisecond): // SQLite does not wait at all where several processes make one file
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// isBusy reports whether another connection had the file.
func isBusy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY
}
