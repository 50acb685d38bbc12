// Package table sets rows of words and figures for terminals, Markdown and LaTeX.
package table

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Table is rows of cells under a head, the first columns of which, Left in number, are words and the others figures.
type Table struct {
	Title string
	Head  []string
	Left  int
	Rows  [][]string
	Notes []string // what a reader must know
}

// flat is the table with each cell in one line: names of files can have more.
func (t *Table) flat() *Table {
	lines := strings.NewReplacer("\n", `\n`, "\r", `\r`)
	f := *t
	row := func(cells []string) []string {
		flat := make([]string, len(cells))
		for i, c := range cells {
			flat[i] = lines.Replace(c)
		}
		return flat
	}
	f.Title, f.Head, f.Notes, f.Rows = lines.Replace(t.Title), row(t.Head), row(t.Notes), make([][]string, len(t.Rows))
	for i, cells := range t.Rows {
		f.Rows[i] = row(cells)
	}
	return &f
}

// Row adds a row.
func (t *Table) Row(cells ...string) { t.Rows = append(t.Rows, cells) }

// Text is the table for a terminal.
func (t *Table) Text() string {
	t = t.flat()
	var b strings.Builder
	t.title(&b)
	b.WriteString(t.grid(""))
	t.notes(&b, "%s\n")
	return b.String()
}

// Grid is the head, if there is one, and the rows alone, set in columns, each line behind an indent.
func (t *Table) Grid(indent string) string { return t.flat().grid(indent) }

func (t *Table) grid(indent string) string {
	all := t.Rows
	if len(t.Head) > 0 {
		all = append([][]string{t.Head}, t.Rows...)
	}
	var width []int
	for _, row := range all {
		for i, cell := range row {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range all {
		var line strings.Builder
		for i, cell := range row {
			if i < t.Left {
				fmt.Fprintf(&line, "%-*s  ", width[i], cell)
			} else {
				fmt.Fprintf(&line, "%*s  ", width[i], cell)
			}
		}
		fmt.Fprintln(&b, strings.TrimRight(indent+line.String(), " "))
	}
	return b.String()
}

// Markdown is the table in GitHub's Markdown.
func (t *Table) Markdown() string {
	t = t.flat()
	var b strings.Builder
	t.title(&b)
	line := func(cells []string) {
		fmt.Fprintf(&b, "| %s |\n", strings.ReplaceAll(strings.Join(cells, " \x00 "), "|", `\|`))
	}
	line(t.Head)
	rule := make([]string, len(t.Head))
	for i := range rule {
		rule[i] = "---:"
		if i < t.Left {
			rule[i] = "---"
		}
	}
	line(rule)
	for _, row := range t.Rows {
		line(row)
	}
	t.notes(&b, "- %s\n")
	return strings.ReplaceAll(b.String(), "\x00", "|")
}

// LaTeX is the table as a tabular with the rules of package booktabs.
func (t *Table) LaTeX() string {
	t = t.flat()
	escape := strings.NewReplacer(`\`, `\textbackslash{}`, `&`, `\&`, `%`, `\%`, `$`, `\$`, `#`, `\#`, `_`, `\_`, `{`, `\{`, `}`, `\}`, `~`, `\textasciitilde{}`, `^`, `\textasciicircum{}`)
	var b strings.Builder
	fmt.Fprintf(&b, "%% %s\n\\begin{tabular}{%s%s}\n\\toprule\n", t.Title, strings.Repeat("l", t.Left), strings.Repeat("r", len(t.Head)-t.Left))
	line := func(cells []string) {
		escaped := make([]string, len(cells))
		for i, c := range cells {
			escaped[i] = escape.Replace(c)
		}
		fmt.Fprintf(&b, "%s \\\\\n", strings.Join(escaped, " & "))
	}
	line(t.Head)
	b.WriteString("\\midrule\n")
	for _, row := range t.Rows {
		line(row)
	}
	b.WriteString("\\bottomrule\n\\end{tabular}\n")
	t.notes(&b, "%% %s\n")
	return b.String()
}

func (t *Table) notes(b *strings.Builder, format string) {
	if len(t.Notes) > 0 {
		b.WriteByte('\n')
	}
	for _, n := range t.Notes {
		fmt.Fprintf(b, format, n)
	}
}

func (t *Table) title(b *strings.Builder) {
	if t.Title != "" {
		fmt.Fprintf(b, "%s\n\n", t.Title)
	}
}
