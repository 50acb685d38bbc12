// Package checkpoint reads and writes files of named tensors.
//
// It knows three formats and no architecture; what a tensor means is the business of package model:
//
//   - safetensors (https://github.com/huggingface/safetensors, "Format"), also in shards: read and written;
//   - PyTorch's pytorch_model.bin, also in shards, and of before torch 1.6: read, by a pickle machine that
//     makes tensors and nothing else, and executes nothing;
//   - GGUF 2 and 3 (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), blocks dequantised: read.
//
// Start at OpenDir, OpenGGUF and Tensor.Float32s; or, for what lmz writes, at Write.
//
// Every length, offset and shape of a file is checked before it is used, and nothing is allocated from one
// that was not. Whether the bytes are those that the author published is not checked here.
//
// An opened file is mapped into memory where the system can do that (all but Windows, which reads it), and
// its tensors are that memory: they die when the File is closed, and nobody may write to them. A mapped
// file that another program shortens kills this one with SIGBUS at the next access; that is not guarded
// against. A file replaced by renaming another over it, as Write does, stays what it was.
package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// FormatError says that the bytes of a file break its format.
type FormatError struct {
	Offset int64 // bytes from the start of the file
	Msg    string
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("checkpoint: offset %d: %s", e.Offset, e.Msg)
}

// UnsupportedError says that a file or tensor may be in order but is nothing that this package reads.
type UnsupportedError struct{ Msg string }

func (e *UnsupportedError) Error() string { return "checkpoint: " + e.Msg }

// truncated says that a file ends before what it announces.
func truncated(format string, a ...any) error {
	return fmt.Errorf("checkpoint: "+format+": %w", append(a, io.ErrUnexpectedEOF)...)
}

// File is the content of a file, or of all shards of one checkpoint.
type File struct {
	Name     string // of the opened file, or of the index of its shards; without directories
	Tensors  map[string]Tensor
	Metadata map[string]string // the __metadata__ of safetensors

	mapped [][]byte // memory that Close gives back
}

// Names lists the tensors in ascending order.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.Tensors)) }

// Close gives back the memory of the tensors of an opened file: who still holds one, or a slice of its
// Data or Int8s, must not touch it any more. What Float32s gave is a copy and lives on.
func (f *File) Close() error {
	f.Tensors = nil
	var errs []error
	for _, b := range f.mapped {
		errs = append(errs, unmapBytes(b))
	}
	f.mapped = nil
	return errors.Join(errs...)
}

// Open opens a safetensors file.
func Open(path string) (*File, error) { return open(path, Parse) }

// open maps a file and parses it. All errors name the file.
func open(path string, parse func([]byte) (*File, error)) (*File, error) {
	b, err := mapFile(path)
	if err != nil {
		return nil, err
	}
	f, err := parse(b)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), unmapBytes(b))
	}
	f.Name, f.mapped = filepath.Base(path), [][]byte{b}
	return f, nil
}

// mapFile is the content of a regular file, mapped where the system can.
func mapFile(path string) ([]byte, error) {
	// Before it is opened, too: opening a named pipe would wait for somebody to write to it.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no regular file", path)
	case info.Size() == 0:
		return nil, nil // which cannot be mapped, and which every format refuses
	case info.Size() != int64(int(info.Size())):
		return nil, fmt.Errorf("%s: %d bytes are more than this system can address", path, info.Size())
	}
	b, err := mapBytes(f, int(info.Size()))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}
