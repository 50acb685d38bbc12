package study

import (
	"fmt"

	"lmz/internal/lab/measure"
	"lmz/internal/lab/store"
)

// MaxWorkerName is the length of a worker's name in bytes at most: it is kept with each row.
const MaxWorkerName = 200

// validate is an error unless a report of rows is one that an honest worker could have made of a range of a cell. t is the cell's task. It comes
// from a network, and nothing in it is believed: that the figures are right is what cross-checks are for.
func validate(t measure.Task, r *Report) error {
	if r.Range.First < 0 || r.Range.Count < 1 || r.Range.First > t.Units()-r.Range.Count {
		return fmt.Errorf("study: rows %v of a cell that has %d", r.Range, t.Units())
	}
	if r.Worker == "" || len(r.Worker) > MaxWorkerName {
		return fmt.Errorf("study: rows %v by a worker whose name has %d bytes, want 1 to %d", r.Range, len(r.Worker), MaxWorkerName)
	}
	if len(r.Rows) != r.Range.Count {
		return fmt.Errorf("study: %d rows for %v, want %d", len(r.Rows), r.Range, r.Range.Count)
	}
	for i, row := range r.Rows {
		if row.Index != r.Range.First+i || row.Cell != "" && row.Cell != t.Cell.ID {
			return fmt.Errorf("study: row %d of cell %.80q, want %d of %s", row.Index, row.Cell, r.Range.First+i, t.Cell.ID)
		}
		if err := t.CheckRow(row); err != nil {
			return fmt.Errorf("study: row %d: %w", row.Index, err)
		}
	}
	if id := store.Identity(t.Cell.ID, r.Rows); r.Identity != id {
		return fmt.Errorf("study: rows %v have the identity %s, and their worker says %.80q: they were damaged on the way", r.Range, id, r.Identity)
	}
	return nil
}
