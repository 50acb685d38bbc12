package study

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"lmz/internal/lab/store"
	"lmz/internal/lab/table"
)

// Contexts is the table of what models learn in context: for each subject and data set that was measured under the protocols
// no-context, shuffled-context and true-context, the bits/byte of each, and the differences on the same chunks with their
// 95% intervals. What shuffled saves is known from the tokens of the context alone; what true saves beyond that, from their order. It is nil
// where nothing was measured without context.
func (v *View) Contexts(ctx context.Context, s *store.Store) (*table.Table, error) {
	t := &table.Table{Title: "Learned in context: bits/byte of the second half of each chunk, and differences on the same chunks, with 95% intervals",
		Head: []string{"subject", "data", "no context", "shuffled", "true", "shuffled - none", "true - shuffled", "true - none"}, Left: 2}
	for _, none := range v.cells {
		protocol, options, _ := strings.Cut(none.Counting(), "+")
		if name, _, _ := strings.Cut(protocol, "/"); name != "no-context" {
			continue
		}
		like := func(name string) *store.Cell {
			i := slices.IndexFunc(v.cells, func(c store.Cell) bool {
				p, o, _ := strings.Cut(c.Counting(), "+")
				n, _, _ := strings.Cut(p, "/")
				return n == name && o == options && c.Subject == none.Subject && c.Data == none.Data
			})
			if i < 0 {
				return nil
			}
			return &v.cells[i]
		}
		shuffled, real := like("shuffled-context"), like("true-context")
		row := []string{v.names[none.Subject], none.Dataset, bitsPerByte(&none), bitsPerByte(shuffled), bitsPerByte(real)}
		for _, pair := range [][2]*store.Cell{{shuffled, &none}, {real, shuffled}, {real, &none}} {
			text, err := pairedText(ctx, s, pair[0], pair[1])
			if err != nil {
				return nil, err
			}
			row = append(row, text)
		}
		t.Rows = append(t.Rows, row)
	}
	if t.Rows == nil {
		return nil, nil
	}
	return t, nil
}

func bitsPerByte(c *store.Cell) string {
	if c == nil {
		return ""
	}
	return fmt.Sprintf("%.4f", c.BitsPerByte)
}

// pairedText is the difference of two cells, either of which may be missing.
func pairedText(ctx context.Context, s *store.Store, a, b *store.Cell) (string, error) {
	if a == nil || b == nil {
		return "", nil
	}
	difference, low, high, err := paired(ctx, s, *a, *b)
	switch {
	case err != nil:
		return "", err
	case math.IsNaN(low):
		return fmt.Sprintf("%+.4f", difference), nil
	}
	return fmt.Sprintf("%+.4f (%+.4f..%+.4f)", difference, low, high), nil
}
