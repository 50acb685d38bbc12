//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package checkpoint

import (
	"os"
	"syscall"
)

// mapBytes maps the first size bytes of f, read-only; f may be closed. The mapping is private because some
// network file systems know no shared one.
func mapBytes(f *os.File, size int) ([]byte, error) {
	b, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ, syscall.MAP_PRIVATE)
	return b, os.NewSyscallError("mmap", err)
}

// unmapBytes gives back what mapBytes gave.
func unmapBytes(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	return os.NewSyscallError("munmap", syscall.Munmap(b))
}
