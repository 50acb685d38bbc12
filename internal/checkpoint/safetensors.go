// Package checkpoint reads and writes files of named tensors.
//
// It knows the safetensors format (https://github.com/huggingface/safetensors, "Format") and no
// architecture: what a tensor means is the business of package model. Start at Open and Write.
// Every length and offset of a file is checked before it is used; a file is written beside its
// final name and renamed when complete.
package checkpoint

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"unsafe"
)

// FormatError says that the bytes of a file are not a valid safetensors file.
type FormatError struct {
	Offset int64 // bytes from the start of the file
	Msg    string
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("checkpoint: offset %d: %s", e.Offset, e.Msg)
}

// DType names an element type as safetensors does.
type DType string

const (
	F32 DType = "F32" // IEEE 754 binary32
	I8  DType = "I8"  // two's complement
	U8  DType = "U8"
	I64 DType = "I64"
)

// size is the number of bytes of an element, 0 for a type that this package does not know.
func (d DType) size() int64 {
	switch d {
	case F32:
		return 4
	case I8, U8:
		return 1
	case I64:
		return 8
	}
	return 0
}

// Tensor is an array of little-endian elements in row-major order.
type Tensor struct {
	DType DType
	Shape []int
	Data  []byte
}

// elements is the product of the shape.
func (t Tensor) elements() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Float32 makes a tensor of float32 values; the length of x must be the product of shape.
func Float32(x []float32, shape ...int) Tensor {
	t := Tensor{DType: F32, Shape: shape, Data: make([]byte, 4*len(x))}
	if t.elements() != len(x) {
		panic(fmt.Sprintf("checkpoint: %d values for shape %v", len(x), shape))
	}
	for i, v := range x {
		binary.LittleEndian.PutUint32(t.Data[4*i:], math.Float32bits(v))
	}
	return t
}

// Int8 makes a tensor of int8 values, in the memory of x; its length must be the product of shape.
func Int8(x []int8, shape ...int) Tensor {
	t := Tensor{DType: I8, Shape: shape, Data: unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x))}
	if t.elements() != len(x) {
		panic(fmt.Sprintf("checkpoint: %d values for shape %v", len(x), shape))
	}
	return t
}

// Float32s copies the elements of an F32 tensor.
func (t Tensor) Float32s() ([]float32, error) {
	if t.DType != F32 {
		return nil, fmt.Errorf("checkpoint: element type is %s, want %s", t.DType, F32)
	}
	x := make([]float32, len(t.Data)/4)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.Data[4*i:]))
	}
	return x, nil
}

// Int8s is the elements of an I8 tensor, in its memory: who writes to them changes the tensor.
func (t Tensor) Int8s() ([]int8, error) {
	if t.DType != I8 {
		return nil, fmt.Errorf("checkpoint: element type is %s, want %s", t.DType, I8)
	}
	return unsafe.Slice((*int8)(unsafe.Pointer(unsafe.SliceData(t.Data))), len(t.Data)), nil
}

// File is the content of a safetensors file.
type File struct {
	Tensors  map[string]Tensor
	Metadata map[string]string // the header's __metadata__
}

// Names lists the tensors in ascending order.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.Tensors)) }

// entry is one tensor in the JSON header.
type entry struct {
	DType   DType    `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"` // bytes from the end of the header: begin, end
}

// maxHeader bounds the JSON header, as the reference implementation does.
const maxHeader = 100 << 20

// Open reads a safetensors file into memory.
func Open(path string) (*File, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f, err := Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// Parse reads the bytes of a safetensors file. The tensors share b's memory.
func Parse(b []byte) (*File, error) {
	if len(b) < 8 {
		return nil, fmt.Errorf("checkpoint: %d bytes, want 8 of header length: %w", len(b), io.ErrUnexpectedEOF)
	}
	n := binary.LittleEndian.Uint64(b)
	if n > maxHeader {
		return nil, &FormatError{0, fmt.Sprintf("header of %d bytes, want at most %d (is this a safetensors file?)", n, maxHeader)}
	}
	if uint64(len(b)-8) < n {
		return nil, fmt.Errorf("checkpoint: header of %d bytes in a file of %d: %w", n, len(b), io.ErrUnexpectedEOF)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b[8:8+n], &raw); err != nil {
		return nil, &FormatError{8, fmt.Sprintf("header is not a JSON object: %v", err)}
	}
	f := &File{Tensors: make(map[string]Tensor)}
	data := b[8+n:]
	var places [][2]int64 // of tensors in data
	for name, m := range raw {
		if name == "__metadata__" {
			if err := json.Unmarshal(m, &f.Metadata); err != nil {
				return nil, &FormatError{8, fmt.Sprintf("__metadata__: %v", err)}
			}
			continue
		}
		var e entry
		if err := json.Unmarshal(m, &e); err != nil {
			return nil, &FormatError{8, fmt.Sprintf("tensor %q: %v", name, err)}
		}
		if err := e.check(int64(len(data))); err != nil {
			return nil, &FormatError{8, fmt.Sprintf("tensor %q: %v", name, err)}
		}
		f.Tensors[name] = Tensor{DType: e.DType, Shape: e.Shape, Data: data[e.Offsets[0]:e.Offsets[1]:e.Offsets[1]]}
		places = append(places, e.Offsets)
	}
	slices.SortFunc(places, func(a, b [2]int64) int { return slices.Compare(a[:], b[:]) })
	var end int64
	for _, place := range append(places, [2]int64{int64(len(data)), int64(len(data))}) {
		if place[0] != end {
			return nil, &FormatError{int64(8+n) + end, fmt.Sprintf("next tensor at %d: the file has gaps, overlaps or trailing bytes", int64(8+n)+place[0])}
		}
		end = place[1]
	}
	return f, nil
}

// check compares the entry with the number of data bytes in the file.
func (e entry) check(dataLen int64) error {
	size := e.DType.size()
	if size == 0 {
		return fmt.Errorf("element type %q, want one of F32, I8, U8, I64", e.DType)
	}
	begin, end := e.Offsets[0], e.Offsets[1]
	if begin < 0 || end < begin || end > dataLen {
		return fmt.Errorf("data offsets %d..%d, want within 0..%d", begin, end, dataLen)
	}
	for _, d := range e.Shape {
		if d < 0 || (d > 0 && size > math.MaxInt64/int64(d)) {
			return fmt.Errorf("shape %v is not possible", e.Shape)
		}
		size *= int64(d)
	}
	if size != end-begin {
		return fmt.Errorf("shape %v of %s takes %d bytes, the offsets give %d", e.Shape, e.DType, size, end-begin)
	}
	return nil
}

// Write writes a safetensors file: tensors in ascending order of their names, so that equal
// contents make equal files. The file appears under its name only when it is complete.
func Write(path string, f *File) error {
	header := make(map[string]any, len(f.Tensors)+1)
	if len(f.Metadata) > 0 {
		header["__metadata__"] = f.Metadata
	}
	var offset int64
	names := f.Names()
	for _, name := range names {
		t := f.Tensors[name]
		if int64(len(t.Data)) != int64(t.elements())*t.DType.size() {
			panic(fmt.Sprintf("checkpoint: tensor %q: %d bytes for shape %v of %s", name, len(t.Data), t.Shape, t.DType))
		}
		end := offset + int64(len(t.Data))
		header[name] = entry{t.DType, t.Shape, [2]int64{offset, end}}
		offset = end
	}
	h, err := json.Marshal(header) // encoding/json sorts the keys of a map
	if err != nil {
		return err
	}
	h = append(h, bytes.Repeat([]byte(" "), -len(h)&7)...) // data begins at a multiple of 8
	parts := [][]byte{binary.LittleEndian.AppendUint64(nil, uint64(len(h))), h}
	for _, name := range names {
		parts = append(parts, f.Tensors[name].Data)
	}
	return WriteFile(path, parts...)
}

// WriteFile writes parts one after another to a file beside path and renames it to path when that and the
// flush to disk succeeded; otherwise nothing is left behind.
func WriteFile(path string, parts ...[]byte) (err error) {
	tmp := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%08x.tmp", filepath.Base(path), rand.Uint32()))
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(tmp))
		}
	}()
	for _, part := range parts {
		if err == nil {
			_, err = f.Write(part)
		}
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp, path)
}
