package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lmz/internal/lab/store"
)

// TestDeleted: rows that would go to a file that is no longer there are an error, not lost.
func TestDeleted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := os.Remove(path); err != nil {
		t.Skip(err) // a system that keeps open files
	}
	if err := s.PutDataset(t.Context(), store.Dataset{ID: "a"}); err == nil || !strings.Contains(err.Error(), "deleted") {
		t.Errorf("error %v, want one that says that the file was deleted", err)
	}
}

// TestExportFinished: a cell without a result is not exported, nor are its chunks: their sums would be taken for figures.
func TestExportFinished(t *testing.T) {
	s, err := store.Temporary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := store.Cell{Subject: "a", Data: "b", Protocol: "lossless/1", Step: -1}
	c.ID = store.CellID(c.Subject, c.Data, c.Protocol, c.Whole)
	claim, err := s.Claim(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := claim.Put(t.Context(), "", []store.Chunk{{RawBytes: 1, CoveredBytes: 1, CountedBits: 8}}); err != nil {
		t.Fatal(err)
	}
	lines := func(table store.Table) int {
		var b strings.Builder
		if err := s.Export(t.Context(), &b, table, store.CSV); err != nil {
			t.Fatal(err)
		}
		return strings.Count(b.String(), "\n")
	}
	if cells, chunks := lines(store.Cells), lines(store.Chunks); cells != 1 || chunks != 1 {
		t.Errorf("of a running cell: %d and %d lines, want the heads alone", cells, chunks)
	}
	c.Result = store.Result{Chunks: 1, RawBytes: 1}
	if err := claim.Finish(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if cells, chunks := lines(store.Cells), lines(store.Chunks); cells != 2 || chunks != 2 {
		t.Errorf("of a finished cell: %d and %d lines, want 2 and 2", cells, chunks)
	}
}
