package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// study measures what its results do not have yet.
type study struct {
	data    string   // directory of the files' sources
	work    string   // directory in which programs run
	results []result // so far
	path    string   // of the results
	again   bool     // measure even what the results have
	stderr  io.Writer
	find    func(program string) (path string, err error)
}

// run measures programs on files, as far as it has not been done. What is not installed or not there is said and left
// out; what fails is said, the rest is done, and then it is an error.
func (s *study) run(ctx context.Context, files []file, programs []program) error {
	var failed []error
	fail := func(err error) {
		fmt.Fprintf(s.stderr, "compressors: error: %v\n", err)
		failed = append(failed, err)
	}
	machine := machine()
	versions := map[string]string{} // of programs that are there
	for _, p := range programs {
		v, err := s.version(ctx, p)
		if err != nil {
			fmt.Fprintf(s.stderr, "compressors: %s is left out: %v: %s\n", p.name, err, p.install)
			continue
		}
		versions[p.name] = v
	}
	for _, f := range files {
		dir := f.directory(s.work)
		raw := filepath.Join(dir, "raw")
		made := false
		for _, p := range programs {
			version, ok := versions[p.name]
			if !ok {
				continue
			}
			for _, command := range p.encode {
				key := result{File: f.name, SHA256: f.sha256, Program: p.name, Command: command, Version: version}
				if ctx.Err() != nil || !s.again && slices.ContainsFunc(s.results, key.same) {
					continue
				}
				if !made {
					err := os.MkdirAll(dir, 0o700)
					if err == nil {
						err = f.write(ctx, s.data, raw)
					}
					if errors.Is(err, os.ErrNotExist) {
						fmt.Fprintf(s.stderr, "compressors: %s is left out: %v\n", f.name, err)
						break
					}
					if err != nil {
						fail(fmt.Errorf("%s: %w", f.name, err))
						break
					}
					made = true
				}
				fmt.Fprintf(s.stderr, "%s: %s\n", f.name, command)
				r, err := s.measure(ctx, dir, command, p.decode)
				if err != nil {
					fail(fmt.Errorf("%s: %w", f.name, err))
					continue
				}
				r.File, r.SHA256, r.Program, r.Command, r.Version, r.Machine = f.name, f.sha256, p.name, command, version, machine
				s.results = keep(s.results, r)
				if err := writeResults(s.path, s.results); err != nil {
					return err
				}
			}
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return errors.Join(failed...)
}

// measure encodes and decodes the file raw of a directory, and compares.
func (s *study) measure(ctx context.Context, dir, encode, decode string) (result, error) {
	raw, rawBytes, err := hashFile(filepath.Join(dir, "raw"))
	if err != nil {
		return result{}, err
	}
	r := result{RawBytes: rawBytes}
	if r.Encode, err = s.best(ctx, dir, encode, rawBytes, "coded"); err != nil {
		return result{}, err
	}
	coded, err := filepath.Glob(filepath.Join(dir, "coded*"))
	if err != nil || len(coded) != 1 {
		return result{}, fmt.Errorf("%s: made %d files coded*, want 1", encode, len(coded))
	}
	info, err := os.Stat(coded[0])
	if err != nil {
		return result{}, err
	}
	r.CodedBytes = info.Size()
	if r.Decode, err = s.best(ctx, dir, decode, rawBytes, "out"); err != nil {
		return result{}, err
	}
	out, outBytes, err := hashFile(filepath.Join(dir, "out"))
	if err != nil {
		return result{}, fmt.Errorf("%s: %w", decode, err)
	}
	if out != raw {
		return result{}, fmt.Errorf("%s, of %s: %d bytes came back with SHA-256 %s, of %d with %s", decode, encode, outBytes, out, rawBytes, raw)
	}
	return r, nil
}

// A short run is repeated, and the best time counts: what disturbs a run makes it slower, never faster.
const (
	short   = 3 // seconds
	repeats = 3
)

// best runs a command that makes files with a prefix, several times where it is short, and gives the least of its
// times and the most of its memory.
func (s *study) best(ctx context.Context, dir, command string, rawBytes int64, makes string) (cost, error) {
	var best cost
	for i := range repeats {
		before, err := filepath.Glob(filepath.Join(dir, makes+"*"))
		if err != nil {
			return cost{}, err
		}
		for _, f := range before { // archives would be added to
			if err := os.RemoveAll(f); err != nil {
				return cost{}, err
			}
		}
		c, err := s.once(ctx, dir, command, rawBytes)
		if err != nil {
			return cost{}, err
		}
		if i == 0 {
			best = c
		}
		best.Seconds, best.ProcessorSeconds = min(best.Seconds, c.Seconds), min(best.ProcessorSeconds, c.ProcessorSeconds)
		if best.MemoryHidden && !c.MemoryHidden || best.MemoryHidden == c.MemoryHidden && c.MemoryBytes > best.MemoryBytes {
			best.MemoryBytes, best.MemoryHidden = c.MemoryBytes, c.MemoryHidden
		}
		if c.Seconds >= short {
			break
		}
	}
	return best, nil
}

// version is what a program says of itself: the first number with a point in it; of lmz the identity of its model and
// the hash of its bytes, since any change may change what it makes.
func (s *study) version(ctx context.Context, p program) (string, error) {
	name, _, _, _ := words(p.version, 0)
	path, err := s.find(name)
	if err != nil {
		return "", err
	}
	said, failed := s.says(ctx, path, p.version)
	if name == "lmz" {
		hash, _, err := hashFile(path)
		if err := errors.Join(failed, err); err != nil {
			return "", err
		}
		for line := range strings.Lines(said) {
			if f := strings.Fields(line); len(f) == 2 && f[0] == "identity" {
				return "model " + f[1] + ", program " + hash[:16], nil
			}
		}
	} else if v := versionNumber.FindString(said); v != "" { // whatever the status: zpaq fails
		return v, nil
	}
	return "", fmt.Errorf("%s says no version: %.200q", p.version, said)
}
