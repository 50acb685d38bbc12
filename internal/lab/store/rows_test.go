package store

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// claimed is a claim on a cell of a store.
func claimed(t *testing.T, s *Store, subject string) *Claim {
	t.Helper()
	c, err := s.Claim(t.Context(), someCell(subject))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestAnyOrder puts rows in a random order, some of them twice: the store is that of one who put them in order.
func TestAnyOrder(t *testing.T) {
	const n = 40
	s, ctx := fresh(t), t.Context()
	c := claimed(t, s, "a")
	order := append(rand.Perm(n), rand.Perm(n)[:10]...)
	missing := map[int]bool{}
	for i := range n {
		missing[i] = true
	}
	for k, i := range order {
		row := someChunks("", i, i+1)
		row[0].EncodeSeconds = float64(k) // takes another time each time
		must(t, c.Put(ctx, "one", row))
		delete(missing, i)
		list, err := s.Missing(ctx, c.cell, n)
		must(t, err)
		got := map[int]bool{}
		for j, r := range list {
			if r.Count < 1 || j > 0 && r.First <= list[j-1].End() {
				t.Fatalf("missing %v", list)
			}
			for i := r.First; i < r.End(); i++ {
				got[i] = true
			}
		}
		if !reflect.DeepEqual(got, missing) {
			t.Fatalf("missing %v, want %v", got, missing)
		}
		if len(missing) > 0 && len(missing) < n && k%10 == 0 && !missing[n-1] {
			wantError(t, c.Finish(ctx, finished(someCell("a"), n)), nil, "some are missing")
		}
	}
	must(t, c.Finish(ctx, finished(someCell("a"), n)))
	other := fresh(t)
	measured(t, other, "a", n)
	rows := func(s *Store) (list []Chunk) {
		list, err := s.Rows(ctx, someCell("a").ID, Range{0, n})
		must(t, err)
		for i := range list {
			list[i].EncodeSeconds = 0
		}
		return list
	}
	if got, want := rows(s), rows(other); !reflect.DeepEqual(got, want) || len(got) != n {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	list, err := s.Missing(ctx, "nosuch", 3)
	if err != nil || !slices.Equal(list, []Range{{0, 3}}) {
		t.Errorf("missing of a cell that is not there: %v, %v", list, err)
	}
	if _, err := s.Missing(ctx, c.cell, n-1); err == nil {
		t.Error("a cell with more chunks than it has is no error")
	}
}

// TestConflict: a row that is there with other content is an error that names both, and changes nothing.
func TestConflict(t *testing.T) {
	s, ctx := fresh(t), t.Context()
	c := claimed(t, s, "a")
	must(t, c.Put(ctx, "one", someChunks("", 0, 4)))
	for field, change := range map[string]func(*Chunk){
		"coded_bytes":      func(r *Chunk) { r.CodedBytes++ },
		"code_length_bits": func(r *Chunk) { r.CodeLength += 1e-12 },
		"profile":          func(r *Chunk) { r.Profile = r.Profile[:1] },
	} {
		rows := someChunks("", 3, 6)
		change(&rows[0])
		err := c.Put(ctx, "two", rows)
		var conflict *ConflictError
		if !errors.As(err, &conflict) || conflict.Chunk != 3 || conflict.Worker != "two" || conflict.Stored != "one" || conflict.Field != field || conflict.Cell != c.cell {
			t.Errorf("%s: %v", field, err)
		}
		wantError(t, err, nil, "by two, but the store has ")
		wantError(t, err, nil, "by one")
	}
	if stored(t, c) != 4 {
		t.Errorf("%d rows are stored, want 4", stored(t, c))
	}
	wantError(t, c.Put(ctx, "two", []Chunk{{Index: -1}}), nil, "chunk -1")
}

// TestDiscard: the rows of one worker go, wherever they are, and those of others stay.
func TestDiscard(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study.db")
	s, other, ctx := open(t, path), open(t, path), t.Context()
	for _, name := range []string{"done", "open", "others"} {
		from := s
		if name == "others" {
			from = other
		}
		c := claimed(t, from, name)
		must(t, c.Put(ctx, "good", someChunks("", 0, 3)))
		must(t, c.Put(ctx, "bad", someChunks("", 3, 5)))
		must(t, c.Put(ctx, "good", someChunks("", 5, 9)))
		must(t, c.Put(ctx, "", someChunks("", 9, 10)))
		must(t, c.Checked(ctx, "bad", Range{0, 2}))
		must(t, c.Checked(ctx, "third", Range{5, 2}))
		if name == "done" {
			must(t, c.Finish(ctx, finished(someCell(name), 10)))
		}
	}
	// What is claimed by another process is its affair. Here it is another store of this one.
	list, err := s.Discard(ctx, "bad")
	must(t, err)
	got := map[string]int{}
	for _, d := range list {
		got[d.Cell] = d.Rows
	}
	if want := map[string]int{someCell("done").ID: 2, someCell("open").ID: 2}; !reflect.DeepEqual(got, want) {
		t.Errorf("discarded %v, want %v", list, want)
	}
	for name, want := range map[string][]Range{"done": {{3, 2}}, "open": {{3, 2}}, "others": nil} {
		missing, err := s.Missing(ctx, someCell(name).ID, 10)
		if err != nil || !slices.Equal(missing, want) {
			t.Errorf("%s lacks %v, %v; want %v", name, missing, err, want)
		}
	}
	cell, err := s.Cell(ctx, someCell("done").ID)
	if err != nil || cell.Status != Running || cell.Result != (Result{}) {
		t.Errorf("the finished cell is %+v, %v", cell, err)
	}
	made, err := s.Deliveries(ctx, someCell("open").ID, Range{0, 7})
	want := []Delivery{{0, "good", ""}, {1, "good", ""}, {2, "good", ""}, {5, "good", "third"}, {6, "good", "third"}}
	if err != nil || !slices.Equal(made, want) {
		t.Errorf("%+v, %v\nwant %+v", made, err, want)
	}
	c := claimed(t, s, "done")
	if stored(t, c) != 3 {
		t.Errorf("%d rows, want 3", stored(t, c))
	}
	must(t, c.Put(ctx, "good", someChunks("", 3, 5)))
	must(t, c.Finish(ctx, finished(someCell("done"), 10)))
	if _, err := s.Discard(ctx, ""); err == nil {
		t.Error("rows of nobody were discarded")
	}
}

// TestRowsIdentity: rows have one identity whatever time they took, and another with every bit that differs.
func TestRowsIdentity(t *testing.T) {
	rows := someChunks("", 3, 6)
	want := Identity("a", rows)
	slow := someChunks("", 3, 6)
	slow[1].EncodeSeconds, slow[0].DecodeSeconds = 99, 99
	if Identity("a", slow) != want || len(want) != 64 {
		t.Error("seconds change the identity")
	}
	seen := map[string]bool{want: true, Identity("b", rows): true}
	for _, change := range []func(*Chunk){
		func(r *Chunk) { r.Index++ }, func(r *Chunk) { r.RawBytes++ }, func(r *Chunk) { r.CoveredBytes++ }, func(r *Chunk) { r.Tokens++ },
		func(r *Chunk) { r.CodeLength = -r.CodeLength }, func(r *Chunk) { r.CodedBytes++ }, func(r *Chunk) { r.LostBits++ },
		func(r *Chunk) { r.HeaderBytes++ }, func(r *Chunk) { r.CountedBits += 1e-9 }, func(r *Chunk) { r.Profile[0].Size++ },
		func(r *Chunk) { r.Profile[1].Bits += 1e-3 }, func(r *Chunk) { r.Profile = r.Profile[:1] },
	} {
		rows := someChunks("", 3, 6)
		change(&rows[0])
		seen[Identity("a", rows)] = true
	}
	if len(seen) != 14 {
		t.Errorf("%d identities, want 14", len(seen))
	}
}

// TestUpgrade opens a store of schema 1, as an older lmz left it.
func TestUpgrade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	schema, err := os.ReadFile("testdata/schema1.sql")
	must(t, err)
	s := open(t, path)
	measured(t, s, "a", 5)
	c := claimed(t, s, "b")
	must(t, c.Put(t.Context(), "", someChunks("", 0, 3)))
	want := exported(t, s, Chunks, CSV)
	must(t, s.Close())
	db, err := connect(path, "rw")
	must(t, err)
	for _, statement := range []string{"DROP TABLE deliveries", "PRAGMA user_version = 1"} {
		_, err := db.db.Exec(statement)
		must(t, err)
	}
	var have strings.Builder
	rows, err := db.db.Query("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid")
	must(t, err)
	for rows.Next() {
		var statement string
		must(t, rows.Scan(&statement))
		have.WriteString(statement + ";\n")
	}
	must(t, rows.Err())
	must(t, db.Close())
	if have.String() != strings.ReplaceAll(string(schema), "\r\n", "\n") {
		t.Fatalf("the old file's schema is\n%s", &have)
	}

	r, err := OpenReadOnly(t.Context(), path) // changes nothing
	must(t, err)
	if got := exported(t, r, Chunks, CSV); got != want {
		t.Errorf("read as it is: %s", got)
	}
	must(t, r.Close())
	stores := []*Store{open(t, path), open(t, path)}
	for _, s := range stores {
		if version, err := s.version(t.Context()); err != nil || version != schemaVersion {
			t.Errorf("version %d, %v", version, err)
		}
		if got := exported(t, s, Chunks, CSV); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
	c = claimed(t, stores[0], "b")
	if stored(t, c) != 3 {
		t.Errorf("%d rows, want 3", stored(t, c))
	}
	must(t, c.Put(t.Context(), "one", someChunks("", 4, 5)))
}
