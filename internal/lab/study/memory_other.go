//go:build !linux

package study

// resident is not known here: a worker has only the limit that Go's runtime keeps to as best it can.
func resident(int) int64 { return 0 }

// free is not known here.
func free() int64 { return 0 }
