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

// InContext is what one subject learned in context of one data set: the cells of the second halves of chunks, and the differences of their
// rates. A cell that was not measured, and a difference to it, is nil.
type InContext struct {
	None           store.Cell  // coded without context
	Shuffled, True *store.Cell // after the first half, its tokens shuffled, and as it is

	// What shuffled saves is known from the tokens of the context alone; what true saves beyond that, from their order.
	ShuffledNone, TrueShuffled, TrueNone *Difference
}

// Difference is how many bits/byte more one cell needs than another on the same chunks, with its 95% interval, whose ends are NaN where
// there are too few chunks.
type Difference struct{ Value, Low, High float64 }

// InContext is those of the subjects and data sets that were measured under the protocol no-context, in the order of tables.
func (v *View) InContext(ctx context.Context, s *store.Store) (list []InContext, err error) {
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
		split := InContext{None: none, Shuffled: like("shuffled-context"), True: like("true-context")}
		for _, of := range []struct {
			into **Difference
			a, b *store.Cell
		}{{&split.ShuffledNone, split.Shuffled, &none}, {&split.TrueShuffled, split.True, split.Shuffled}, {&split.TrueNone, split.True, &none}} {
			if *of.into, err = differenceOf(ctx, s, of.a, of.b); err != nil {
				return nil, err
			}
		}
		list = append(list, split)
	}
	return list, nil
}

// Contexts is the table of splits: for each subject and data set the bits/byte without context, after the shuffled and after the true one, and
// the differences on the same chunks. It is nil where there are none.
func (v *View) Contexts(splits []InContext) *table.Table {
	if len(splits) == 0 {
		return nil
	}
	t := &table.Table{Title: "Learned in context: bits/byte of the second half of each chunk, and differences on the same chunks, with 95% intervals",
		Head: []string{"subject", "data", "no context", "shuffled", "true", "shuffled - none", "true - shuffled", "true - none"}, Left: 2}
	for _, x := range splits {
		t.Rows = append(t.Rows, []string{v.names[x.None.Subject], x.None.Dataset, bitsPerByte(&x.None), bitsPerByte(x.Shuffled), bitsPerByte(x.True),
			x.ShuffledNone.text(), x.TrueShuffled.text(), x.TrueNone.text()})
	}
	return t
}

func bitsPerByte(c *store.Cell) string {
	if c == nil {
		return ""
	}
	return fmt.Sprintf("%.4f", c.BitsPerByte)
}

// differenceOf is that of two cells, nil where either is.
func differenceOf(ctx context.Context, s *store.Store, a, b *store.Cell) (*Difference, error) {
	if a == nil || b == nil {
		return nil, nil
	}
	value, low, high, err := paired(ctx, s, *a, *b)
	if err != nil {
		return nil, err
	}
	return &Difference{value, low, high}, nil
}

func (d *Difference) text() string {
	switch {
	case d == nil:
		return ""
	case math.IsNaN(d.Low):
		return fmt.Sprintf("%+.4f", d.Value)
	}
	return fmt.Sprintf("%+.4f (%+.4f..%+.4f)", d.Value, d.Low, d.High)
}
