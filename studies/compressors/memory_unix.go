//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peakMemory is the most that a process, or one that it waited for, had in RAM at once, in bytes. Linux counts what
// this program had when it started the process, too: of a process that took less, the figure is of this program, and
// hidden is true.
func peakMemory(p *os.ProcessState) (peak int64, hidden bool) {
	u, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, false
	}
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return 0, false
	}
	unit := int64(1 << 10)
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	return int64(u.Maxrss) * unit, runtime.GOOS == "linux" && u.Maxrss <= own.Maxrss
}
