package store

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// table is a table of the database and the record that its rows hold.
type table struct {
	name    string
	record  reflect.Type
	columns []column
	key     []string // the primary key
	rest    string   // further constraints
}

// The tables. Renaming, adding or removing a field of a record changes the schema: see schemaVersion.
var (
	cells    = describe[Cell]("cells", "", "cell")
	chunks   = describe[Chunk]("chunks", ownedByCell, "cell", "chunk")
	profiles = describe[profile]("tokens", ownedByChunk, "cell", "chunk")
	datasets = describe[Dataset]("datasets", "", "data")
	leases   = describe[lease]("leases", ownedByCell, "cell")

	deliveries = describe[delivery]("deliveries", ownedByChunk, "cell", "chunk")

	tables = []*table{cells, chunks, profiles, datasets, leases, deliveries}
)

const (
	ownedByCell  = "FOREIGN KEY (cell) REFERENCES cells ON DELETE CASCADE"
	ownedByChunk = "FOREIGN KEY (cell, chunk) REFERENCES chunks ON DELETE CASCADE"
)

func describe[T any](name, rest string, key ...string) *table {
	record := reflect.TypeFor[T]()
	return &table{name, record, columnsOf(record), key, rest}
}

// names are the columns' names.
func (t *table) names() []string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return names
}

// create is the statement that makes the table. Tables of more than a key's rows are kept in the order of the key.
func (t *table) create() string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE %s (\n", t.name)
	for _, c := range t.columns {
		fmt.Fprintf(&b, "\t%s %s", c.name, c.sqlType())
		if !c.null {
			b.WriteString(" NOT NULL")
		}
		b.WriteString(",\n")
	}
	fmt.Fprintf(&b, "\tPRIMARY KEY (%s)", strings.Join(t.key, ", "))
	if t.rest != "" {
		fmt.Fprintf(&b, ",\n\t%s", t.rest)
	}
	b.WriteString("\n) WITHOUT ROWID")
	return b.String()
}

// selectAll is "SELECT columns FROM table", for a condition and an order to follow.
func (t *table) selectAll() string {
	return "SELECT " + strings.Join(t.names(), ", ") + " FROM " + t.name
}

// insert is the statement that adds a row, with a parameter for each column.
func (t *table) insert() string {
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES (?%s)", t.name, strings.Join(t.names(), ", "), strings.Repeat(", ?", len(t.columns)-1))
}

// upsert is the statement that adds a row or replaces all but the key of the one with its key.
func (t *table) upsert() string {
	var sets []string
	for _, name := range t.names() {
		if !slices.Contains(t.key, name) {
			sets = append(sets, name+" = excluded."+name)
		}
	}
	return fmt.Sprintf("%s ON CONFLICT (%s) DO UPDATE SET %s", t.insert(), strings.Join(t.key, ", "), strings.Join(sets, ", "))
}

// values are a record's fields as the database keeps them.
func (t *table) values(record any) ([]any, error) {
	v := reflect.ValueOf(record)
	values := make([]any, len(t.columns))
	for i, c := range t.columns {
		value, err := c.value(v)
		if err != nil {
			return nil, fmt.Errorf("store: %s: %w", t.name, err)
		}
		values[i] = value
	}
	return values, nil
}

// fill sets the fields of *record from a row of the table.
func (t *table) fill(record any, row []any) error {
	v := reflect.ValueOf(record).Elem()
	for i, c := range t.columns {
		if err := c.set(v, row[i]); err != nil {
			return fmt.Errorf("store: table %s: %w", t.name, err)
		}
	}
	return nil
}

// querier is a database, a connection or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// find reads the one record of a table for which a condition holds; found is false if there is none.
func find[T any](ctx context.Context, q querier, t *table, condition string, args ...any) (record T, found bool, err error) {
	for r, err := range each[T](ctx, q, t, "WHERE "+condition, args...) {
		return r, err == nil, err
	}
	return record, false, nil
}
