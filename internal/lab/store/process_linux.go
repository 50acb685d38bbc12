package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// realm names this boot of this machine and the process's name space of process numbers: two containers
// may be on one machine, and two machines may be named alike. It is "" if /proc does not say.
func realm() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	space, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + " " + space
}

// started tells when a process was started, in ticks since the machine was; "" if that is not to be known.
func started(pid int) string {
	_, start := stat(pid)
	return start
}

// gone reports whether the process with that number and start has certainly ended, though it may
// not have been waited for.
func gone(pid int, start string) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	state, now := stat(pid)
	return now != "" && (state == "Z" || state == "X" || now != start)
}

// stat is the state and the start time of a process, fields 3 and 22 of /proc/PID/stat; both "" if it cannot be read.
// See man 5 proc.
func stat(pid int) (state, start string) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", ""
	}
	i := bytes.LastIndexByte(b, ')') // of the program's name, field 2, which may hold anything
	fields := strings.Fields(string(b[i+1:]))
	if i < 0 || len(fields) < 20 {
		return "", ""
	}
	return fields[0], fields[19]
}
