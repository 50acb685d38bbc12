package report

import (
	"slices"
	"strings"
	"testing"

	"lmz/internal/lab/figure"
	"lmz/internal/lab/store"
)

// vocabulary is a model at step 100 with a body of 1,000 parameters and so many in its embeddings, which makes so many tokens of 131,072 bytes.
func vocabulary(name string, embeddings, tokens int64, ratio float64) store.Cell {
	c := sampleCell(1000+embeddings, 100, "tales")
	c.Name, c.Subject, c.ParamsBody, c.Tokens, c.Ratio, c.Status = name, name, 1000, tokens, ratio, store.Done
	return identified(c)
}

func TestTokens(t *testing.T) {
	other := sampleCell(70_000, 100, "tales") // of another body: no vocabulary to compare with
	other.Status = store.Done
	cells := []store.Cell{vocabulary("bpe", 9000, 32768, 0.3), other, vocabulary("bytes", 500, 131072, 0.35)}
	tables := tokenTables(cells)
	if len(tables) != 1 || len(tables[0].Rows) != 2 {
		t.Fatalf("tables %v, want one of two rows", tables)
	}
	want := [][]string{ // bytes first; adjusted: ratio + 2 P / D
		{"bytes", "1,000", "500", "131,072", "1.000", "", "", "", "35.0", "35.0"},
		{"bpe", "1,000", "9,000", "32,768", "4.000", "", "", "", "30.2", "30.0"},
	}
	for i, row := range tables[0].Rows {
		for j, cell := range want[i] {
			if cell != "" && row[j] != cell {
				t.Errorf("row %d, %s: %q, want %q", i, tables[0].Head[j], row[j], cell)
			}
		}
	}
	f := tokenFigure(groupsOf(cells, nil)[0])
	if got := layer(t, *f, figure.Points, "1k in the body").Data; len(got) != 2 || got[0].X != 1 || got[1].X != 4 || got[1].Y != 0.3 {
		t.Errorf("points %v, want those at 1 and 4 bytes a token", got)
	}
	if !strings.Contains(f.Text, "bpe with 30.0%") {
		t.Errorf("text %q", f.Text)
	}
	if got := alike(cells); len(got) != 1 || got[0].ID != other.ID {
		t.Errorf("%v are alike, want that of another body alone", got)
	}
	if g := groupsOf(cells[:2], nil); tokenTables(cells[:2]) != nil || tokenFigure(g[0]) != nil {
		t.Error("bodies of different sizes are set beside each other")
	}
	half := slices.Clone(cells)
	half[0].Coverage = 0.5 // of the tokens of a part nothing is known
	if tokenTables(half) != nil {
		t.Error("a cell that does not cover its bytes is in a table")
	}
}
