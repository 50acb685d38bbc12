package report

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"lmz/internal/lab/fit"
	"lmz/internal/lab/law"
	"lmz/internal/lab/store"
	"lmz/internal/lab/table"
)

// laws is the account of the scaling laws of cells, but for those of half of each chunk, which say what is learned in context, and
// for vocabularies. Where there are no models of two sizes and two steps there is none, and where none could be
// fitted the words say why.
func laws(ctx context.Context, cells []store.Cell, o Options) (*law.Account, string, error) {
	cells = slices.DeleteFunc(alike(cells), func(c store.Cell) bool { return contextKind(c.Protocol) >= 0 })
	params, steps := map[int64]bool{}, map[int64]bool{}
	for _, c := range cells {
		if c.Status == store.Done && c.Params > 0 && c.Step > 0 && float64(c.Step) >= o.Since {
			params[c.Params], steps[c.Step] = true, true
		}
	}
	if len(params) < 2 || len(steps) < 2 {
		return nil, "", nil
	}
	form, err := fit.FormNamed("published")
	if err != nil {
		return nil, "", err
	}
	points, err := law.FromCells(cells, o.Title, law.Total)
	if err != nil {
		return nil, err.Error(), nil
	}
	if o.Since > 0 {
		if err := points.Since(o.Since); err != nil {
			return nil, err.Error(), nil
		}
	}
	account, err := law.Make(ctx, points, law.Options{Forms: []*fit.Form{form}, Draws: o.Draws, Seed: 1})
	switch {
	case ctx.Err() != nil:
		return nil, "", ctx.Err()
	case err != nil:
		return nil, err.Error(), nil
	}
	return account, "", nil
}

// lawTable is the table of Bharadwaj 2025, Table 1: a row a law with its numbers, their intervals, and how well it fits. It is nil without an account.
func lawTable(a *law.Account) *table.Table {
	if a == nil {
		return nil
	}
	t := &table.Table{Left: 1}
	for _, l := range a.Laws {
		if len(l.Fits) == 0 {
			continue
		}
		f := l.Fits[0]
		if t.Head == nil {
			t.Title = fmt.Sprintf("Scaling laws %s, P %s, with 95%% intervals", f.Formula, a.Params)
			t.Head = []string{"measurements", "points"}
			for _, e := range f.Estimates {
				t.Head = append(t.Head, e.Name)
			}
			t.Head = append(t.Head, "R2", "RMSE")
		}
		row := []string{l.Group, strconv.Itoa(l.Points)}
		for _, e := range f.Estimates {
			row = append(row, estimate(e))
		}
		t.Rows = append(t.Rows, append(row, significant(f.R2), significant(f.RMSE)))
	}
	if t.Rows == nil {
		return nil
	}
	t.Notes = []string{"intervals are by profile likelihood, or by a bootstrap of pairs where there is none; an open end is one that the data do not bound",
		"which of these numbers the data identify, what the law predicts, and every warning is in the account (lmz fit)"}
	return t
}

// heldOutTable is how well each form predicts the largest model from the others, beside copying the nearest measured point: a row a law.
// It is nil where the largest can be held out of none.
func heldOutTable(a *law.Account) *table.Table {
	if a == nil {
		return nil
	}
	t := &table.Table{Title: "The largest model predicted from the others: RMSE of the ratio", Head: []string{"measurements", "held out", "copy the nearest"}, Left: 1}
	for _, form := range a.Laws[0].Forms {
		t.Head = append(t.Head, form.Form)
	}
	t.Head = append(t.Head, "best", "against copying")
	for _, l := range a.Laws {
		i := slices.IndexFunc(l.HeldOut, func(h law.HeldOut) bool { return h.Held == fit.HeldLargest })
		if i < 0 {
			continue
		}
		held := l.HeldOut[i]
		row := []string{l.Group, counted(held.Predicted, "point"), significant(held.Nearest)}
		best, name := math.Inf(1), ""
		for _, form := range l.Forms {
			text := "-"
			if i < len(form.Predictions) && form.Predictions[i].Problem == "" {
				p := form.Predictions[i]
				text = significant(p.RMSE)
				if x := float64(p.RMSE); x < best {
					best, name = x, form.Form
				}
			}
			row = append(row, text)
		}
		if name == "" {
			continue
		}
		t.Rows = append(t.Rows, append(row, name, fmt.Sprintf("%+.0f%%", 100*(best/float64(held.Nearest)-1))))
	}
	if t.Rows == nil {
		return nil
	}
	t.Notes = []string{
		"against copying: how much larger the best form's RMSE is than that of copying the measured point that is nearest in log P and log S;" +
			" below 0 the form is worth having",
		"the best was chosen on the points that it is told of here; - where too few points are left to fit a form"}
	return t
}

// estimate is a number of a law and its interval.
func estimate(e law.Estimate) string {
	text := significant(e.Value)
	if of := cmp.Or(e.Profile, e.Bootstrap); of != nil {
		text += " (" + intervalText(*of) + ")"
	}
	return text
}

// significant is a number with four significant digits, "" where it is not known.
func significant(n law.Number) string {
	if x := float64(n); !math.IsNaN(x) && !math.IsInf(x, 0) {
		return strconv.FormatFloat(x, 'g', 4, 64)
	}
	return ""
}
