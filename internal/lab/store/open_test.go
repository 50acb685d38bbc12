package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite testdata")

// TestSchema keeps the schema as it is: a change of a record changes it, and needs a new schemaVersion and what brings
// older files up to it.
func TestSchema(t *testing.T) {
	var b strings.Builder
	for _, table := range tables {
		b.WriteString(table.create() + ";\n")
	}
	const golden = "testdata/schema2.sql"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != strings.ReplaceAll(string(want), "\r\n", "\n") {
		t.Errorf("the schema is\n%s\nbut %s is\n%s", &b, golden, want)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	database := func(name string, statements ...string) string {
		path := filepath.Join(dir, name)
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for _, s := range statements {
			if _, err := db.Exec(s); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	store := func(name string, statements ...string) string {
		path := filepath.Join(dir, name)
		s, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range statements {
			if _, err := s.db.Exec(statement); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	newer := store("newer.db", "PRAGMA user_version = 7")
	sound, err := os.ReadFile(store("sound.db"))
	if err != nil {
		t.Fatal(err)
	}
	for path, words := range map[string]string{
		write("cells.csv", []byte("cell,subject\n")):              `is not a SQLite database: it begins with "cell,subject\n"`,
		write("short.db", sound[:10]):                             "is not a SQLite database",
		write("cut.db", sound[:1000]):                             "cut.db",
		write("head.db", sound[:16]):                              "head.db",
		write("garbage.db", append(sound[:16:16], sound[32:]...)): "garbage.db",
		database("other.db", "CREATE TABLE cells (a)"):            "is a SQLite database of something else",
		database("tagged.db", "PRAGMA application_id = 5"):        "application_id 0x5, want 0x6c6d7a53",
		newer:                                "newer.db is of version 7, this lmz knows versions up to 2",
		dir:                                  "is not a file",
		filepath.Join(dir, "none", "new.db"): "there is no directory " + filepath.Join(dir, "none"),
	} {
		before, _ := os.ReadFile(path)
		for _, open := range []func(context.Context, string) (*Store, error){Open, OpenReadOnly} {
			s, err := open(t.Context(), path)
			if err == nil {
				s.Close()
			}
			if !strings.Contains(path, "none") {
				wantError(t, err, nil, words)
			}
			wantError(t, err, nil, "store: ")
			wantError(t, err, nil, filepath.Base(path))
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Errorf("%s was changed", path)
			}
			for _, suffix := range []string{"-wal", "-shm", "-journal"} {
				if _, err := os.Stat(path + suffix); err == nil {
					t.Errorf("%s%s was left", path, suffix)
				}
			}
		}
	}
	_, err = Open(t.Context(), newer)
	var version *VersionError
	if !errors.As(err, &version) || *version != (VersionError{newer, 7, schemaVersion}) {
		t.Errorf("%#v", err)
	}
	_, err = OpenReadOnly(t.Context(), filepath.Join(dir, "new.db"))
	wantError(t, err, fs.ErrNotExist, "new.db")
	_, err = OpenReadOnly(t.Context(), write("empty.db", nil))
	wantError(t, err, nil, "empty.db is empty")
	if s, err := Open(t.Context(), filepath.Join(dir, "empty.db")); err != nil {
		t.Errorf("an empty file: %v", err)
	} else {
		s.Close()
	}
}

// TestDamagedPages checks that damage beyond the first page is an error of reading that names the file.
func TestDamagedPages(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study.db")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	cell := measured(t, s, "a", 500)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, damaged := range map[string][]byte{
		"cut":         content[:len(content)/2],
		"overwritten": append(bytes.Clone(content[:8192]), bytes.Repeat([]byte{0xa5}, len(content)-8192)...),
	} {
		if err := os.WriteFile(path, damaged, 0o666); err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), path)
		if err == nil {
			for _, err = range s.Chunks(t.Context(), cell.ID) {
				if err != nil {
					break
				}
			}
			s.Close()
		}
		wantError(t, err, nil, "study.db")
		wantError(t, err, nil, "malformed")
		t.Logf("%s: %v", name, err)
	}
}

func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a #50%?.db")
	s := open(t, path)
	cell := measured(t, s, "a", 2)
	r, err := OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, want := exported(t, r, Cells, CSV), exported(t, s, Cells, CSV); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if _, err := r.Claim(t.Context(), someCell("b")); err == nil {
		t.Error("a store that is open for reading gives claims")
	}
	measured(t, s, "b", 2)
	if all, err := r.Cells(t.Context()); err != nil || len(all) != 2 {
		t.Errorf("a reader sees %d cells, want the 2 that there are now: %v", len(all), err)
	}
	if n := len(collect(t, r.Chunks(t.Context(), cell.ID))); n != 2 {
		t.Errorf("%d chunks, want 2", n)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

// TestReadOnlyDirectory reads a store where nothing can be made, as on a medium that is write-protected.
func TestReadOnlyDirectory(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "study.db")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	measured(t, s, "a", 2)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o777)
	if writable(dir) {
		t.Skip("this user may write everywhere")
	}
	r, err := OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if all, err := r.Cells(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("%d cells, want 1: %v", len(all), err)
	}
}

func TestTemporary(t *testing.T) {
	s, err := Temporary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	measured(t, s, "a", 2)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Dir(s.Path())); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its directory: %v", err)
	}
}
