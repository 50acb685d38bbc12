package store

import (
	"bytes"
	"io"
	"testing"
)

// FuzzRead reads files of any bytes as each format: there may be errors, not panics.
func FuzzRead(f *testing.F) {
	cell := someCell("a")
	values, err := cells.values(finished(cell, 1))
	if err != nil {
		f.Fatal(err)
	}
	for _, format := range allFormats {
		var b bytes.Buffer
		w, err := newWriter(&b, sheets[0], format)
		if err != nil {
			f.Fatal(err)
		}
		if err := w.write(values); err != nil {
			f.Fatal(err)
		}
		if err := w.close(); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, format := range allFormats {
			r, err := newReader(bytes.NewReader(file), format)
			if err != nil {
				continue
			}
			for err == nil {
				var row []any
				if row, err = r.read(); err == nil && len(row) != len(r.sheet().columns) {
					t.Errorf("%s: a row of %d values, want %d", format, len(row), len(r.sheet().columns))
				}
			}
			if err == io.EOF && r.place() == "" {
				t.Errorf("%s: no place", format)
			}
			if err := r.close(); err != nil {
				t.Error(err)
			}
		}
	})
}
