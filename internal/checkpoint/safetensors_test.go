package checkpoint

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func sample() *File {
	return &File{
		Tensors: map[string]Tensor{
			"b":      Float32([]float32{1, -2, 3, 4.5, 0, 6}, 2, 3),
			"a":      Int8([]int8{-128, 127, 0}, 3),
			"empty":  Float32(nil, 0, 4),
			"scalar": Float32([]float32{7}),
		},
		Metadata: map[string]string{"format": "pt"},
	}
}

func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	if err := Write(path, sample()); err != nil {
		t.Fatal(err)
	}
	got, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	want := sample()
	if !reflect.DeepEqual(got.Names(), want.Names()) || !reflect.DeepEqual(got.Metadata, want.Metadata) {
		t.Fatalf("names %v, metadata %v", got.Names(), got.Metadata)
	}
	b, err := got.Tensors["b"].Float32s()
	if err != nil || !reflect.DeepEqual(b, []float32{1, -2, 3, 4.5, 0, 6}) {
		t.Errorf("b = %v, %v", b, err)
	}
	a, err := got.Tensors["a"].Int8s()
	if err != nil || !reflect.DeepEqual(a, []int8{-128, 127, 0}) {
		t.Errorf("a = %v, %v", a, err)
	}
	if _, err := got.Tensors["a"].Float32s(); err == nil {
		t.Error("an I8 tensor was read as F32")
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("%d files left, want 1", len(entries))
	}
}

func TestParseTruncated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := Write(path, sample()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if _, err := Parse(whole[:n]); err == nil {
			t.Fatalf("the first %d bytes of %d were accepted", n, len(whole))
		}
	}
}

func TestParseHostile(t *testing.T) {
	file := func(header string, data int) []byte {
		b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
		b = append(b, header...)
		return append(b, make([]byte, data)...)
	}
	for _, c := range []struct {
		name string
		b    []byte
		want string
	}{
		{"huge header", binary.LittleEndian.AppendUint64(nil, 1<<60), "want at most"},
		{"not JSON", file("hello", 0), "JSON"},
		{"unknown type", file(`{"x":{"dtype":"F8","shape":[1],"data_offsets":[0,1]}}`, 1), "element type"},
		{"beyond the end", file(`{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}`, 1), "offsets"},
		{"negative", file(`{"x":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}}`, 1), "offsets"},
		{"reversed", file(`{"x":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}`, 1), "offsets"},
		{"shape overflows", file(`{"x":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}`, 0), "shape"},
		{"negative shape", file(`{"x":{"dtype":"U8","shape":[-1,-1],"data_offsets":[0,1]}}`, 1), "shape"},
		{"wrong size", file(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,1]}}`, 1), "takes 4 bytes"},
		{"trailing", file(`{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 2), "gaps, overlaps or trailing"},
		{"overlap as large as a gap", file(`{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"y":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 2), "gaps, overlaps or trailing"},
		{"overlap", file(`{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"y":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`, 3), `next is "y" at 114: the file has gaps, overlaps`},
		{"header of 4 GB", append(binary.LittleEndian.AppendUint64(nil, 4<<30), "{}"...), "header of 4294967296 bytes, want at most"},
		{"header of 2^63", append(binary.LittleEndian.AppendUint64(nil, 1<<63), "{}"...), "header of 9223372036854775808 bytes"},
		{"shape overflows to 0", file(`{"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0), "shape"},
		{"number too large", file(`{"x":{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,0]}}`, 0), "shape"},
		{"block type", file(`{"x":{"dtype":"Q8_0","shape":[32],"data_offsets":[0,34]}}`, 34), "element type"},
		{"no shape", file(`{"x":{"dtype":"U8","data_offsets":[0,1]}}`, 1), "want a shape"},
		{"one offset", file(`{"x":{"dtype":"U8","shape":[0],"data_offsets":[0]}}`, 0), "two offsets"},
		{"three offsets", file(`{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}`, 1), "two offsets"},
		{"a tensor twice", file(`{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1), `key "x" comes twice`},
		{"a type twice", file(`{"x":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}`, 1), `key "dtype" comes twice`},
		{"metadata twice", file(`{"__metadata__":{"a":"1","a":"2"}}`, 0), `key "a" comes twice`},
		{"metadata with numbers", file(`{"__metadata__":{"a":1}}`, 0), "__metadata__"},
		{"deep", file(`{"x":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+`}`, 0), "nested deeper than 16"},
		{"deep without end", file(strings.Repeat(`{"x":`, 1<<20), 0), "not a JSON object"},
		{"an array", file(`[]`, 0), "not a JSON object"},
		{"null", file(`null`, 0), "not a JSON object"},
		{"two objects", file(`{}{}`, 0), "not a JSON object"},
	} {
		_, err := Parse(c.b)
		var fe *FormatError
		if !errors.As(err, &fe) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want a FormatError with %q", c.name, err, c.want)
		}
	}
	if _, err := Parse(nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("no bytes: %v", err)
	}
}

func FuzzSafetensors(f *testing.F) {
	path := filepath.Join(f.TempDir(), "x")
	if err := Write(path, sample()); err != nil {
		f.Fatal(err)
	}
	b, _ := os.ReadFile(path)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Parse(b)
		if err != nil {
			return
		}
		haveTheirSizes(t, file)
	})
}

// haveTheirSizes wants of each tensor as many bytes as its shape has.
func haveTheirSizes(t *testing.T, f *File) {
	t.Helper()
	for name, x := range f.Tensors {
		if size, err := dataSize(x.DType, x.Shape); err != nil || size != int64(len(x.Data)) {
			t.Fatalf("tensor %q: %d bytes for shape %v of %s", name, len(x.Data), x.Shape, x.DType)
		}
	}
}
