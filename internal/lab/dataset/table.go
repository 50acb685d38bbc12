package dataset

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Limits of a CSV file.
const (
	maxRow     = 1 << 20 // bytes of a row
	maxColumns = 1 << 14
)

// table reads a CSV file (RFC 4180) whose separator is found out.
type table struct {
	f     *file
	csv   *csv.Reader
	limit *rowLimit
	line  int // where the last row begins, from 1; 0 before the first
}

// openTable opens a CSV file. A byte order mark at its beginning is left out.
func openTable(f *file) (*table, error) {
	begin, err := f.Peek(peekable)
	if err != nil && err != io.EOF {
		return nil, err
	}
	const mark = "\ufeff"
	if bytes.HasPrefix(begin, []byte(mark)) {
		if _, err := io.CopyN(io.Discard, f, int64(len(mark))); err != nil {
			return nil, err
		}
	}
	t := &table{f: f, limit: &rowLimit{r: f}}
	t.csv = csv.NewReader(t.limit)
	t.csv.ReuseRecord = true
	t.csv.Comma = separator(begin)
	return t, nil
}

// separator finds what separates the cells of a file that begins so: what stands equally often, and at all, in
// each of its first rows, quoted cells aside. A comma is the last choice, since numbers may have one.
func separator(begin []byte) rune {
	const rowsLookedAt = 10
	for _, s := range "\t;" {
		var counts []int
		quoted, count := false, 0
		for _, b := range begin {
			switch {
			case b == '"':
				quoted = !quoted
			case quoted:
			case b == '\n':
				counts = append(counts, count)
				count = 0
			case b == byte(s):
				count++
			}
			if len(counts) == rowsLookedAt {
				break
			}
		}
		if len(counts) == 0 {
			counts = append(counts, count)
		}
		if counts[0] > 0 && !slices.ContainsFunc(counts, func(n int) bool { return n != counts[0] }) {
			return s
		}
	}
	return ','
}

// next returns the next row, valid until the next call; io.EOF after the last.
func (t *table) next() ([]string, error) {
	t.limit.read = 0
	record, err := t.csv.Read()
	var parse *csv.ParseError
	switch {
	case errors.As(err, &parse) && parse.Err == csv.ErrFieldCount:
		return nil, t.f.errorf("line %d: %d columns, as many as in the rows before are wanted", parse.StartLine, len(record))
	case errors.As(err, &parse):
		return nil, t.f.errorf("line %d, byte %d: %w", parse.Line, parse.Column, parse.Err)
	case errors.Is(err, errLongRow):
		return nil, t.f.errorf("the row after that of line %d has more than %d bytes", t.line, maxRow)
	case err != nil:
		return nil, err
	case len(record) > maxColumns:
		return nil, t.f.errorf("%d columns, want %d at most", len(record), maxColumns)
	}
	t.line, _ = t.csv.FieldPos(0)
	return record, nil
}

// cell is the cell of a row at a place counted from 0, without space round it. Numbers may have a decimal comma
// where commas do not separate.
func (t *table) cell(record []string, at int) string {
	cell := strings.TrimSpace(record[at])
	if t.csv.Comma != ',' && strings.Count(cell, ",") == 1 && !strings.Contains(cell, ".") {
		if number := strings.Replace(cell, ",", ".", 1); isNumber(number) {
			return number
		}
	}
	return cell
}

// fault is an error about a cell of the last row.
func (t *table) fault(at int, name, cell, what string) error {
	return t.f.errorf("line %d, %s: %q, %s", t.line, columnName(at, name), cell, what)
}

// columnName is a column for messages.
func columnName(at int, name string) string {
	if number := fmt.Sprint(at + 1); name != number {
		return fmt.Sprintf("column %s (%s)", number, name)
	}
	return fmt.Sprintf("column %d", at+1)
}

// isMissing reports whether a cell says that there is no value.
func isMissing(cell string) bool {
	return slices.Contains([]string{"", "na", "n/a", "nan", "null", "?"}, strings.ToLower(cell))
}

var errLongRow = errors.New("long row")

// rowLimit is a reader that ends with errLongRow where a row may have more than maxRow bytes; read is set to 0
// before each row.
type rowLimit struct {
	r    io.Reader
	read int
}

func (l *rowLimit) Read(p []byte) (int, error) {
	if l.read > maxRow {
		return 0, errLongRow
	}
	n, err := l.r.Read(p)
	l.read += n
	return n, err
}
