//go:build !linux && !darwin && !freebsd && !windows

package hub

import "os"

// freeSpace does not know: a full disk is found by writing to it.
func freeSpace(string) (bytes int64, known bool) { return 0, false }

// tryLock never succeeds: downloads cannot be resumed here.
func tryLock(*os.File) bool { return false }
