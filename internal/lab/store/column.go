package store

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"unicode/utf8"
)

// column is one field of a record and one column of its table.
type column struct {
	name  string // the field's JSON name
	index []int  // of the field, for reflect.Value.FieldByIndex
	kind  reflect.Kind
	null  bool // a number that is not finite is NULL, and NULL is NaN
}

// columnsOf lists the fields of a record in their order, those of embedded structs among them.
func columnsOf(record reflect.Type) []column {
	var columns []column
	for _, f := range reflect.VisibleFields(record) {
		name := f.Tag.Get("json")
		if f.Anonymous || f.Tag.Get("store") == "-" {
			continue
		}
		columns = append(columns, column{name, f.Index, f.Type.Kind(), f.Tag.Get("store") == "null"})
	}
	return columns
}

// sqlType is the column's type in SQLite.
func (c column) sqlType() string {
	switch c.kind {
	case reflect.Bool, reflect.Int, reflect.Int64, reflect.Uint64:
		return "INTEGER"
	case reflect.Float32, reflect.Float64:
		return "REAL"
	case reflect.String:
		return "TEXT"
	case reflect.Slice:
		return "BLOB"
	}
	panic("store: no column for a field of kind " + c.kind.String())
}

// value is what the database keeps of the column's field of a record: an int64, a float64, a string, bytes, or nil.
func (c column) value(record reflect.Value) (any, error) {
	v := record.FieldByIndex(c.index)
	switch c.kind {
	case reflect.Bool:
		if v.Bool() {
			return int64(1), nil
		}
		return int64(0), nil
	case reflect.Int, reflect.Int64:
		return v.Int(), nil
	case reflect.Uint64:
		return int64(v.Uint()), nil
	case reflect.Float32, reflect.Float64:
		return c.number(v.Float())
	case reflect.String:
		return plain(v.String()), nil
	}
	return v.Bytes(), nil
}

// number is x if it is finite, NULL if it need not be.
func (c column) number(x float64) (any, error) {
	if !math.IsNaN(x) && !math.IsInf(x, 0) {
		return x, nil
	}
	if c.null {
		return nil, nil
	}
	return nil, fmt.Errorf("%s is %v, want a finite number", c.name, x)
}

// set puts what the database kept into the column's field of a record.
func (c column) set(record reflect.Value, kept any) error {
	field := record.FieldByIndex(c.index)
	switch kept := kept.(type) {
	case int64:
		switch c.kind {
		case reflect.Bool:
			field.SetBool(kept != 0)
			return nil
		case reflect.Int, reflect.Int64:
			if field.OverflowInt(kept) {
				return fmt.Errorf("%s is %d, beyond what this machine counts", c.name, kept)
			}
			field.SetInt(kept)
			return nil
		case reflect.Uint64:
			field.SetUint(uint64(kept))
			return nil
		}
	case float64:
		if c.sqlType() == "REAL" {
			field.SetFloat(kept)
			return nil
		}
	case string:
		if c.kind == reflect.String {
			field.SetString(kept)
			return nil
		}
	case []byte:
		if c.kind == reflect.Slice {
			field.SetBytes(kept)
			return nil
		}
	case nil:
		if c.null {
			field.SetFloat(math.NaN())
			return nil
		}
	}
	return fmt.Errorf("%s is %.40q, want %s", c.name, fmt.Sprint(kept), c.sqlType())
}

// plain is a text that every program reads alike: UTF-8, lines ended by \n, no NUL.
func plain(text string) string {
	if utf8.ValidString(text) && !strings.ContainsAny(text, "\r\x00") {
		return text
	}
	return plainer.Replace(strings.ToValidUTF8(text, "\uFFFD"))
}

var plainer = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\uFFFD")
