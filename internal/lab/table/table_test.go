package table_test

import (
	"strings"
	"testing"

	"lmz/internal/lab/table"
)

// TestTableLines wants each row of a table in one line, whatever a file is called.
func TestTableLines(t *testing.T) {
	set := &table.Table{Title: "a\nb", Head: []string{"subject", "x\r\ny"}, Left: 1, Rows: [][]string{{"one\ntwo", "3"}}, Notes: []string{"of\nz"}}
	for name, form := range map[string]func() string{"text": set.Text, "Markdown": set.Markdown, "LaTeX": set.LaTeX} {
		text := form()
		for _, broken := range []string{"a\nb", "x\r", "\ny", "one\n", "\ntwo", "of\n"} {
			if strings.Contains(text, broken) {
				t.Errorf("%s: %q is broken:\n%s", name, broken, text)
			}
		}
		if !strings.Contains(text, "one") || !strings.Contains(text, "two") {
			t.Errorf("%s: the row is not there:\n%s", name, text)
		}
	}
	if set.Rows[0][0] != "one\ntwo" {
		t.Errorf("the table was changed: %q", set.Rows)
	}
}

// TestGrid: words to the left, figures to the right, also of characters of several bytes, and rows without a head.
func TestGrid(t *testing.T) {
	set := &table.Table{Title: "not shown", Left: 1}
	set.Row("größe", "1", "22")
	set.Row("b", "333")
	if got, want := set.Grid("  "), "  größe    1  22\n  b      333\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	set.Head = []string{"name", "x", "of y"}
	if got, want := set.Grid(""), "name     x  of y\ngröße    1    22\nb      333\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
