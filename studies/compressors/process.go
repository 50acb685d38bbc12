package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"
)

// cost is what one run of a program takes, from its start to its end.
type cost struct {
	Seconds          float64 // that pass
	ProcessorSeconds float64 // of all its threads and of the processes that it waits for, in user and system
	MemoryBytes      int64   // most in RAM at once, 0 where the system does not tell
	MemoryHidden     bool    // MemoryBytes is what this program takes; the other took no more
}

// once runs a command in a directory.
func (s *study) once(ctx context.Context, dir, command string, rawBytes int64) (c cost, err error) {
	name, args, in, out := words(command, rawBytes)
	path, err := s.find(name)
	if err != nil {
		return cost{}, err
	}
	p := exec.CommandContext(ctx, path, args...)
	p.Dir, p.Env, p.WaitDelay = dir, environment(), 2*time.Second
	var said bytes.Buffer
	p.Stderr = &said
	if in != "" {
		f, err := os.Open(filepath.Join(dir, in))
		if err != nil {
			return cost{}, err
		}
		defer f.Close()
		p.Stdin = f
	}
	if out != "" {
		f, err := os.Create(filepath.Join(dir, out))
		if err != nil {
			return cost{}, err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		p.Stdout = f
	}
	start := time.Now()
	err = p.Run()
	c.Seconds = time.Since(start).Seconds()
	if err != nil {
		return cost{}, fmt.Errorf("%s: %w: %.500s", command, err, strings.Join(strings.Fields(said.String()), " "))
	}
	c.ProcessorSeconds = (p.ProcessState.UserTime() + p.ProcessState.SystemTime()).Seconds()
	c.MemoryBytes, c.MemoryHidden = peakMemory(p.ProcessState)
	return c, nil
}

var versionNumber = regexp.MustCompile(`\d+(\.\d+)+`)

// says is what a command prints.
func (s *study) says(ctx context.Context, path, command string) (string, error) {
	_, args, _, _ := words(command, 0)
	p := exec.CommandContext(ctx, path, args...)
	p.Env = environment()
	said, err := p.CombinedOutput()
	return string(said), err
}

// environment is that of the programs: without the variables that change what they make.
func environment() []string {
	kept := slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains([]string{"GZIP", "XZ_OPT", "XZ_DEFAULTS", "ZSTD_CLEVEL", "ZSTD_NBTHREADS"}, name) || strings.HasPrefix(name, "LMZ_")
	})
	return append(kept, "LC_ALL=C")
}

// machine says what kind of machine this is.
func machine() string {
	processor := "unknown processor"
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				processor = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d processors, %s/%s", processor, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
}
