//go:build linux || darwin || freebsd

package hub

import (
	"os"

	"golang.org/x/sys/unix"
)

// freeSpace is the number of bytes that the user may still write to the file system of a directory.
func freeSpace(dir string) (bytes int64, known bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true
}

// tryLock reports whether no other process has the file locked, and locks it until it is closed.
func tryLock(file *os.File) bool {
	return unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil
}
