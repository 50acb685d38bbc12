package law

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"lmz/internal/lab/table"
)

// writeTable writes a table's columns and its notes.
func writeTable(b *strings.Builder, t *table.Table) {
	b.WriteString(t.Grid("  "))
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
