package dataset

import (
	"context"
	"encoding/binary"
	"io"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Column is a column of a CSV file that chunks are made of.
type Column struct {
	File string `json:"file"` // below Spec.Source
	Name string `json:"name"` // as the header has it; without a header its number from 1

	// Of Int16: a sample stands for (sample + Offset) / 10^Decimals, exactly.
	Decimals int   `json:"decimals,omitempty"`
	Offset   int64 `json:"offset,omitempty"`
}

// nan is what Float32 has for a missing value: the quiet NaN of IEEE 754 without payload.
const nan = 0x7fc00000

// tables are the endings of CSV files in a directory or an archive.
var tables = []string{".csv", ".tsv"}

// makeFloat32 makes chunks of the columns' values, rounded to the nearest float32.
func makeFloat32(ctx context.Context, spec Spec, from *source, emit func([]byte) error) (Signal, error) {
	return Signal{}, makeSeries(ctx, spec, from, emit, func(row []byte, _ Column, cell string) ([]byte, string) {
		if isMissing(cell) {
			return binary.LittleEndian.AppendUint32(row, nan), ""
		}
		v, err := strconv.ParseFloat(cell, 32)
		if err != nil {
			return row, "which no float32 is near to"
		}
		return binary.LittleEndian.AppendUint32(row, math.Float32bits(float32(v))), ""
	})
}

// makeInt16 makes chunks of the columns' values times a power of ten, which makes integers of all in a column of a file.
// Where these are not in the range of int16, an offset is taken away first.
func makeInt16(ctx context.Context, spec Spec, from *source, emit func([]byte) error) (Signal, error) {
	return Signal{SampleBytes: 2}, makeSeries(ctx, spec, from, emit, func(row []byte, c Column, cell string) ([]byte, string) {
		d, ok := parseDecimal(cell)
		if ok {
			d, ok = d.at(c.Decimals)
		}
		sample := d.mantissa - c.Offset
		if !ok || sample != int64(int16(sample)) {
			return row, "which the scale does not fit: the file has changed"
		}
		return binary.LittleEndian.AppendUint16(row, uint16(sample)), ""
	})
}

// appendCell appends the sample of a cell of a column to a row, or says why it cannot.
type appendCell func(row []byte, c Column, cell string) (_ []byte, fault string)

// makeSeries reads the files twice: to choose columns and scales, then to make samples, row by row.
func makeSeries(ctx context.Context, spec Spec, from *source, emit func([]byte) error, add appendCell) error {
	var plans []*plan // of the files of a walk, nil for one that is skipped: two files of a tar may have one name
	err := from.look(ctx, func(f *file) error {
		if !f.named && !slices.Contains(tables, strings.ToLower(path.Ext(f.plain))) {
			f.skip("not called " + strings.Join(tables, " or "))
			plans = append(plans, nil)
			return nil
		}
		p, err := survey(f, spec)
		plans = append(plans, p)
		return err
	})
	if err != nil {
		return err
	}
	return cut(ctx, spec, from, emit, func(f *file) (io.Reader, error) {
		if len(plans) == 0 {
			return nil, f.errorf("was not there before: the source changes while it is read")
		}
		p := plans[0]
		plans = plans[1:]
		if p == nil {
			return nil, nil
		}
		from.columns = append(from.columns, p.columns...)
		t, err := openTable(f)
		if err != nil {
			return nil, err
		}
		if p.header {
			if _, err := t.next(); err == io.EOF {
				return nil, f.errorf("no rows: the file has changed")
			} else if err != nil {
				return nil, err
			}
		}
		return &rows{table: t, plan: p, add: add}, nil
	})
}

// rows reads the samples of a table.
type rows struct {
	*table
	plan *plan
	add  appendCell
	row  []byte // samples, and
	left []byte // those not yet read
}

func (r *rows) Read(p []byte) (int, error) {
	if len(r.left) == 0 {
		record, err := r.next()
		if err != nil {
			return 0, err
		}
		r.row = r.row[:0]
		for i, c := range r.plan.columns {
			at := r.plan.places[i]
			if at >= len(record) {
				return 0, r.f.errorf("line %d: %d columns, there were more: the file has changed", r.line, len(record))
			}
			var fault string
			if r.row, fault = r.add(r.row, c, r.cell(record, at)); fault != "" {
				return 0, r.fault(at, c.Name, record[at], fault)
			}
		}
		r.left = r.row
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}
