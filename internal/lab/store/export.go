package store

import (
	"context"
	"fmt"
	"io"
	"iter"
)

// Export writes a table to a file: what there is of finished cells, since one that is not has no result yet. The rows are in an order
// that depends on nothing but them.
func (s *Store) Export(ctx context.Context, w io.Writer, t Table, f Format) error {
	of, err := sheetNamed(t)
	if err != nil {
		return err
	}
	out, err := newWriter(w, of, f)
	if err != nil {
		return err
	}
	for row, err := range s.rows(ctx, of) {
		if err != nil {
			return s.explain(err)
		}
		if err := out.write(row); err != nil {
			return fmt.Errorf("store: writing %s as %s: %w", t, f, err)
		}
	}
	if err := out.close(); err != nil {
		return fmt.Errorf("store: writing %s as %s: %w", t, f, err)
	}
	return nil
}

func sheetNamed(t Table) (*sheet, error) {
	for _, s := range sheets {
		if s.name == t {
			return s, nil
		}
	}
	return nil, fmt.Errorf("store: table %q, want %s, %s, %s or %s", t, Cells, Chunks, Tokens, Datasets)
}

// rows yields the rows of a sheet, each good until the next.
func (s *Store) rows(ctx context.Context, of *sheet) iter.Seq2[[]any, error] {
	if of.table == profiles {
		return s.tokenRows(ctx, of)
	}
	return eachRow(ctx, s.db, of.table, of.rows)
}

// tokenRows takes the profiles apart.
func (s *Store) tokenRows(ctx context.Context, of *sheet) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for p, err := range each[profile](ctx, s.db, profiles, of.rows) {
			var tokens []Token
			if err == nil {
				tokens, err = decodeProfile(p.Coded)
			}
			if err != nil {
				yield(nil, fmt.Errorf("store: %s: cell %s: chunk %d: %w", s.path, p.Cell, p.Index, err))
				return
			}
			for i, t := range tokens {
				if !yield([]any{p.Cell, int64(p.Index), int64(i), int64(t.Size), float64(t.Bits)}, nil) {
					return
				}
			}
		}
	}
}
