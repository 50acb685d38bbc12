//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package bench

import "time"

// peakResident is not known here.
func peakResident() int64 { return 0 }

// processorTime is not known here.
func processorTime() time.Duration { return 0 }
