package train

import (
	"os"
	"path/filepath"
	"testing"
)

// TestReadLink: a link to a directory is read as the directory is.
func TestReadLink(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "text")
	if err := os.MkdirAll(filepath.Join(dir, "more"), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"a": "first ", "more/b": "second"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	link := dir + "-link"
	if err := os.Symlink(dir, link); err != nil {
		t.Skipf("no links here: %v", err)
	}
	for _, path := range []string{dir, link} {
		text, _, err := readSource(Options{}, path, Bytes())
		if err != nil || text.len() != len("first second") {
			t.Errorf("%s: %d bytes, %v, want %d", path, text.len(), err, len("first second"))
		}
	}
}
