package store

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
)

// jsonlWriter writes an object a line.
type jsonlWriter struct {
	of   *sheet
	w    *bufio.Writer
	line bytes.Buffer
	text *json.Encoder // appends to line
}

func newJSONLWriter(w io.Writer, s *sheet) *jsonlWriter {
	j := &jsonlWriter{of: s, w: bufio.NewWriter(w)}
	j.text = json.NewEncoder(&j.line)
	j.text.SetEscapeHTML(false)
	return j
}

func (j *jsonlWriter) write(row []any) error {
	j.line.Reset()
	separator := byte('{')
	for i, c := range j.of.columns {
		j.line.WriteByte(separator)
		separator = ','
		fmt.Fprintf(&j.line, "%q:", c.name)
		switch {
		case row[i] == nil:
			j.line.WriteString("null")
		case c.kind == reflect.String:
			if err := j.text.Encode(row[i]); err != nil {
				return err
			}
			j.line.Truncate(j.line.Len() - 1) // the line end that Encode adds
		default:
			j.line.WriteString(c.text(row[i]))
		}
	}
	j.line.WriteString("}\n")
	_, err := j.w.Write(j.line.Bytes())
	return err
}

func (j *jsonlWriter) close() error { return j.w.Flush() }

// maxLine bounds a line in bytes: that of a data set names all its files.
const maxLine = 256 << 20

type jsonlReader struct {
	of    *sheet
	lines *bufio.Scanner
	line  int
	first bool // the line at which lines stand is yet to be read
	row   []any
	found []bool
}

func newJSONLReader(r io.Reader) (*jsonlReader, error) {
	j := &jsonlReader{lines: bufio.NewScanner(r), first: true}
	j.lines.Buffer(nil, maxLine)
	if err := j.next(); err == io.EOF {
		return nil, errors.New("the file is empty, want an object a line")
	} else if err != nil {
		return nil, err
	}
	var names []string
	err := j.fields(func(name string, _ json.Token) error {
		names = append(names, name)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if j.of, _, err = sheetOf(names); err != nil {
		return nil, fmt.Errorf("line %d: %w", j.line, err)
	}
	j.row, j.found = make([]any, len(j.of.columns)), make([]bool, len(j.of.columns))
	return j, nil
}

func (j *jsonlReader) sheet() *sheet { return j.of }

func (j *jsonlReader) place() string { return fmt.Sprintf("line %d", j.line) }

func (j *jsonlReader) close() error { return nil }

// next goes to the next line that is not blank.
func (j *jsonlReader) next() error {
	for j.lines.Scan() {
		j.line++
		if len(bytes.TrimSpace(j.lines.Bytes())) > 0 {
			return nil
		}
	}
	if err := j.lines.Err(); err != nil {
		return fmt.Errorf("line %d: %w", j.line+1, err)
	}
	return io.EOF
}

func (j *jsonlReader) read() ([]any, error) {
	if !j.first {
		if err := j.next(); err != nil {
			return nil, err
		}
	}
	j.first = false
	clear(j.found)
	err := j.fields(func(name string, value json.Token) (err error) {
		i := slices.IndexFunc(j.of.columns, func(c column) bool { return c.name == name })
		if i < 0 || j.found[i] {
			return fmt.Errorf("%.40q, which is unknown in %s or there twice", name, j.of.name)
		}
		j.found[i] = true
		j.row[i], err = j.of.columns[i].fromJSON(value)
		return err
	})
	if err != nil {
		return nil, err
	}
	if i := slices.Index(j.found, false); i >= 0 {
		return nil, fmt.Errorf("line %d: there is no %s", j.line, j.of.columns[i].name)
	}
	return j.row, nil
}

// fields calls a function for each field of the line's object. Errors tell the line and the column, in bytes from 1.
func (j *jsonlReader) fields(field func(name string, value json.Token) error) error {
	d := json.NewDecoder(bytes.NewReader(j.lines.Bytes()))
	d.UseNumber()
	at := func(err error) error {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("line %d, column %d: %w", j.line, d.InputOffset()+1, err)
	}
	token, err := d.Token()
	if err != nil {
		return at(err)
	}
	if token != json.Delim('{') {
		return at(fmt.Errorf("%.40v, want an object", token))
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return at(err)
		}
		value, err := d.Token()
		if err != nil {
			return at(err)
		}
		if _, nested := value.(json.Delim); nested {
			return at(fmt.Errorf("%.40q holds %v, want a plain value", name, value))
		}
		if err := field(name.(string), value); err != nil {
			return at(err)
		}
	}
	if _, err := d.Token(); err != nil {
		return at(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return at(errors.New("something follows the object"))
	}
	return nil
}

// fromJSON is a value of the column as JSON has it.
func (c column) fromJSON(value json.Token) (any, error) {
	_, isText := value.(string)
	if isText != (c.kind == reflect.String) || value == nil && !c.null {
		return nil, fmt.Errorf("%s is %.40v, want %s", c.name, fmt.Sprintf("%#v", value), c.sqlType())
	}
	if value == nil {
		return nil, nil
	}
	return c.parse(fmt.Sprint(value))
}
