package checkpoint

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// Every type of block gives the very values of gguf.quants.dequantize.
func TestGGUF(t *testing.T) {
	want, err := Parse(testdata(t, "blocks.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := OpenGGUF(filepath.Join("testdata", "blocks.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if !reflect.DeepEqual(g.Names(), want.Names()) {
		t.Errorf("tensors %v, want %v", g.Names(), want.Names())
	}
	tested := map[DType]bool{}
	for name, w := range want.Tensors {
		x := g.Tensors[name]
		if !reflect.DeepEqual(x.Shape, w.Shape) {
			t.Errorf("tensor %q: shape %v, want %v", name, x.Shape, w.Shape)
		}
		got, err := x.Float32s()
		if err != nil {
			t.Fatalf("tensor %q: %v", name, err)
		}
		values, _ := w.Float32s()
		for i := range values {
			if math.Float32bits(got[i]) != math.Float32bits(values[i]) {
				t.Errorf("tensor %q, element %d: %g, want %g", name, i, got[i], values[i])
				break
			}
		}
		tested[x.DType] = true
	}
	for _, d := range convertible() {
		if !tested[d] {
			t.Errorf("no tensor of type %s", d)
		}
	}

	wantMetadata := map[string]any{
		"general.architecture": "test",
		"u8":                   uint8(200),
		"i8":                   int8(-100),
		"u16":                  uint16(60000),
		"i16":                  int16(-30000),
		"u32":                  uint32(4000000000),
		"i32":                  int32(-2000000000),
		"f32":                  float32(0.25),
		"bool":                 true,
		"string":               "größer",
		"u64":                  uint64(1 << 63),
		"i64":                  int64(-1 << 62),
		"f64":                  0.1,
		"strings":              []string{"Ġa", "", "b"},
		"floats":               []float32{0.5, -1.5},
		"ints":                 []int32{1, -2, 3},
		"bools":                []bool{true, false},
	}
	if !reflect.DeepEqual(g.Metadata, wantMetadata) {
		t.Errorf("metadata %v, want %v", g.Metadata, wantMetadata)
	}
	for key, v := range wantMetadata {
		got, err := g.Int(key)
		r := reflect.ValueOf(v)
		switch {
		case r.CanInt() && (err != nil || int64(got) != r.Int()), key != "u64" && r.CanUint() && (err != nil || uint64(got) != r.Uint()):
			t.Errorf("Int(%q) = %d, %v, want %v", key, got, err, v)
		case (key == "u64" || !r.CanInt() && !r.CanUint()) && err == nil:
			t.Errorf("Int(%q) = %d, want an error", key, got)
		}
	}
	if s, err := Value[[]string](g, "strings"); err != nil || len(s) != 3 {
		t.Errorf("strings: %v, %v", s, err)
	}
	if _, err := Value[string](g, "u8"); err == nil || !strings.Contains(err.Error(), `"u8" is of type uint8, want string`) {
		t.Error(err)
	}
	if _, err := Value[string](g, "nothing"); err == nil || !strings.Contains(err.Error(), `no metadata "nothing"`) {
		t.Error(err)
	}
	g.Metadata["large"] = int64(1<<32 + 2) // more than an int of 32 bits has
	if n, err := g.Int("large"); (err == nil) != (math.MaxInt > 1<<32) || err == nil && int64(n) != 1<<32+2 {
		t.Errorf("Int of 2^32+2 = %d, %v", n, err)
	}
	if _, err := g.Int("nothing"); err == nil || !strings.Contains(err.Error(), `no metadata "nothing"`) {
		t.Error(err)
	}
}

// Parts of a GGUF file.
func le64(n uint64) string    { return string(binary.LittleEndian.AppendUint64(nil, n)) }
func ggufStr(s string) string { return le64(uint64(len(s))) + s }
func ggufPair(key string, kind int, value string) string {
	return ggufStr(key) + le32(kind) + value
}
func ggufTensor(name string, kind int, offset uint64, dims ...uint64) string {
	s := ggufStr(name) + le32(len(dims))
	for _, d := range dims {
		s += le64(d)
	}
	return s + le32(kind) + le64(offset)
}

// ggufFile pads the header to 32 bytes and puts data after it.
func ggufFile(version int, pairs, tensors []string, data string) []byte {
	s := "GGUF" + le32(version) + le64(uint64(len(tensors))) + le64(uint64(len(pairs))) + strings.Join(pairs, "") + strings.Join(tensors, "")
	return []byte(s + strings.Repeat("\x00", -len(s)&31) + data)
}

func TestGGUFLayout(t *testing.T) {
	data := strings.Repeat("0123456789abcdef", 4)
	g, err := ParseGGUF(ggufFile(2, nil, []string{
		ggufTensor("last", 24, 32, 8, 2), ggufTensor("scalar", 24, 0), ggufTensor("none", 0, 64, 0, 5),
	}, data))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]Tensor{
		"last":   {I8, []int{2, 8}, []byte(data[:16])},
		"scalar": {I8, []int{}, []byte("0")},
		"none":   {F32, []int{5, 0}, []byte{}},
	} {
		if !reflect.DeepEqual(g.Tensors[name], want) {
			t.Errorf("tensor %q: %v, want %v", name, g.Tensors[name], want)
		}
	}
	// A larger alignment moves the data and binds the offsets.
	align := ggufPair("general.alignment", ggufUint32, le32(64))
	for offset, fault := range map[uint64]string{0: "", 32: "multiple of 64", 64: "unexpected EOF"} {
		b := ggufFile(3, []string{align}, []string{ggufTensor("x", 24, offset, 4)}, "")
		b = append(b, make([]byte, -len(b)&63)...)
		if _, err := ParseGGUF(append(b, "1234"...)); err == nil != (fault == "") || err != nil && !strings.Contains(err.Error(), fault) {
			t.Errorf("offset %d with alignment 64: %v", offset, err)
		}
	}
	// A type that nothing converts can be looked at.
	g, err = ParseGGUF(ggufFile(3, nil, []string{ggufTensor("x", 23, 0, 256)}, strings.Repeat("x", 136)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Tensors["x"].Float32s(); err == nil || !strings.Contains(err.Error(), "IQ4_XS") {
		t.Error(err)
	}
	nested := ggufPair("a", ggufArray, le32(ggufArray)+le64(2)+le32(ggufUint8)+le64(2)+"ab"+le32(ggufString)+le64(0))
	g, err = ParseGGUF(ggufFile(3, []string{nested}, nil, ""))
	if err != nil || !reflect.DeepEqual(g.Metadata["a"], []any{[]uint8("ab"), []string{}}) {
		t.Errorf("%v, %v", g, err)
	}
}

func TestGGUFHostile(t *testing.T) {
	data := strings.Repeat("x", 128)
	tensor := func(s ...string) []byte { return ggufFile(3, nil, s, data) }
	pair := func(s ...string) []byte { return ggufFile(3, s, nil, data) }
	array := func(kind int, n uint64, rest string) []byte {
		return pair(ggufPair("a", ggufArray, le32(kind)+le64(n)+rest))
	}
	short := io.ErrUnexpectedEOF.Error()
	for _, c := range []struct {
		name string
		b    []byte
		want string
	}{
		{"not GGUF", []byte("GGML\x03\x00\x00\x00"), "magic"},
		{"big-endian", []byte("GGUF\x00\x00\x00\x03" + data), "big-endian"},
		{"version 1", ggufFile(1, nil, nil, ""), "version 1"},
		{"version 4", ggufFile(4, nil, nil, ""), "version 4"},
		{"tensors without end", []byte("GGUF" + le32(3) + le64(math.MaxUint64) + le64(0)), short},
		{"pairs without end", []byte("GGUF" + le32(3) + le64(0) + le64(math.MaxUint64)), short},
		{"a huge key", []byte("GGUF" + le32(3) + le64(0) + le64(1) + le64(math.MaxUint64)), short},
		{"a huge string", pair(ggufPair("a", ggufString, le64(1<<40))), short},
		{"a huge array", array(ggufUint8, 1<<62, ""), short},
		{"a huge array of int64", array(ggufInt64, 1<<61, ""), short},
		{"a huge array of float64", array(ggufFloat64, math.MaxUint64, ""), short},
		{"a huge array of strings", array(ggufString, math.MaxUint64, ""), short},
		{"a huge array of arrays", []byte("GGUF" + le32(3) + le64(0) + le64(1) + ggufPair("a", ggufArray, le32(ggufArray)+le64(math.MaxUint64))), short},
		{"deep arrays", array(ggufArray, 1, strings.Repeat(le32(ggufArray)+le64(1), 1000)), "nested deeper than 4"},
		{"a value of no type", pair(ggufPair("a", 13, "")), "value type 13"},
		{"an array of no type", array(99, 1, ""), "value type 99"},
		{"a boolean", pair(ggufPair("a", ggufBool, "\x02")), "boolean is 2"},
		{"a key twice", pair(ggufPair("a", ggufUint8, "1"), ggufPair("a", ggufUint8, "1")), `"a" comes twice`},
		{"alignment 0", pair(ggufPair("general.alignment", ggufUint32, le32(0))), "power of two"},
		{"alignment 24", pair(ggufPair("general.alignment", ggufUint32, le32(24))), "power of two"},
		{"alignment 2 GB", pair(ggufPair("general.alignment", ggufUint32, "\x00\x00\x00\x80")), "power of two"},
		{"alignment as text", pair(ggufPair("general.alignment", ggufString, ggufStr("32"))), "power of two"},
		{"parts", pair(ggufPair("split.count", ggufUint16, "\x03\x00")), "one of 3 parts"},
		{"a type that is none", tensor(ggufTensor("x", 99, 0, 1)), `"x" has element type 99`},
		{"five dimensions", tensor(ggufTensor("x", 0, 0, 1, 1, 1, 1, 1)), "5 dimensions"},
		{"dimensions without end", tensor(ggufStr("x") + "\xff\xff\xff\xff"), "4294967295 dimensions"},
		{"a huge dimension", tensor(ggufTensor("x", 0, 0, 1<<63)), "a dimension of 9223372036854775808"},
		{"a shape that overflows", tensor(ggufTensor("x", 0, 0, 1<<31, 1<<31, 4)), "not possible"},
		{"a shape that overflows to 0", tensor(ggufTensor("x", 0, 0, 1<<32, 1<<32)), "not possible"},
		{"half a block", tensor(ggufTensor("x", 2, 0, 48)), "multiple of the 32"},
		{"beyond the end", tensor(ggufTensor("x", 0, 128, 1)), short},
		{"far beyond the end", tensor(ggufTensor("x", 0, math.MaxUint64-31, 1)), short},
		{"larger than the file", tensor(ggufTensor("x", 0, 0, 33)), short},
		{"no room for data", ggufFile(3, nil, []string{ggufTensor("x", 0, 0, 1)}, "")[:60], short},
		{"an odd offset", tensor(ggufTensor("x", 0, 4, 1)), "multiple of 32"},
		{"overlap", tensor(ggufTensor("x", 0, 0, 16), ggufTensor("y", 0, 32, 8)), `"x" and "y" overlap`},
		{"the same place", tensor(ggufTensor("x", 0, 0, 4), ggufTensor("y", 0, 0, 4)), `"x" and "y" overlap`},
		{"a name twice", tensor(ggufTensor("x", 0, 0, 4), ggufTensor("x", 0, 32, 4)), "comes twice"},
	} {
		g, err := ParseGGUF(c.b)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, error %v, want %q", c.name, g, err, c.want)
		}
	}
	if _, err := ParseGGUF(tensor(ggufTensor("x", 0, 0, 8), ggufTensor("y", 0, 32, 8))); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

func TestGGUFTruncated(t *testing.T) {
	b := testdata(t, "blocks.gguf")
	for n := 0; n < len(b); n += 1 + n/2048*23 { // every length of the header, fewer of the data
		if _, err := ParseGGUF(b[:n]); err == nil {
			t.Fatalf("the first %d bytes of %d were accepted", n, len(b))
		} else if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("the first %d bytes of %d: %v", n, len(b), err)
		}
	}
}

func FuzzGGUF(f *testing.F) {
	f.Add(ggufFile(2, []string{ggufPair("a", ggufArray, le32(ggufArray)+le64(1)+le32(ggufBool)+le64(2)+"\x00\x01"), ggufPair("general.alignment", ggufUint32, le32(64))},
		[]string{ggufTensor("x", 24, 0, 4, 2), ggufTensor("y", 2, 64, 32)}, strings.Repeat("x", 160)))
	f.Add(ggufFile(3, []string{ggufPair("a", ggufString, ggufStr("b"))}, []string{ggufTensor("x", 14, 0, 256)}, strings.Repeat("x", 210)))
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := ParseGGUF(b)
		if err != nil {
			return
		}
		haveTheirSizes(t, g.File)
		for _, x := range g.Tensors {
			if _, err := x.Float32s(); err != nil && layouts[x.DType].float32s != nil {
				t.Fatal(err)
			}
		}
	})
}
