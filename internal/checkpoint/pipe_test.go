//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package checkpoint

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestOpenPipe: a named pipe, which an unpacked archive may have in a file's place, is refused and not waited for.
func TestOpenPipe(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "model.safetensors")
	if err := syscall.Mkfifo(pipe, 0o666); err != nil {
		t.Skip("no named pipes here: ", err)
	}
	for name, open := range map[string]func() error{
		"OpenDir":  func() error { _, err := OpenDir(dir); return err },
		"OpenGGUF": func() error { _, err := OpenGGUF(pipe); return err },
	} {
		opened := make(chan error, 1)
		go func() { opened <- open() }()
		select {
		case err := <-opened:
			if err == nil || !strings.Contains(err.Error(), "no regular file") {
				t.Errorf("%s: %v, want that it is no regular file", name, err)
			}
		case <-time.After(20 * time.Second):
			t.Errorf("%s waits for a writer of the pipe", name)
		}
	}
}
