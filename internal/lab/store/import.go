package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Imported is what an import did.
type Imported struct {
	Table Table
	Rows  int64 // of the file
	New   int64 // records that the store did not have: cells, chunks, profiles of chunks, or data sets
}

// Import adds what a file holds, whose columns tell of which table it is, all or nothing. What the store has with
// equal content stays; with other content it is an error that names the record and the field. Only of a
// data set, which may be made from several sources, the store's description stays.
//
// Cells come before their chunks, and chunks before their tokens. A finished cell takes the chunks that it was
// measured with if it has none, not more of them.
func (s *Store) Import(ctx context.Context, r io.Reader, f Format) (Imported, error) {
	in, err := newReader(r, f)
	if err != nil {
		return Imported{}, fmt.Errorf("store: importing %s: %w", f, err)
	}
	defer in.close()
	// The rows are first gathered in a temporary table of a connection, which keeps nobody from writing.
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return Imported{}, s.explain(err)
	}
	defer conn.Close()
	of := in.sheet()
	staged := *of.table
	staged.name, staged.rest = "temp.staged", ""
	if _, err := conn.ExecContext(ctx, staged.create()); err != nil {
		return Imported{}, s.explain(err)
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), "DROP TABLE temp.staged")
	done := Imported{Table: of.name}
	if done.Rows, err = stage(ctx, conn, &staged, in); err != nil {
		return Imported{}, fmt.Errorf("store: importing %s: %w", f, err)
	}
	err = s.writeOn(ctx, conn, func(tx *sql.Tx) (err error) {
		done.New, err = merge(ctx, tx, of.table)
		return err
	})
	if err != nil {
		return Imported{}, err
	}
	return done, nil
}

// stage copies a file's records to a table, and returns the number of the file's rows.
func stage(ctx context.Context, conn *sql.Conn, to *table, in rowReader) (int64, error) {
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // it takes no lock: it writes to the temporary table alone
	if err != nil {
		return 0, err
	}
	defer tx.Rollback()
	insert, err := tx.PrepareContext(ctx, to.insert())
	if err != nil {
		return 0, err
	}
	add := func(record []any, place string) error {
		_, err := insert.ExecContext(ctx, record...)
		var e *sqlite.Error
		if errors.As(err, &e) && e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY {
			return fmt.Errorf("%s: %s is there twice", place, to.describeKey(record))
		}
		return err
	}
	var count int64
	var grouped tokenGroup
	for {
		row, err := in.read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return 0, err
		}
		count++
		if in.sheet().table == profiles {
			record, err := grouped.add(row)
			if err == nil && record != nil {
				err = add(record, in.place())
			}
			if err != nil {
				return 0, fmt.Errorf("%s: %w", in.place(), err)
			}
			continue
		}
		if err := checkRow(in.sheet().table, row); err != nil {
			return 0, fmt.Errorf("%s: %w", in.place(), err)
		}
		if err := add(row, in.place()); err != nil {
			return 0, err
		}
	}
	if record := grouped.end(); record != nil {
		if err := add(record, in.place()); err != nil {
			return 0, err
		}
	}
	return count, tx.Commit()
}

// checkRow refuses cells that are not what they are named by.
func checkRow(t *table, row []any) error {
	if t != cells {
		return nil
	}
	var c Cell
	if err := t.fill(&c, row); err != nil {
		return err
	}
	if !slices.Contains([]string{Running, Done, Failed}, c.Status) {
		return fmt.Errorf("status is %.40q, want %s, %s or %s", c.Status, Running, Done, Failed)
	}
	return checkIdentity(c)
}

// tokenGroup gathers the rows of Tokens of one chunk.
type tokenGroup struct {
	cell   string
	chunk  int64
	tokens []Token
}

// add takes a row, and returns the record of the chunk before if the row is of another.
func (g *tokenGroup) add(row []any) (record []any, err error) {
	cell, chunk, token, size, bits := row[0].(string), row[1].(int64), row[2].(int64), row[3].(int64), row[4].(float64)
	if token == 0 || cell != g.cell || chunk != g.chunk {
		record = g.end()
		g.cell, g.chunk = cell, chunk
	}
	if token != int64(len(g.tokens)) {
		return nil, fmt.Errorf("token %d of chunk %d, want token %d", token, chunk, len(g.tokens))
	}
	if int64(int(size)) != size {
		return nil, fmt.Errorf("token %d has size %d", token, size)
	}
	g.tokens = append(g.tokens, Token{int(size), float32(bits)})
	_, err = encodeProfile(g.tokens[len(g.tokens)-1:])
	return record, err
}

// end returns the record of the gathered chunk, nil if there is none.
func (g *tokenGroup) end() []any {
	if len(g.tokens) == 0 {
		return nil
	}
	coded, err := encodeProfile(g.tokens)
	if err != nil {
		panic("store: " + err.Error()) // add has seen each
	}
	g.tokens = g.tokens[:0]
	return []any{g.cell, g.chunk, coded}
}

// merge adds the records of temp.staged that a table does not have, and returns how many. It is quick, since it keeps
// others from writing.
func merge(ctx context.Context, tx *sql.Tx, t *table) (int64, error) {
	if err := checkEqual(ctx, tx, t); err != nil {
		return 0, err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("DELETE FROM temp.staged AS s WHERE EXISTS (SELECT 1 FROM %s m WHERE %s)", t.name, t.match("m", "s"))); err != nil {
		return 0, err
	}
	if t == chunks || t == profiles {
		if err := checkClaims(ctx, tx); err != nil {
			return 0, err
		}
	}
	if t == chunks {
		if err := checkComplete(ctx, tx); err != nil {
			return 0, err
		}
	}
	names := strings.Join(t.names(), ", ")
	done, err := tx.ExecContext(ctx, fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM temp.staged", t.name, names, names))
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code() == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY {
		return 0, parentMissing(ctx, tx, t)
	}
	if err != nil {
		return 0, err
	}
	if t == chunks {
		if err := checkGaps(ctx, tx); err != nil {
			return 0, err
		}
	}
	return done.RowsAffected()
}

// match is the condition that two rows have one key.
func (t *table) match(a, b string) string {
	var same []string
	for _, key := range t.key {
		same = append(same, fmt.Sprintf("%s.%s = %s.%s", a, key, b, key))
	}
	return strings.Join(same, " AND ")
}

// describeKey names a record by its key: "cell 3f2a…, chunk 5".
func (t *table) describeKey(record []any) string {
	var parts []string
	for i, c := range t.columns {
		if slices.Contains(t.key, c.name) {
			parts = append(parts, c.name+" "+c.text(record[i]))
		}
	}
	return strings.Join(parts, ", ")
}

// parentMissing says of which cell temp.staged has chunks without the cell, or profiles without the chunk.
func parentMissing(ctx context.Context, tx *sql.Tx, t *table) error {
	parent := cells
	if t == profiles {
		parent = chunks
	}
	var cell string
	err := tx.QueryRowContext(ctx, fmt.Sprintf("SELECT cell FROM temp.staged s WHERE NOT EXISTS (SELECT 1 FROM %s p WHERE %s) LIMIT 1", parent.name, parent.match("p", "s"))).Scan(&cell)
	if err != nil {
		return err
	}
	return fmt.Errorf("store: the file has %s of cell %s, of which the store lacks the %s: import them first", t.name, cell, parent.name)
}

// checkEqual refuses records that the store has with other content.
func checkEqual(ctx context.Context, tx *sql.Tx, t *table) error {
	var ours, theirs, differ []string
	for _, c := range t.columns {
		ours, theirs = append(ours, "m."+c.name), append(theirs, "s."+c.name)
		if t != datasets || c.kind == reflect.Int || c.kind == reflect.Int64 { // of a data set how much it is, not where it came from
			differ = append(differ, fmt.Sprintf("m.%s IS NOT s.%s", c.name, c.name))
		}
	}
	row := make([]any, 2*len(t.columns))
	into := make([]any, len(row))
	for i := range row {
		into[i] = &row[i]
	}
	err := tx.QueryRowContext(ctx, fmt.Sprintf("SELECT %s, %s FROM temp.staged s JOIN %s m ON %s WHERE %s LIMIT 1",
		strings.Join(ours, ", "), strings.Join(theirs, ", "), t.name, t.match("m", "s"), strings.Join(differ, " OR "))).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	for i, c := range t.columns {
		our, their := row[i], row[i+len(t.columns)]
		if reflect.DeepEqual(our, their) {
			continue
		}
		if c.kind == reflect.Slice {
			return fmt.Errorf("store: %s: the file has another %s than the store", t.describeKey(row), c.name)
		}
		if t == datasets && c.kind == reflect.String {
			continue
		}
		return fmt.Errorf("store: %s: %s is %.80q in the file, %.80q in the store", t.describeKey(row), c.name, c.text(their), c.text(our))
	}
	return fmt.Errorf("store: %s differs from the store's", t.describeKey(row))
}

// inStaged is the condition that temp.staged has rows of a cell c.
const inStaged = "EXISTS (SELECT 1 FROM temp.staged s WHERE s.cell = c.cell)"

// checkComplete refuses more chunks for a finished cell that has its chunks.
func checkComplete(ctx context.Context, tx *sql.Tx) error {
	var cell string
	err := tx.QueryRowContext(ctx, "SELECT cell FROM cells c WHERE status = ? AND EXISTS (SELECT 1 FROM chunks m WHERE m.cell = c.cell) AND "+inStaged, Done).Scan(&cell)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("%w: %s: the file has more chunks of it", ErrDone, cell)
	}
	return err
}

// checkClaims refuses chunks and profiles for a cell that is being measured.
func checkClaims(ctx context.Context, tx *sql.Tx) error {
	for l, err := range each[lease](ctx, tx, leases, "AS c WHERE "+inStaged) {
		if err == nil {
			err = l.free()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkGaps refuses cells whose chunks are not 0, 1, 2 and so on.
func checkGaps(ctx context.Context, tx *sql.Tx) error {
	var cell string
	var first, last, count int64
	err := tx.QueryRowContext(ctx, `SELECT * FROM (SELECT cell, (SELECT min(chunk) FROM chunks m WHERE m.cell = c.cell) AS first,
			(SELECT max(chunk) FROM chunks m WHERE m.cell = c.cell) AS last, (SELECT count(*) FROM chunks m WHERE m.cell = c.cell) AS count
		FROM cells c WHERE `+inStaged+`) WHERE first != 0 OR last != count - 1`).Scan(&cell, &first, &last, &count)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("store: cell %s would have %d chunks, from %d to %d, want 0 to %d: the file has a gap", cell, count, first, last, count-1)
	}
	return err
}
