package dataset

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// source is what Spec.Source names, for reading its files one after another.
type source struct {
	root  string // a file or a directory, as the user gave it
	whole bool   // what is packed is read to its end even if chunks are enough, so that its checksum counts

	looking bool            // files are looked at only: reading them does not put them into used
	used    []string        // names of the files on disk that were read, in that order
	isUsed  map[string]bool // the same
	skipped []Skipped
	isSkip  map[string]bool // names in skipped
	columns []Column        // of series that were read
	files   int             // that the last walk visited
}

// file is one unpacked file of a source. It may be read during its visit only.
type file struct {
	// name is its path in the source, with slashes; what archives hold stands below them: a.tar.gz/b/c.txt.
	// Of a source that is one file it is that file's base name.
	name string
	size int64 // bytes, -1 where the packing does not say

	path  string // the same as name for messages: the source as the user gave it, and what is below
	plain string // name without the endings of what was unpacked: a.txt of a.txt.gz
	named bool   // the user named it, or what holds nothing but it
	disk  string // name of the file on disk that holds it
	from  *source
	r     *bufio.Reader
}

// peekable is how many bytes Peek can show.
const peekable = 64 << 10

// Read reads the file; all errors but io.EOF name it.
func (f *file) Read(p []byte) (int, error) {
	if s := f.from; !s.looking && !s.isUsed[f.disk] {
		s.isUsed[f.disk] = true
		s.used = append(s.used, f.disk)
	}
	return f.r.Read(p)
}

// Peek shows the next n bytes, peekable at most, without reading them; with an error, io.EOF included, it shows fewer.
func (f *file) Peek(n int) ([]byte, error) { return f.r.Peek(n) }

// errorf is an error that names the file.
func (f *file) errorf(format string, args ...any) error {
	return &FileError{f.path, fmt.Errorf(format, args...)}
}

// skip records that the file makes no chunk.
func (f *file) skip(reason string) { f.from.skip(f.name, reason) }

func (s *source) skip(name, reason string) {
	if !s.isSkip[name] {
		s.isSkip[name] = true
		s.skipped = append(s.skipped, Skipped{name, reason})
	}
}

// FileError says what is wrong with a file of a source.
type FileError struct {
	Name string // its path; what an archive holds stands below it: a.zip/b.txt
	Err  error
}

func (e *FileError) Error() string { return fmt.Sprintf("dataset: %s: %v", e.Name, e.Err) }
func (e *FileError) Unwrap() error { return e.Err }

// errEnough ends a walk: there are as many chunks as were asked for.
var errEnough = errors.New("dataset: enough chunks")

func newSource(root string) *source {
	return &source{root: root, isUsed: map[string]bool{}, isSkip: map[string]bool{}}
}

// walk visits the files of a source, unpacked: those of a directory in the order of fs.WalkDir, which is
// lexical, those of an archive as they lie in it. It ends at the first error and returns it, that of visit
// (errEnough too) unchanged. Each walk visits the same files.
//
// Hidden files and directories, whose names begin with a point, are skipped, and so are devices and links
// to directories. What a packing holds is visited in its place, see packing.go.
func (s *source) walk(ctx context.Context, visit func(*file) error) error {
	s.files = 0
	counted := func(f *file) error {
		s.files++
		return visit(f)
	}
	info, err := os.Stat(s.root)
	var failed *fs.PathError
	switch {
	case errors.As(err, &failed):
		return &FileError{s.root, failed.Err}
	case err != nil:
		return &FileError{s.root, err}
	case info.IsDir():
		return s.walkDirectory(ctx, counted)
	case !info.Mode().IsRegular():
		return &FileError{s.root, fmt.Errorf("%v, want a file or a directory", info.Mode().Type())}
	}
	return s.visitDisk(ctx, s.root, filepath.Base(s.root), true, counted)
}

// look is walk for a first pass: what it reads does not count as used.
func (s *source) look(ctx context.Context, visit func(*file) error) error {
	s.looking = true
	defer func() { s.looking = false }()
	return s.walk(ctx, visit)
}

func (s *source) walkDirectory(ctx context.Context, visit func(*file) error) error {
	root, err := filepath.EvalSymlinks(s.root) // WalkDir follows no link, the first one included
	if err != nil {
		return &FileError{s.root, err}
	}
	found := 0
	err = filepath.WalkDir(root, func(p string, entry fs.DirEntry, err error) error {
		if err != nil {
			return &FileError{p, err}
		}
		if p == root {
			return nil
		}
		name, err := filepath.Rel(root, p)
		if err != nil {
			return &FileError{p, err}
		}
		p = filepath.Join(s.root, name)
		name = filepath.ToSlash(name)
		if isHidden(entry.Name()) {
			s.skip(name, "hidden")
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if entry.IsDir() {
			return nil
		}
		info, err := os.Stat(p)
		switch {
		case err != nil:
			return &FileError{p, err}
		case info.IsDir():
			s.skip(name, "a link to a directory")
			return nil
		case !info.Mode().IsRegular():
			s.skip(name, "not a regular file")
			return nil
		}
		found++
		return s.visitDisk(ctx, p, name, false, visit)
	})
	if err == nil && found == 0 {
		return &FileError{s.root, fmt.Errorf("an empty directory, want files in it (hidden ones do not count)")}
	}
	return err
}

// isHidden reports whether a file or directory is hidden by its name. macOS puts what belongs to its
// Finder into zip files as __MACOSX.
func isHidden(base string) bool {
	return strings.HasPrefix(base, ".") && base != "." && base != ".." || base == "__MACOSX"
}

// anyHidden is isHidden of any part of a path in an archive.
func anyHidden(name string) bool {
	for part := range strings.SplitSeq(path.Clean(name), "/") {
		if isHidden(part) {
			return true
		}
	}
	return false
}

// visitDisk visits a regular file on disk, or what it holds. named: it is the one that the user named.
func (s *source) visitDisk(ctx context.Context, p, name string, named bool, visit func(*file) error) error {
	disk, err := os.Open(p)
	if err != nil {
		return &FileError{p, err}
	}
	defer disk.Close()
	info, err := disk.Stat()
	if err != nil {
		return &FileError{p, err}
	}
	f := &file{name: name, path: p, plain: name, named: named, size: info.Size(), disk: name, from: s}
	f.r = bufio.NewReaderSize(&checked{ctx, p, "", disk}, peekable)
	return s.unpack(ctx, f, unpacking{disk: disk}, visit)
}

// checked is a reader whose errors name the file, and which ends when ctx does.
type checked struct {
	ctx    context.Context
	path   string
	packed string // what r unpacks, "" for nothing
	r      io.Reader
}

func (c *checked) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	return n, c.wrap(err)
}

// wrap names the file in an error, unless it names one, or is the context's.
func (c *checked) wrap(err error) error {
	var named *FileError
	switch {
	case errors.As(err, &named):
		return named
	case c.ctx.Err() != nil:
		return c.ctx.Err()
	case c.packed != "":
		err = fmt.Errorf("damaged or truncated %s: %w", c.packed, err)
	}
	return &FileError{c.path, err}
}
