package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
)

// ErrMissing is the error for a cell or a data set that the store does not have.
var ErrMissing = errors.New("store: there is no such record")

// cellOrder puts cells that are compared beside each other. It ends with the key, so that it is the same each time.
const cellOrder = "ORDER BY dataset, data, protocol, whole, kind, name, step, precision, cell"

// Cell reads a cell by its identity.
func (s *Store) Cell(ctx context.Context, id string) (Cell, error) {
	return one[Cell](ctx, s, cells, "cell", id)
}

// Cells reads all cells, by data set, protocol, whole, kind, name, step and precision.
func (s *Store) Cells(ctx context.Context) ([]Cell, error) {
	var all []Cell
	for c, err := range each[Cell](ctx, s.db, cells, cellOrder) {
		if err != nil {
			return nil, s.explain(err)
		}
		all = append(all, c)
	}
	return all, nil
}

// Chunks reads the chunks of a cell by their index, without their profiles, as they are at the call. An error ends them.
func (s *Store) Chunks(ctx context.Context, cell string) iter.Seq2[Chunk, error] {
	return explained(s, each[Chunk](ctx, s.db, chunks, "WHERE cell = ? ORDER BY chunk", cell))
}

// Profile is what Store.Profile yields of a chunk.
type Profile struct {
	Chunk  int // its index
	Tokens []Token
}

// Profile reads the profiles of a cell's chunks by their index; chunks that have none are left out. An error
// ends them.
func (s *Store) Profile(ctx context.Context, cell string) iter.Seq2[Profile, error] {
	return func(yield func(Profile, error) bool) {
		for row, err := range each[profile](ctx, s.db, profiles, "WHERE cell = ? ORDER BY chunk", cell) {
			p := Profile{Chunk: row.Index}
			if err == nil {
				if p.Tokens, err = decodeProfile(row.Coded); err != nil {
					err = fmt.Errorf("store: %s: cell %s: chunk %d: %w", s.path, cell, row.Index, err)
				}
			}
			if !yield(p, s.explain(err)) || err != nil {
				return
			}
		}
	}
}

// Dataset reads where data came from.
func (s *Store) Dataset(ctx context.Context, id string) (Dataset, error) {
	return one[Dataset](ctx, s, datasets, "data", id)
}

// PutDataset adds a data set, if the store does not have it.
func (s *Store) PutDataset(ctx context.Context, d Dataset) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		return put(ctx, tx, datasets, datasets.insert()+" ON CONFLICT DO NOTHING", d)
	})
}

// Delete removes a cell and its chunks, also a finished one. The error is ErrBusy if it is being measured, ErrMissing if it
// is not there.
func (s *Store) Delete(ctx context.Context, cell string) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		if err := checkFree(ctx, tx, cell); err != nil {
			return err
		}
		done, err := tx.ExecContext(ctx, "DELETE FROM cells WHERE cell = ?", cell)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return missing(cells, cell)
	})
}

// one reads the record with a key.
func one[T any](ctx context.Context, s *Store, t *table, key, id string) (T, error) {
	record, found, err := find[T](ctx, s.db, t, key+" = ?", id)
	if err == nil && !found {
		err = missing(t, id)
	}
	return record, s.explain(err)
}

func missing(t *table, id string) error {
	return fmt.Errorf("%w: %s of table %s", ErrMissing, id, t.name)
}

// each reads the records of a table; rest is what follows FROM in the query. An error ends them.
func each[T any](ctx context.Context, q querier, t *table, rest string, args ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for row, err := range eachRow(ctx, q, t, rest, args...) {
			var record T
			if err == nil {
				err = t.fill(&record, row)
			}
			if !yield(record, err) || err != nil {
				return
			}
		}
	}
}

// eachRow reads the rows of a table as they are kept, each good until the next.
func eachRow(ctx context.Context, q querier, t *table, rest string, args ...any) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		rows, err := q.QueryContext(ctx, t.selectAll()+" "+rest, args...)
		if err != nil {
			yield(nil, err)
			return
		}
		defer rows.Close()
		row := make([]any, len(t.columns))
		into := make([]any, len(row))
		for i := range row {
			into[i] = &row[i]
		}
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				yield(nil, err)
				return
			}
			if !yield(row, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// explained names the file in the errors of SQLite.
func explained[T any](s *Store, records iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for r, err := range records {
			if !yield(r, s.explain(err)) {
				return
			}
		}
	}
}
