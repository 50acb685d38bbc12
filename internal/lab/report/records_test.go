package report

import (
	"bytes"
	"strings"
	"testing"

	"lmz/internal/lab/store"
)

// TestRecordsPacked: what goes without saying is left out, and nothing else.
func TestRecordsPacked(t *testing.T) {
	var cells []store.Cell
	for i, data := range []string{"a", "b", "a"} {
		c := sampleCell(1000, int64(i+1), data)
		c.Status, c.RawBytes = store.Done, int64(100*(i/2))
		cells = append(cells, c)
	}
	cells[1].Status = store.Failed
	columns := map[string]*recordColumn{}
	for _, c := range records(cells).Columns {
		columns[c.Name] = c
	}
	if c := columns["protocol"]; len(c.Texts) != 1 || c.Index != nil {
		t.Errorf("one protocol: %q, index %v", c.Texts, c.Index)
	}
	if c := columns["cell"]; len(c.Texts) != 3 || c.Index != nil || c.Texts[2] != cells[2].ID {
		t.Errorf("three cells: %q, index %v", c.Texts, c.Index)
	}
	if c := columns["data"]; len(c.Texts) != 2 || len(c.Index) != 3 || c.Index[2] != 0 {
		t.Errorf("a, b, a: %q, index %v", c.Texts, c.Index)
	}
	if c := columns["parameters"]; len(c.Numbers) != 1 || *c.Numbers[0] != 1000 {
		t.Errorf("one number of parameters: %v", c.Numbers)
	}
	if c := columns["raw bytes"]; len(c.Numbers) != 3 || *c.Numbers[0] != 0 || c.Numbers[1] != nil || *c.Numbers[2] != 100 {
		t.Errorf("0, none of a failed cell, 100: %v", c.Numbers)
	}
	if c := columns["state"]; c.Texts[c.Index[1]] != "failed" {
		t.Errorf("states %q, index %v", c.Texts, c.Index)
	}
}

// TestNoLaw: a page says why no law could be fitted, and that of too few models says nothing of laws.
func TestNoLaw(t *testing.T) {
	s, err := store.Open(t.Context(), t.TempDir()+"/few.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	page := func() string {
		r, err := Build(t.Context(), s, Options{Title: "few"})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := r.WriteHTML(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	putCell(t, s, sampleCell(1000, 10, "a"))
	if strings.Contains(page(), `id="laws"`) {
		t.Error("of one point the page has laws")
	}
	putCell(t, s, sampleCell(2000, 20, "a"))
	if !strings.Contains(page(), "No law could be fitted: law: few") {
		t.Error("of two points the page does not say that no law could be fitted")
	}
}

// TestSince: laws are of what was measured from a step on, and of whole chunks.
func TestSince(t *testing.T) {
	s, _ := sampleStore(t)
	half := sampleCell(50_000, 100, "tales")
	half.Protocol = "true-context/1"
	putCell(t, s, identified(half))
	for _, since := range []float64{0, 400} {
		r, err := Build(t.Context(), s, Options{Title: "sample", Since: since})
		if err != nil {
			t.Fatal(err)
		}
		if r.Laws == nil || len(r.Laws.Laws) != 2 {
			t.Fatalf("since %v: %+v, want the laws of two data sets", since, r.Laws)
		}
		for _, l := range r.Laws.Laws {
			if want := map[float64]int{0: 12, 400: 9}[since]; l.Points != want {
				t.Errorf("since %v: %d points of %s, want %d", since, l.Points, l.Group, want)
			}
		}
	}
	r, err := Build(t.Context(), s, Options{Title: "sample"})
	if err != nil {
		t.Fatal(err)
	}
	if want := "| 4 points |"; r.Held == nil || len(r.Held.Rows) != 2 || !strings.Contains(r.Markdown(), want) {
		t.Fatalf("held out: %+v, want two laws with four points each", r.Held)
	}
	for _, row := range r.Held.Rows { // the cells are of a sum of powers
		if best, less := row[len(row)-2], row[len(row)-1]; best == "constant" || !strings.HasPrefix(less, "-") {
			t.Errorf("%s predicts best, %s of the error of copying: %v", best, less, row)
		}
	}
	if r, err := Build(t.Context(), s, Options{Title: "sample", Since: 6400}); err != nil || r.Laws != nil {
		t.Errorf("a law of one step: %v, %v", r.Laws, err)
	}
}
