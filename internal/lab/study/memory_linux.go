package study

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// resident is the memory in bytes that a process has for itself, or 0 if it is gone: pages of files that are mapped, a model's
// say, are not counted, since the system takes them back when it needs room.
func resident(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b)) // of pages: size, resident, shared, ...
	if len(f) < 3 {
		return 0
	}
	all, err1 := strconv.ParseInt(f[1], 10, 64)
	shared, err2 := strconv.ParseInt(f[2], 10, 64)
	if err1 != nil || err2 != nil {
		return 0
	}
	return (all - shared) * int64(os.Getpagesize())
}

// free is the memory in bytes that programs can have without others losing theirs, or 0 if it is not known: what the system has,
// but no more than the control group may.
func free() int64 {
	var bytes int64
	b, _ := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "MemAvailable:" {
			if kB, err := strconv.ParseInt(f[1], 10, 64); err == nil {
				bytes = kB << 10
			}
		}
	}
	if limit, err := readNumber("/sys/fs/cgroup/memory.max"); err == nil {
		bytes = min(bytes, limit)
	}
	return bytes
}

func readNumber(file string) (int64, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
}
