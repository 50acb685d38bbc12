package store

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Table is a table as files hold it.
type Table string

// The tables. A row of Tokens is a token, of the others a record.
const (
	Cells    Table = "cells"
	Chunks   Table = "chunks"
	Tokens   Table = "tokens"
	Datasets Table = "datasets"
)

// Format is a format of files.
type Format string

// The formats. The first line of CSV has the columns' names; a value that is NULL is empty there, null in JSONL.
const (
	CSV     Format = "csv"
	JSONL   Format = "jsonl"
	Parquet Format = "parquet"
)

// FormatOf is the format that the name of a file ends in.
func FormatOf(name string) (Format, error) {
	switch f := Format(strings.ToLower(strings.TrimPrefix(filepath.Ext(name), "."))); f {
	case CSV, JSONL, Parquet:
		return f, nil
	}
	return "", fmt.Errorf("store: %s: its name ends in no format, want .%s, .%s or .%s", name, CSV, JSONL, Parquet)
}

// sheet is how a file shows a table.
type sheet struct {
	name    Table
	table   *table
	columns []column
	rows    string // condition and order of those that are exported
}

// tokenRow is a row of Tokens.
type tokenRow struct {
	Cell  string  `json:"cell"`
	Index int     `json:"chunk"`
	Token int     `json:"token"` // its place in the chunk, from 0
	Size  int     `json:"size"`
	Bits  float32 `json:"bits"`
}

const ofDone = "WHERE cell IN (SELECT cell FROM cells WHERE status = 'done') "

var sheets = []*sheet{
	{Cells, cells, cells.columns, "WHERE status = 'done' " + cellOrder},
	{Chunks, chunks, chunks.columns, ofDone + "ORDER BY cell, chunk"},
	{Tokens, profiles, columnsOf(reflect.TypeFor[tokenRow]()), ofDone + "ORDER BY cell, chunk"},
	{Datasets, datasets, datasets.columns, "ORDER BY data"},
}

// sheetOf finds the sheet with the given columns, in any order, and where in a row of the file each of its
// columns stands.
func sheetOf(names []string) (*sheet, []int, error) {
	var nearest *sheet
	most := 0
	for _, s := range sheets {
		places := make([]int, len(s.columns))
		found := 0
		for i, c := range s.columns {
			if places[i] = slices.Index(names, c.name); places[i] >= 0 {
				found++
			}
		}
		if found == len(s.columns) && found == len(names) {
			return s, places, nil
		}
		if nearest == nil || found-len(s.columns) > most-len(nearest.columns) {
			nearest, most = s, found
		}
	}
	var differ []string
	for _, c := range nearest.columns {
		if !slices.Contains(names, c.name) {
			differ = append(differ, "no "+c.name)
		}
	}
	for i, name := range names {
		switch {
		case !slices.ContainsFunc(nearest.columns, func(c column) bool { return c.name == name }):
			differ = append(differ, fmt.Sprintf("an unknown %.40q", name))
		case slices.Contains(names[:i], name):
			differ = append(differ, fmt.Sprintf("%s twice", name))
		}
	}
	const shown = 5
	if n := len(differ); n > shown {
		differ = append(differ[:shown], fmt.Sprintf("%d more", n-shown))
	}
	return nil, nil, fmt.Errorf("the columns are those of no table; nearest is %s, but there is %s", nearest.name, strings.Join(differ, ", "))
}

// rowWriter writes a file. A row has a value for each of the sheet's columns, as the database keeps it.
type rowWriter interface {
	write(row []any) error
	close() error
}

// rowReader reads a file. The row that read returns is in the order of the sheet's columns and good until
// the next call; after the last comes io.EOF. place tells where the row was, for errors.
type rowReader interface {
	sheet() *sheet
	read() ([]any, error)
	place() string
	close() error
}

// text is a value as files show it, "" for NULL.
func (c column) text(value any) string {
	switch v := value.(type) {
	case int64:
		switch c.kind {
		case reflect.Bool:
			return strconv.FormatBool(v != 0)
		case reflect.Uint64:
			return strconv.FormatUint(uint64(v), 10)
		}
		return strconv.FormatInt(v, 10)
	case float64:
		if c.kind == reflect.Float32 {
			return strconv.FormatFloat(v, 'g', -1, 32)
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	case string:
		return v
	}
	return ""
}

// parse is the inverse of text.
func (c column) parse(text string) (any, error) {
	switch c.kind {
	case reflect.String:
		return plain(text), nil
	case reflect.Bool:
		switch text {
		case "true", "True", "1":
			return int64(1), nil
		case "false", "False", "0":
			return int64(0), nil
		}
		return nil, fmt.Errorf("%s is %.40q, want true or false", c.name, text)
	case reflect.Uint64:
		v, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s is %.40q, want an integer from 0 to %d", c.name, text, uint64(math.MaxUint64))
		}
		return int64(v), nil
	case reflect.Int, reflect.Int64:
		v, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s is %.40q, want an integer", c.name, text)
		}
		return v, nil
	}
	if text == "" && c.null {
		return nil, nil
	}
	bits := 64
	if c.kind == reflect.Float32 {
		bits = 32
	}
	v, err := strconv.ParseFloat(text, bits)
	if err != nil {
		return nil, fmt.Errorf("%s is %.40q, want a number", c.name, text)
	}
	return c.number(v)
}

// newWriter begins a file.
func newWriter(w io.Writer, s *sheet, f Format) (rowWriter, error) {
	switch f {
	case CSV:
		return newCSVWriter(w, s)
	case JSONL:
		return newJSONLWriter(w, s), nil
	case Parquet:
		return newParquetWriter(w, s), nil
	}
	return nil, fmt.Errorf("store: format %q, want %s, %s or %s", f, CSV, JSONL, Parquet)
}

// newReader looks which table a file holds.
func newReader(r io.Reader, f Format) (rowReader, error) {
	switch f {
	case CSV:
		return newCSVReader(r)
	case JSONL:
		return newJSONLReader(r)
	case Parquet:
		return newParquetReader(r)
	}
	return nil, fmt.Errorf("format %q, want %s, %s or %s", f, CSV, JSONL, Parquet)
}
