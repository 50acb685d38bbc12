package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"

	"github.com/parquet-go/parquet-go"
)

// rowsPerGroup bounds the memory of writing: a group of rows is held until it is complete.
const rowsPerGroup = 1 << 16

// parquetWriter writes Apache Parquet: INT64, UINT64, DOUBLE, FLOAT, BOOLEAN and UTF8 columns, none nested,
// compressed by zstd (https://parquet.apache.org/docs/file-format).
type parquetWriter struct {
	of  *sheet
	w   *parquet.GenericWriter[any]
	row parquet.Row
}

func newParquetWriter(w io.Writer, s *sheet) *parquetWriter {
	return &parquetWriter{s, parquet.NewGenericWriter[any](w, schemaOf(s), parquet.MaxRowsPerRowGroup(rowsPerGroup)), make(parquet.Row, len(s.columns))}
}

// schemaOf describes the columns in their order, which parquet.Group would not keep.
func schemaOf(s *sheet) *parquet.Schema {
	var fields []reflect.StructField
	for i, c := range s.columns {
		tag := c.name + ",zstd"
		if c.kind == reflect.String {
			tag += ",dict" // the identity of a cell is in each of its rows
		}
		if c.null {
			tag += ",optional"
		}
		kind, ok := parquetTypes[c.kind]
		if !ok {
			panic("store: no Parquet for a field of kind " + c.kind.String())
		}
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("Column%d", i), Type: kind, Tag: reflect.StructTag(fmt.Sprintf("parquet:%q", tag))})
	}
	return parquet.NewSchema(string(s.name), parquet.SchemaOf(reflect.New(reflect.StructOf(fields)).Interface()))
}

var parquetTypes = map[reflect.Kind]reflect.Type{
	reflect.Bool:    reflect.TypeFor[bool](),
	reflect.Int:     reflect.TypeFor[int64](),
	reflect.Int64:   reflect.TypeFor[int64](),
	reflect.Uint64:  reflect.TypeFor[uint64](),
	reflect.Float32: reflect.TypeFor[float32](),
	reflect.Float64: reflect.TypeFor[float64](),
	reflect.String:  reflect.TypeFor[string](),
}

func (p *parquetWriter) write(row []any) error {
	for i, c := range p.of.columns {
		var v parquet.Value
		switch x := row[i].(type) {
		case int64:
			if c.kind == reflect.Bool {
				v = parquet.BooleanValue(x != 0)
			} else {
				v = parquet.Int64Value(x)
			}
		case float64:
			if c.kind == reflect.Float32 {
				v = parquet.FloatValue(float32(x))
			} else {
				v = parquet.DoubleValue(x)
			}
		case string:
			v = parquet.ByteArrayValue([]byte(x))
		}
		defined := 0
		if c.null && row[i] != nil {
			defined = 1
		}
		p.row[i] = v.Level(0, defined, i)
	}
	_, err := p.w.WriteRows([]parquet.Row{p.row})
	return err
}

func (p *parquetWriter) close() error { return p.w.Close() }

// parquetReader reads what parquetWriter writes, and what others make of it: columns in another order, integers of 32
// bits, numbers of another precision.
type parquetReader struct {
	of     *sheet
	places []int
	groups []parquet.RowGroup // yet to be read
	rows   parquet.Rows       // of the group that is being read, nil for none
	buffer []parquet.Row
	ready  []parquet.Row // of buffer, yet to be returned
	row    []any
	count  int // rows returned
	spool  *os.File
}

func newParquetReader(r io.Reader) (*parquetReader, error) {
	spool, err := os.CreateTemp("", "lmz-import-*.parquet")
	if err != nil {
		return nil, err
	}
	p := &parquetReader{buffer: make([]parquet.Row, 256), spool: spool}
	if err := p.open(r); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// open copies the file, whose directory is at its end, and reads that.
func (p *parquetReader) open(r io.Reader) (err error) {
	defer recoverParquet(&err)
	size, err := io.Copy(p.spool, r)
	if err != nil {
		return err
	}
	file, err := parquet.OpenFile(p.spool, size)
	if err != nil {
		return err
	}
	var names []string
	for _, c := range file.Root().Columns() {
		if !c.Leaf() || c.Repeated() {
			return fmt.Errorf("column %.40q is nested, want plain values", c.Name())
		}
		names = append(names, c.Name())
	}
	p.of, p.places, err = sheetOf(names)
	p.groups = file.RowGroups()
	p.row = make([]any, len(names))
	return err
}

// recoverParquet makes an error of a panic: parquet-go has some on damaged files.
func recoverParquet(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("the file is damaged: %v", r)
	}
}

func (p *parquetReader) sheet() *sheet { return p.of }

func (p *parquetReader) place() string { return fmt.Sprintf("row %d", p.count) }

func (p *parquetReader) read() (row []any, err error) {
	defer recoverParquet(&err)
	if err := p.fill(); err != nil {
		if err == io.EOF {
			return nil, err
		}
		return nil, fmt.Errorf("after row %d: %w", p.count, err)
	}
	values := p.ready[0]
	p.ready = p.ready[1:]
	p.count++
	if len(values) != len(p.row) {
		return nil, fmt.Errorf("row %d has %d values, want %d", p.count, len(values), len(p.row))
	}
	for i, c := range p.of.columns {
		if p.row[i], err = c.fromParquet(values[p.places[i]]); err != nil {
			return nil, fmt.Errorf("row %d: %w", p.count, err)
		}
	}
	return p.row, nil
}

// fill reads more rows if none is ready.
func (p *parquetReader) fill() error {
	for len(p.ready) == 0 {
		if p.rows == nil {
			if len(p.groups) == 0 {
				return io.EOF
			}
			p.rows = p.groups[0].Rows()
			p.groups = p.groups[1:]
		}
		n, err := p.rows.ReadRows(p.buffer)
		p.ready = p.buffer[:n]
		if errors.Is(err, io.EOF) {
			err = p.rows.Close()
			p.rows = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *parquetReader) close() error {
	if p.rows != nil {
		p.rows.Close()
	}
	return errors.Join(p.spool.Close(), os.Remove(p.spool.Name()))
}

// fromParquet is a value of the column as Parquet has it.
func (c column) fromParquet(v parquet.Value) (any, error) {
	kind := v.Kind()
	switch {
	case v.IsNull():
		if c.null {
			return nil, nil
		}
	case c.kind == reflect.Bool:
		if kind == parquet.Boolean {
			return c.parse(fmt.Sprint(v.Boolean()))
		}
	case c.sqlType() == "INTEGER":
		switch kind {
		case parquet.Int64:
			return v.Int64(), nil
		case parquet.Int32:
			return int64(v.Int32()), nil
		}
	case c.sqlType() == "REAL":
		x := 0.0
		switch kind {
		case parquet.Double:
			x = v.Double()
		case parquet.Float:
			x = float64(v.Float())
		default:
			return nil, fmt.Errorf("%s is of type %s, want a number", c.name, kind)
		}
		if c.kind == reflect.Float32 {
			x = float64(float32(x))
		}
		return c.number(x)
	case kind == parquet.ByteArray:
		return plain(string(v.ByteArray())), nil
	}
	return nil, fmt.Errorf("%s is %.40q of type %s, want %s", c.name, v.String(), kind, c.sqlType())
}
