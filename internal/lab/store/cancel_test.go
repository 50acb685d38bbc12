package store

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"
)

// TestCancelWithin: a context that ends between two statements of a change is the change's error, and nothing of it is there.
func TestCancelWithin(t *testing.T) {
	s := fresh(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := s.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM cells"); err != nil {
			return err
		}
		cancel()
		for { // until database/sql has rolled it back
			if _, err := tx.ExecContext(t.Context(), "DELETE FROM cells"); err != nil {
				return err
			}
			time.Sleep(time.Millisecond)
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}
