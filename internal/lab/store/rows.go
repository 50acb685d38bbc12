package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"reflect"
)

// delivery is who made a row. It is no part of what was measured, and is not exported: the same rows come from any worker.
type delivery struct {
	Cell    string `json:"cell"`
	Index   int    `json:"chunk"`
	Worker  string `json:"worker"`
	Checked string `json:"checked"` // the worker that measured the same again, "" if none did
}

// Delivery says which worker made a chunk's row, and which one measured the same again.
type Delivery struct {
	Chunk           int
	Worker, Checked string // names; "" for none
}

// ConflictError says that a row is in the store with other content: one of two workers is wrong.
type ConflictError struct {
	Cell           string
	Chunk          int
	Worker, Stored string // who delivered the row now, and who the one that is stored; "" if that is not known
	Field          string // that differs
	Found, Have    string // now, and in the store
}

func (e *ConflictError) Error() string {
	by := func(worker string) string {
		if worker == "" {
			return ""
		}
		return " by " + worker
	}
	return fmt.Sprintf("store: chunk %d of cell %s: %s is %.80s%s, but the store has %.80s%s", e.Chunk, e.Cell, e.Field, e.Found, by(e.Worker), e.Have, by(e.Stored))
}

// Range is the rows First, First+1, ... First+Count-1 of a cell.
type Range struct {
	First int `json:"first"`
	Count int `json:"count"`
}

// End is the index behind the last.
func (r Range) End() int { return r.First + r.Count }

func (r Range) String() string {
	if r.Count == 1 {
		return fmt.Sprint(r.First)
	}
	return fmt.Sprintf("%d to %d", r.First, r.End()-1)
}

// Put adds rows that a worker made, all or none, in any order; "" is a worker without a name. A row that is there with equal content, seconds
// apart, stays as it is. The error is a *ConflictError if it is there with other content. The rows' Cell may be empty.
func (c *Claim) Put(ctx context.Context, worker string, rows []Chunk) error {
	return c.store.write(ctx, func(tx *sql.Tx) error {
		if err := c.check(ctx, tx); err != nil {
			return err
		}
		insert, err := tx.PrepareContext(ctx, chunks.insert())
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.Index < 0 || row.Cell != "" && row.Cell != c.cell {
				return fmt.Errorf("store: chunk %d of cell %q, want one of %s", row.Index, row.Cell, c.cell)
			}
			row.Cell = c.cell
			if err := putRow(ctx, tx, insert, worker, row); err != nil {
				return err
			}
		}
		return nil
	})
}

func putRow(ctx context.Context, tx *sql.Tx, insert *sql.Stmt, worker string, row Chunk) error {
	values, err := chunks.values(row)
	if err != nil {
		return fmt.Errorf("%w, in chunk %d of cell %s", err, row.Index, row.Cell)
	}
	coded, err := encodeProfile(row.Profile)
	if err != nil {
		return fmt.Errorf("%w, in chunk %d of cell %s", err, row.Index, row.Cell)
	}
	if have, found, err := find[Chunk](ctx, tx, chunks, "cell = ? AND chunk = ?", row.Cell, row.Index); err != nil {
		return err
	} else if found {
		return compare(ctx, tx, worker, have, row, coded)
	}
	if _, err := insert.ExecContext(ctx, values...); err != nil {
		return err
	}
	if row.Profile != nil {
		if err := put(ctx, tx, profiles, profiles.insert(), profile{row.Cell, row.Index, coded}); err != nil {
			return err
		}
	}
	if worker == "" {
		return nil
	}
	return put(ctx, tx, deliveries, deliveries.insert(), delivery{Cell: row.Cell, Index: row.Index, Worker: worker})
}

// compare is a *ConflictError if a row is not what the store has of it.
func compare(ctx context.Context, tx *sql.Tx, worker string, have, row Chunk, coded []byte) error {
	conflict := &ConflictError{Cell: row.Cell, Chunk: row.Index, Worker: worker}
	a, b := reflect.ValueOf(have), reflect.ValueOf(row)
	for _, c := range chunks.columns {
		if x, y := a.FieldByIndex(c.index).Interface(), b.FieldByIndex(c.index).Interface(); x != y && !takesTime(c) {
			conflict.Field, conflict.Have, conflict.Found = c.name, fmt.Sprint(x), fmt.Sprint(y)
			break
		}
	}
	if conflict.Field == "" {
		stored, _, err := find[profile](ctx, tx, profiles, "cell = ? AND chunk = ?", row.Cell, row.Index)
		if err != nil {
			return err
		}
		if string(stored.Coded) == string(coded) {
			return nil
		}
		conflict.Field, conflict.Have, conflict.Found = "profile", fmt.Sprintf("%d tokens", len(stored.Coded)/tokenBytes), fmt.Sprintf("%d tokens, not the same", len(row.Profile))
	}
	by, _, err := find[delivery](ctx, tx, deliveries, "cell = ? AND chunk = ?", row.Cell, row.Index)
	if err != nil {
		return err
	}
	conflict.Stored = by.Worker
	return conflict
}

// takesTime says of the columns that differ each time a row is made.
func takesTime(c column) bool { return c.name == "encode_seconds" || c.name == "decode_seconds" }

// Missing is what the store lacks of a cell that has so many chunks, or of which it knows nothing: ranges that do not touch, in order.
func (s *Store) Missing(ctx context.Context, cell string, of int) (list []Range, err error) {
	rows, err := s.db.QueryContext(ctx, "SELECT chunk FROM chunks WHERE cell = ? ORDER BY chunk", cell)
	if err != nil {
		return nil, s.explain(err)
	}
	defer rows.Close()
	next := 0
	for rows.Next() {
		var i int
		if err := rows.Scan(&i); err != nil {
			return nil, s.explain(err)
		}
		if i >= of {
			return nil, fmt.Errorf("store: cell %s has a chunk %d, want %d chunks", cell, i, of)
		}
		if i > next {
			list = append(list, Range{next, i - next})
		}
		next = i + 1
	}
	if next < of {
		list = append(list, Range{next, of - next})
	}
	return list, s.explain(rows.Err())
}

// Rows reads those of a cell's chunks in a range that the store has, with their profiles.
func (s *Store) Rows(ctx context.Context, cell string, r Range) (list []Chunk, err error) {
	const in = "WHERE cell = ? AND chunk >= ? AND chunk < ? ORDER BY chunk"
	for row, err := range each[Chunk](ctx, s.db, chunks, in, cell, r.First, r.End()) {
		if err != nil {
			return nil, s.explain(err)
		}
		list = append(list, row)
	}
	i := 0
	for p, err := range each[profile](ctx, s.db, profiles, in, cell, r.First, r.End()) {
		if err != nil {
			return nil, s.explain(err)
		}
		for i < len(list) && list[i].Index < p.Index {
			i++
		}
		if i == len(list) || list[i].Index != p.Index {
			continue // its row was discarded in between
		}
		if list[i].Profile, err = decodeProfile(p.Coded); err != nil {
			return nil, fmt.Errorf("store: %s: cell %s: chunk %d: %w", s.path, cell, p.Index, err)
		}
	}
	return list, nil
}

// Deliveries says of a cell's rows in a range who made them, those of workers without a name left out.
func (s *Store) Deliveries(ctx context.Context, cell string, r Range) (list []Delivery, err error) {
	for d, err := range each[delivery](ctx, s.db, deliveries, "WHERE cell = ? AND chunk >= ? AND chunk < ? ORDER BY chunk", cell, r.First, r.End()) {
		if err != nil {
			return nil, s.explain(err)
		}
		list = append(list, Delivery{d.Index, d.Worker, d.Checked})
	}
	return list, nil
}

// Checked writes down that a worker measured the rows of a range again, and found the same.
func (c *Claim) Checked(ctx context.Context, worker string, r Range) error {
	return c.store.write(ctx, func(tx *sql.Tx) error {
		if err := c.check(ctx, tx); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE deliveries SET checked = ? WHERE cell = ? AND chunk >= ? AND chunk < ?", worker, c.cell, r.First, r.End())
		return err
	})
}

// Discarded is what Discard took out of a cell.
type Discarded struct {
	Cell string
	Rows int
}

// Discard takes out all rows that a worker made, since they are not to be trusted, and what it checked counts as unchecked. A finished
// cell that loses rows is running again, without a result. Cells that another process has are left as they are: its rows are from a queue of its own.
func (s *Store) Discard(ctx context.Context, worker string) (list []Discarded, err error) {
	if worker == "" {
		return nil, errors.New("store: rows of a worker without a name cannot be discarded: nobody knows which they are")
	}
	ours := map[string]*Claim{}
	s.held.Lock()
	for c := range s.holds {
		ours[c.cell] = c
	}
	s.held.Unlock()
	err = s.write(ctx, func(tx *sql.Tx) error {
		list = nil
		rows, err := tx.QueryContext(ctx, "SELECT cell, count(*) FROM deliveries WHERE worker = ? GROUP BY cell ORDER BY cell", worker)
		if err != nil {
			return err
		}
		defer rows.Close()
		var found []Discarded
		for rows.Next() {
			var d Discarded
			if err := rows.Scan(&d.Cell, &d.Rows); err != nil {
				return err
			}
			found = append(found, d)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		for _, d := range found {
			if ours[d.Cell] == nil {
				if err := checkFree(ctx, tx, d.Cell); errors.Is(err, ErrBusy) {
					continue
				} else if err != nil {
					return err
				}
			}
			if err := discard(ctx, tx, d.Cell, worker); err != nil {
				return err
			}
			list = append(list, d)
		}
		_, err = tx.ExecContext(ctx, "UPDATE deliveries SET checked = '' WHERE checked = ?", worker)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// discard takes a worker's rows out of a cell, and its result if it has one.
func discard(ctx context.Context, tx *sql.Tx, cell, worker string) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM chunks WHERE cell = ?1 AND chunk IN (SELECT chunk FROM deliveries WHERE cell = ?1 AND worker = ?2)", cell, worker)
	if err != nil {
		return err
	}
	c, found, err := find[Cell](ctx, tx, cells, "cell = ?", cell)
	if err != nil || !found || c.Status != Done {
		return err
	}
	c.Status, c.Result = Running, Result{}
	return put(ctx, tx, cells, cells.upsert(), c)
}

// Identity is the content address of rows of a cell: the hex SHA-256 over the cell and all that was measured, seconds apart, which differ
// each time. Two workers that measure the same range make the same identity, or one of them is wrong.
func Identity(cell string, rows []Chunk) string {
	h := sha256.New()
	frame(h, cell)
	var b []byte
	for _, r := range rows {
		b = b[:0]
		for _, n := range []int64{int64(r.Index), r.RawBytes, r.CoveredBytes, r.Tokens, r.CodedBytes, r.LostBits, r.HeaderBytes, int64(len(r.Profile))} {
			b = binary.LittleEndian.AppendUint64(b, uint64(n))
		}
		for _, x := range []float64{r.CodeLength, r.CountedBits} {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
		}
		for _, t := range r.Profile {
			b = binary.LittleEndian.AppendUint64(b, uint64(t.Size))
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(t.Bits))
		}
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil))
}
