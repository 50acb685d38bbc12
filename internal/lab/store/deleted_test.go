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
