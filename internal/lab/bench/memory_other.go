//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package bench

// peakResident is not known here.
func peakResident() int64 { return 0 }
