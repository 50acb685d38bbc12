package baseline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// call is one run of a program: bytes in, bytes out.
type call struct {
	executable string
	arguments  []string
	in         []byte
	inFile     string // its name, "" for standard input
	outFile    string // its name, "" for standard output
	limit      int    // bytes of output, at most
}

// errTooLong stops a program that gives more than there can be.
var errTooLong = errors.New("more output than can be right")

// run is the output of a program. The end of ctx kills it. What it says on standard error is part of
// the error if it fails.
func run(ctx context.Context, c call) (out []byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	cmd := command(ctx, c.executable, c.arguments)
	if c.inFile != "" || c.outFile != "" {
		cmd.Dir, err = os.MkdirTemp("", "lmz-baseline-") // private: mode 0700
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(cmd.Dir)) }()
	}
	if c.inFile == "" {
		cmd.Stdin = bytes.NewReader(c.in)
	} else if err := writeInput(filepath.Join(cmd.Dir, c.inFile), c.in); err != nil {
		return nil, err
	}
	stdout, stderr := &limited{limit: c.limit}, &head{limit: 1 << 10}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	err = cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case stdout.full:
		return nil, fmt.Errorf("%s: %w: %d bytes at most", filepath.Base(c.executable), errTooLong, c.limit)
	case err != nil:
		return nil, fmt.Errorf("%s: %w%s", strings.Join(slices.Concat([]string{filepath.Base(c.executable)}, c.arguments), " "), err, stderr)
	case c.outFile == "":
		return stdout.bytes, nil
	}
	return readOutput(filepath.Join(cmd.Dir, c.outFile), c.limit)
}

// command is a program that the end of ctx kills. Variables that change what it makes are left out
// of its environment.
func command(ctx context.Context, executable string, arguments []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, executable, arguments...)
	cmd.Env = slices.DeleteFunc(cmd.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains([]string{"XZ_OPT", "XZ_DEFAULTS", "BZIP", "BZIP2", "ZSTD_CLEVEL", "ZSTD_NBTHREADS"}, name)
	})
	cmd.Env = append(cmd.Env, "LC_ALL=C") // errors in English
	cmd.WaitDelay = 2 * time.Second       // for pipes that it left to others
	return cmd
}

// writeInput writes a file whose time is always the same, since archives hold it.
func writeInput(path string, in []byte) error {
	if err := os.WriteFile(path, in, 0o600); err != nil {
		return err
	}
	then := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	return os.Chtimes(path, then, then)
}

// readOutput reads a file of at most limit bytes.
func readOutput(path string, limit int) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the program succeeded, but wrote no file: %w", err)
	}
	defer file.Close()
	out, err := io.ReadAll(io.LimitReader(file, int64(limit)+1))
	if err == nil && len(out) > limit {
		err = fmt.Errorf("%w: %d bytes at most", errTooLong, limit)
	}
	return out, err
}

// limited keeps at most limit bytes, and refuses more.
type limited struct {
	bytes []byte
	limit int
	full  bool
}

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.limit-len(l.bytes) {
		l.full = true
		return 0, errTooLong
	}
	l.bytes = append(l.bytes, p...)
	return len(p), nil
}

// head keeps the first limit bytes and passes over the others.
type head struct {
	bytes []byte
	limit int
}

func (h *head) Write(p []byte) (int, error) {
	h.bytes = append(h.bytes, p[:min(len(p), h.limit-len(h.bytes))]...)
	return len(p), nil
}

// String is what was said, on one line, after a colon.
func (h *head) String() string {
	said := strings.Join(strings.Fields(string(h.bytes)), " ")
	if said == "" {
		return ""
	}
	return ": " + said
}
