package checkpoint

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// maxHeader bounds the JSON header, as the reference implementation does.
const maxHeader = 100 << 20

// entry is one tensor in the JSON header.
type entry struct {
	DType   DType   `json:"dtype"`
	Shape   []int   `json:"shape"`
	Offsets []int64 `json:"data_offsets"` // bytes from the end of the header: begin, end
}

// Parse reads the bytes of a safetensors file. The tensors share b's memory.
func Parse(b []byte) (*File, error) {
	if len(b) < 8 {
		return nil, truncated("%d bytes, want 8 of header length", len(b))
	}
	n := binary.LittleEndian.Uint64(b)
	if bytes.HasPrefix(b, []byte("version https://git-lfs")) {
		return nil, &FormatError{0, "a pointer of git-lfs, not the file that it stands for: git lfs pull in its directory fetches that"}
	}
	if n > maxHeader {
		return nil, &FormatError{0, fmt.Sprintf("header of %d bytes, want at most %d (is this a safetensors file?)", n, maxHeader)}
	}
	if uint64(len(b)-8) < n {
		return nil, truncated("header of %d bytes in a file of %d", n, len(b))
	}
	raw, err := parseObject(b[8 : 8+n])
	if err != nil {
		return nil, &FormatError{8, fmt.Sprintf("header: %v", err)}
	}
	f := &File{Tensors: make(map[string]Tensor)}
	data := b[8+n:]
	var places []place
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		if name == "__metadata__" {
			if err := json.Unmarshal(raw[name], &f.Metadata); err != nil {
				return nil, &FormatError{8, fmt.Sprintf("__metadata__: %v", err)}
			}
			continue
		}
		var e entry
		if err := json.Unmarshal(raw[name], &e); err != nil {
			return nil, &FormatError{8, fmt.Sprintf("tensor %q: %v", name, err)}
		}
		if err := e.check(int64(len(data))); err != nil {
			return nil, &FormatError{8, fmt.Sprintf("tensor %q: %v", name, err)}
		}
		begin, end := e.Offsets[0], e.Offsets[1]
		f.Tensors[name] = Tensor{DType: e.DType, Shape: e.Shape, Data: data[begin:end:end]}
		places = append(places, place{name, begin, end})
	}
	sortPlaces(places)
	var end int64
	for _, p := range append(places, place{"end of the file", int64(len(data)), int64(len(data))}) {
		if p.begin != end {
			return nil, &FormatError{int64(8+n) + end, fmt.Sprintf("next is %q at %d: the file has gaps, overlaps or trailing bytes", p.name, int64(8+n)+p.begin)}
		}
		end = p.end
	}
	return f, nil
}

// place is where a tensor lies: bytes begin to end of a file's data.
type place struct {
	name       string
	begin, end int64
}

// sortPlaces sorts in the order of the file, an empty place before what begins there.
func sortPlaces(p []place) {
	slices.SortFunc(p, func(a, b place) int { return slices.Compare([]int64{a.begin, a.end}, []int64{b.begin, b.end}) })
}

// check compares the entry with the number of data bytes in the file.
func (e entry) check(dataLen int64) error {
	if !e.DType.safetensors() {
		return fmt.Errorf("element type %q, want one of F32, F16, BF16, F64, I8 to I64, U8 to U64, BOOL, F8_E4M3, F8_E5M2", e.DType)
	}
	if e.Shape == nil || len(e.Offsets) != 2 {
		return fmt.Errorf("shape %v and data_offsets %v, want a shape and two offsets", e.Shape, e.Offsets)
	}
	begin, end := e.Offsets[0], e.Offsets[1]
	if begin < 0 || end < begin || end > dataLen {
		return fmt.Errorf("data offsets %d..%d, want within 0..%d", begin, end, dataLen)
	}
	size, err := dataSize(e.DType, e.Shape)
	if err != nil {
		return err
	}
	if size != end-begin {
		return fmt.Errorf("shape %v of %s takes %d bytes, the offsets give %d", e.Shape, e.DType, size, end-begin)
	}
	return nil
}

// safetensors reports whether the format has the type: GGUF's blocks it has not.
func (d DType) safetensors() bool { return layouts[d].elements == 1 }

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
		if !t.DType.safetensors() {
			panic(fmt.Sprintf("checkpoint: tensor %q: safetensors has no element type %s", name, t.DType))
		}
		size, err := dataSize(t.DType, t.Shape)
		if err != nil || int64(len(t.Data)) != size {
			panic(fmt.Sprintf("checkpoint: tensor %q: %d bytes for shape %v of %s", name, len(t.Data), t.Shape, t.DType))
		}
		end := offset + size
		header[name] = entry{t.DType, append([]int{}, t.Shape...), []int64{offset, end}} // a scalar's shape is [], not null
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
