package report

import (
	"cmp"
	"fmt"
	"slices"

	"lmz/internal/lab/store"
	"lmz/internal/lab/table"
)

// tableView is a table for the template "table".
type tableView struct {
	ID string
	*table.Table
}

// Cell is one of a row, for the template.
type Cell struct {
	Text        string
	Key, Number bool // it names its row, or heads the column of such names; it is right-aligned
	Long        bool // it has more than one line
}

// Columns are the table's head.
func (t tableView) Columns() []Cell { return t.cells(t.Table.Head) }

// Lines are the table's rows.
func (t tableView) Lines() [][]Cell {
	lines := make([][]Cell, len(t.Rows))
	for i, row := range t.Rows {
		lines[i] = t.cells(row)
	}
	return lines
}

// cells are a row's.
func (t tableView) cells(row []string) []Cell {
	const longLine = 48 // characters
	list := make([]Cell, len(row))
	for i, text := range row {
		list[i] = Cell{Text: text, Key: i == t.Left-1, Number: i >= t.Left, Long: len(text) > longLine}
	}
	return list
}

// scalingTables are tables like those of Bharadwaj 2025: for each protocol and data set a row for each size of a model and a column for each
// step of its training, where there are two or more of both.
func scalingTables(cells []store.Cell) (tables []*table.Table) {
	type place struct{ protocol, data string }
	var places []place
	found := map[place][]store.Cell{}
	for _, c := range cells {
		if c.Status != store.Done || c.Kind != "model" || c.Params <= 0 || c.Step < 0 || c.Whole {
			continue
		}
		at := place{c.Counting(), c.Data}
		if found[at] == nil {
			places = append(places, at)
		}
		found[at] = append(found[at], c)
	}
	slices.SortStableFunc(places, func(a, b place) int { return cmp.Compare(a.protocol, b.protocol) })
	for _, at := range places {
		if t := scalingTable(found[at]); t != nil {
			tables = append(tables, t)
		}
	}
	return tables
}

// scalingTable is the table of one protocol and data set, nil if it has not two rows and two columns.
func scalingTable(cells []store.Cell) *table.Table {
	var steps []int64
	var rows []store.Cell // the first of each
	for _, c := range cells {
		if !slices.Contains(steps, c.Step) {
			steps = append(steps, c.Step)
		}
		if !slices.ContainsFunc(rows, func(r store.Cell) bool { return r.Run() == c.Run() && r.Params == c.Params }) {
			rows = append(rows, c)
		}
	}
	if len(steps) < 2 || len(rows) < 2 {
		return nil
	}
	slices.Sort(steps)
	slices.SortStableFunc(rows, func(a, b store.Cell) int {
		return cmp.Or(cmp.Compare(a.Params, b.Params), cmp.Compare(a.Run(), b.Run()))
	})
	t := &table.Table{Title: fmt.Sprintf("%s of %s: ratio in %% by parameters and optimizer steps, with 95%% intervals", cells[0].Counting(), cells[0].Dataset),
		Head: []string{"model", "parameters"}, Left: 1}
	for _, s := range steps {
		t.Head = append(t.Head, "step "+grouped(s))
	}
	for _, r := range rows {
		row := []string{r.Run(), grouped(r.Params)}
		for _, s := range steps {
			text := ""
			for _, c := range cells {
				if c.Step == s && c.Run() == r.Run() && c.Params == r.Params {
					text = ratioText(c)
				}
			}
			row = append(row, text)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// ratioText is a cell's ratio and its interval.
func ratioText(c store.Cell) string {
	s := fmt.Sprintf("%.2f", 100*c.Ratio)
	if c.High > 0 {
		s += fmt.Sprintf(" (%.2f..%.2f)", 100*c.Low/8, 100*c.High/8)
	}
	return s
}
