package law

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Table is rows under a head, set in columns: the first Left of words, then figures.
type Table struct {
	Title string
	Head  []string
	Left  int
	Rows  [][]string
	Notes []string // what a reader must know
}

func (t *Table) row(cells ...string) { t.Rows = append(t.Rows, cells) }

// text sets the table with two spaces before each line.
func (t *Table) text() string {
	width := make([]int, len(t.Head))
	all := append([][]string{t.Head}, t.Rows...)
	for _, row := range all {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range all {
		var line strings.Builder
		for i, cell := range row {
			if i < t.Left {
				fmt.Fprintf(&line, "  %-*s", width[i], cell)
			} else {
				fmt.Fprintf(&line, "  %*s", width[i], cell)
			}
		}
		fmt.Fprintln(&b, strings.TrimRight(line.String(), " "))
	}
	return b.String()
}

// write writes the table and its notes.
func (t *Table) write(b *strings.Builder) {
	b.WriteString(t.text())
	for _, note := range t.Notes {
		b.WriteString(wrap(note, "  ", "  "))
	}
}

const lineWidth = 96

// wrap breaks text between words, each line after the first begins with indent.
func wrap(text, first, indent string) string {
	var b strings.Builder
	line := first
	for i, word := range strings.Fields(text) {
		if i > 0 && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > lineWidth {
			fmt.Fprintln(&b, line)
			line = indent + word
			continue
		}
		if i > 0 {
			line += " "
		}
		line += word
	}
	fmt.Fprintln(&b, line)
	return b.String()
}
