package study

import (
	"strings"
	"testing"
)

// TestTableLines wants each row of a table in one line, whatever a file is called.
func TestTableLines(t *testing.T) {
	table := &Table{Title: "a\nb", Head: []string{"subject", "x\r\ny"}, Left: 1, Rows: [][]string{{"one\ntwo", "3"}}, Notes: []string{"of\nz"}}
	for name, form := range map[string]func() string{"text": table.Text, "Markdown": table.Markdown, "LaTeX": table.LaTeX} {
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
	if table.Rows[0][0] != "one\ntwo" {
		t.Errorf("the table was changed: %q", table.Rows)
	}
}
