package hub

import (
	"os"

	"golang.org/x/sys/windows"
)

// freeSpace is the number of bytes that the user may still write to the file system of a directory.
func freeSpace(dir string) (bytes int64, known bool) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, false
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(name, &free, nil, nil); err != nil {
		return 0, false
	}
	return int64(free), true
}

// tryLock reports whether no other process has the file locked, and locks it until it is closed.
func tryLock(file *os.File) bool {
	beyond := &windows.Overlapped{OffsetHigh: 1 << 30} // Windows keeps others from reading what is locked, so nothing that is there
	return windows.LockFileEx(windows.Handle(file.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, beyond) == nil
}
