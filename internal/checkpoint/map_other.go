//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package checkpoint

import (
	"io"
	"os"
)

// mapBytes reads the first size bytes of f.
func mapBytes(f *os.File, size int) ([]byte, error) {
	b := make([]byte, size)
	_, err := io.ReadFull(f, b)
	return b, err
}

// unmapBytes leaves b to the garbage collector.
func unmapBytes([]byte) error { return nil }
