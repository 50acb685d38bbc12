package store

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
)

// csvWriter writes RFC 4180, lines ended by \n.
type csvWriter struct {
	of     *sheet
	w      *csv.Writer
	record []string
}

func newCSVWriter(w io.Writer, s *sheet) (*csvWriter, error) {
	c := &csvWriter{s, csv.NewWriter(w), make([]string, len(s.columns))}
	for i, column := range s.columns {
		c.record[i] = column.name
	}
	return c, c.w.Write(c.record)
}

func (c *csvWriter) write(row []any) error {
	for i, column := range c.of.columns {
		c.record[i] = column.text(row[i])
	}
	return c.w.Write(c.record)
}

func (c *csvWriter) close() error {
	c.w.Flush()
	return c.w.Error()
}

type csvReader struct {
	of     *sheet
	places []int
	r      *csv.Reader
	row    []any
}

func newCSVReader(r io.Reader) (*csvReader, error) {
	buffered := bufio.NewReader(r)
	if mark, _ := buffered.Peek(3); string(mark) == "\xef\xbb\xbf" {
		buffered.Discard(3) // the byte order mark that spreadsheets write
	}
	c := &csvReader{r: csv.NewReader(buffered)}
	names, err := c.r.Read()
	if err == io.EOF {
		return nil, errors.New("the file is empty, want a line of names of columns")
	}
	if err != nil {
		return nil, csvError(err)
	}
	if c.of, c.places, err = sheetOf(slices.Clone(names)); err != nil {
		return nil, fmt.Errorf("line 1: %w", err)
	}
	c.r.ReuseRecord = true
	c.row = make([]any, len(names))
	return c, nil
}

func (c *csvReader) sheet() *sheet { return c.of }

func (c *csvReader) read() ([]any, error) {
	record, err := c.r.Read()
	if err != nil {
		return nil, csvError(err)
	}
	for i, column := range c.of.columns {
		if c.row[i], err = column.parse(record[c.places[i]]); err != nil {
			line, at := c.r.FieldPos(c.places[i])
			return nil, fmt.Errorf("line %d, column %d: %w", line, at, err)
		}
	}
	return c.row, nil
}

func (c *csvReader) place() string {
	line, _ := c.r.FieldPos(0)
	return fmt.Sprintf("line %d", line)
}

func (c *csvReader) close() error { return nil }

// csvError words the errors of package csv like the others here.
func csvError(err error) error {
	var e *csv.ParseError
	if errors.As(err, &e) {
		return fmt.Errorf("line %d, column %d: %w", e.Line, e.Column, e.Err)
	}
	return err
}
