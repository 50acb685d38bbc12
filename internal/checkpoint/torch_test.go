package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// equalFiles compares types, shapes and bytes.
func equalFiles(t *testing.T, got, want *File) {
	t.Helper()
	if !reflect.DeepEqual(got.Names(), want.Names()) {
		t.Errorf("tensors %v, want %v", got.Names(), want.Names())
	}
	for name, w := range want.Tensors {
		g := got.Tensors[name]
		if g.DType != w.DType || !reflect.DeepEqual(g.Shape, w.Shape) || !bytes.Equal(g.Data, w.Data) {
			t.Errorf("tensor %q: %v, want %v", name, g, w)
		}
	}
}

// What torch.save wrote holds what the safetensors library wrote of the same tensors.
func TestTorch(t *testing.T) {
	for file, same := range map[string]string{"torch.bin": "torch.safetensors", "torch_legacy.bin": "torch.safetensors", "module.bin": "module.safetensors"} {
		want, err := Parse(testdata(t, same))
		if err != nil {
			t.Fatal(err)
		}
		got, err := OpenTorch(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		equalFiles(t, got, want)
		if err := got.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Tensors that share storage share memory, and nothing is copied but what does not lie in order.
func TestTorchCopiesNothing(t *testing.T) {
	for _, file := range []string{"torch.bin", "torch_legacy.bin"} {
		b := testdata(t, file)
		f, err := ParseTorch(b)
		if err != nil {
			t.Fatal(err)
		}
		original := f.Tensors["f32"].Data
		if &f.Tensors["tied"].Data[0] != &original[0] || &f.Tensors["view"].Data[0] != &original[16] {
			t.Errorf("%s: tensors that share storage do not share memory", file)
		}
		clear(b)
		for name, x := range f.Tensors {
			copied := bytes.Count(x.Data, []byte{0}) < len(x.Data)
			if want := name == "transposed" || name == "window" || name == "cube"; copied != want {
				t.Errorf("%s: tensor %q copied: %t, want %t", file, name, copied, want)
			}
		}
	}
}

// Parts of pickles.
func pickleStr(s string) string { return "X" + le32(len(s)) + s }
func pickleInt(n int) string    { return "J" + le32(n) }
func le32(n int) string         { return string(binary.LittleEndian.AppendUint32(nil, uint32(n))) }
func pickleTuple(x ...string) string {
	return "(" + strings.Join(x, "") + "t"
}
func pickleInts(x []int) string {
	s := "("
	for _, n := range x {
		s += pickleInt(n)
	}
	return s + "t"
}
func pickleStorage(class, key string, numel string) string {
	return pickleTuple(pickleStr("storage"), "ctorch\n"+class+"\n", pickleStr(key), pickleStr("cpu"), numel) + "Q"
}
func pickleTensor(storage string, offset int, shape, stride []int) string {
	return "ctorch._utils\n_rebuild_tensor_v2\n" +
		pickleTuple(storage, pickleInt(offset), pickleInts(shape), pickleInts(stride), "\x89", "ccollections\nOrderedDict\n)R") + "R"
}

// pickleDict is a whole pickle: a dictionary with these pairs.
func pickleDict(pairs ...string) string { return "\x80\x02}(" + strings.Join(pairs, "") + "u." }

// torchZip is a file as torch.save makes it, with storage "0" of 16 bytes.
func torchZip(t testing.TB, pickle string, more ...string) []byte {
	t.Helper()
	entries := append([]string{"x/data.pkl", pickle, "x/byteorder", "little", "x/data/0", "0123456789abcdef", "x/version", "3\n"}, more...)
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(entries); i += 2 {
		e, err := w.CreateHeader(&zip.FileHeader{Name: entries[i], Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(e, entries[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTorchViews(t *testing.T) {
	for _, c := range []struct {
		offset        int
		shape, stride []int
		data, fault   string
	}{
		{0, []int{4}, []int{1}, "0123456789abcdef", ""},
		{0, []int{}, []int{}, "0123", ""},
		{3, []int{1, 1}, []int{100, 7}, "cdef", ""}, // the strides of axes of length 1 say nothing
		{0, []int{2, 2}, []int{1, 2}, "012389ab4567cdef", ""},
		{1, []int{2}, []int{2}, "4567cdef", ""},
		{0, []int{0, 9}, []int{9, 1}, "", ""},
		{99, []int{0}, []int{1}, "", ""},
		{0, []int{2}, []int{0}, "01230123", ""},
		{1, []int{4}, []int{1}, "", "its storage has 4 elements"},
		{4, []int{1}, []int{1}, "", "its storage has 4 elements"},
		{0, []int{2, 2}, []int{2, 3}, "", "its storage has 4 elements"},
		{0, []int{2}, []int{1 << 30}, "", "its storage has 4 elements"},
		{0, []int{1 << 30, 1 << 30, 1 << 30}, []int{0, 0, 0}, "", "not possible"},
		{0, []int{1 << 20, 1 << 20}, []int{0, 0}, "", "more bytes than the file has"},
		{0, []int{-1}, []int{1}, "", "none negative"},
		{0, []int{1}, []int{-1}, "", "none negative"},
		{-1, []int{1}, []int{1}, "", "none negative"},
		{0, []int{1, 1}, []int{1}, "", "as many strides"},
	} {
		f, err := ParseTorch(torchZip(t, pickleDict(pickleStr("x"), pickleTensor(pickleStorage("FloatStorage", "0", "K\x04"), c.offset, c.shape, c.stride))))
		switch {
		case err != nil && (c.fault == "" || !strings.Contains(err.Error(), c.fault)):
			t.Errorf("offset %d, shape %v, strides %v: error %v, want %q", c.offset, c.shape, c.stride, err, c.fault)
		case err == nil && (c.fault != "" || string(f.Tensors["x"].Data) != c.data):
			t.Errorf("offset %d, shape %v, strides %v: %q, want %q, error %q", c.offset, c.shape, c.stride, f.Tensors["x"].Data, c.data, c.fault)
		}
	}
}

// Many tensors out of order, each as large as the file, are refused before they take memory.
func TestTorchCopiesBounded(t *testing.T) {
	var pairs []string
	for i := range 10000 {
		pairs = append(pairs, pickleStr(fmt.Sprint(i)), pickleTensor(pickleStorage("ByteStorage", "big", pickleInt(1<<20)), 0, []int{1 << 10, 1 << 10}, []int{1, 1 << 10}))
	}
	_, err := ParseTorch(torchZip(t, pickleDict(pairs...), "x/data/big", strings.Repeat("x", 1<<20)))
	if err == nil || !strings.Contains(err.Error(), "more bytes than the file has") {
		t.Errorf("error %v", err)
	}
}

func TestTorchHostile(t *testing.T) {
	tensor := pickleTensor(pickleStorage("FloatStorage", "0", "K\x04"), 0, []int{4}, []int{1})
	good := pickleDict(pickleStr("x"), tensor)
	compressed := new(bytes.Buffer)
	w := zip.NewWriter(compressed)
	e, _ := w.Create("x/data.pkl")
	io.WriteString(e, good)
	w.Close()
	for _, c := range []struct {
		name string
		b    []byte
		want string
	}{
		{"a command", testdata(t, "system.bin"), `"posix.system"`},
		{"not a zip file", []byte("hello"), "neither"},
		{"nothing", nil, "neither"},
		{"compressed", compressed.Bytes(), "compressed"},
		{"no pickle", torchZip(t, "")[:0], "neither"},
		{"two pickles", torchZip(t, good, "y/data.pkl", good), "2 entries"},
		{"a name twice", torchZip(t, good, "x/data/0", ""), "comes twice"},
		{"TorchScript", torchZip(t, good, "x/constants.pkl", ""), "TorchScript"},
		{"goes on", torchZip(t, good+"."), "goes on"},
		{"a storage that is not there", torchZip(t, pickleDict(pickleStr("x"), pickleTensor(pickleStorage("FloatStorage", "../0", "K\x04"), 0, nil, nil))), `"../0" has no entry`},
		{"a storage that is too short", torchZip(t, pickleDict(pickleStr("x"), pickleTensor(pickleStorage("FloatStorage", "0", "K\x05"), 0, nil, nil))), "entry has 16 bytes"},
		{"a huge storage", torchZip(t, pickleDict(pickleStr("x"), pickleTensor(pickleStorage("FloatStorage", "0", "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"), 0, nil, nil))), "entry has 16 bytes"},
		{"a negative storage", torchZip(t, pickleDict(pickleStr("x"), pickleTensor(pickleStorage("FloatStorage", "0", "\x8a\x01\xff"), 0, nil, nil))), "want class, key and number"},
		{"another storage", torchZip(t, pickleDict(pickleStr("x"), pickleTensor(pickleStorage("QInt8Storage", "0", "K\x04"), 0, nil, nil))), "torch.QInt8Storage"},
		{"a tensor twice", torchZip(t, pickleDict(pickleStr("x"), tensor, pickleStr("x"), tensor)), "comes twice"},
		{"a name that is none", torchZip(t, pickleDict("K\x01", tensor)), "under int"},
		{"something else", torchZip(t, pickleDict(pickleStr("epoch"), "K\x01")), `int under str "epoch"`},
		{"a dictionary inside", torchZip(t, pickleDict(pickleStr("state_dict"), "}")), `dict under str "state_dict"`},
		{"no dictionary", torchZip(t, "\x80\x02K\x01."), "holds a int"},
		{"arguments", torchZip(t, "\x80\x02ccollections\nOrderedDict\nK\x01\x85R."), "with 1 arguments"},
		{"a class as function", torchZip(t, "\x80\x02ctorch\nFloatStorage\n)R."), "torch.FloatStorage with 0"},
		{"a parameter of nothing", torchZip(t, "\x80\x02ctorch._utils\n_rebuild_parameter\nN\x89N\x87R."), "other types"},
		{"a persistent string", torchZip(t, "\x80\x02"+pickleStr("x")+"Q."), "a persistent str"},
		{"a persistent tuple", torchZip(t, "\x80\x02"+pickleTuple(pickleStr("module"), "N", "N", "N", "N")+"Q."), "a persistent tuple"},
	} {
		_, err := ParseTorch(c.b)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := ParseTorch(torchZip(t, good)); err != nil {
		t.Errorf("the good one: %v", err)
	}
	big := bytes.Replace(torchZip(t, good), []byte("little"), []byte("big\x00\x00\x00"), 1)
	var unsupported *UnsupportedError
	if _, err := ParseTorch(big); !errors.As(err, &unsupported) || !strings.Contains(err.Error(), "byte order") {
		t.Errorf("big-endian: %v", err)
	}
}

func TestTorchTruncated(t *testing.T) {
	for _, name := range []string{"torch.bin", "torch_legacy.bin", "module.bin"} {
		b := testdata(t, name)
		for n := range b {
			if _, err := ParseTorch(b[:n]); err == nil {
				t.Fatalf("the first %d bytes of %d of %s were accepted", n, len(b), name)
			}
		}
	}
}

// smallPickle is of a dictionary with one tensor that lies in order and one that does not; smallLegacy is
// a file of before torch 1.6.
var (
	smallPickle = pickleDict(pickleStr("x"), pickleTensor(pickleStorage("FloatStorage", "0", "K\x04"), 0, []int{4}, []int{1}),
		pickleStr("y"), pickleTensor(pickleStorage("HalfStorage", "0", "K\x08"), 0, []int{2, 2}, []int{1, 2}))
	smallLegacy = string(legacyMagic) + "\x80\x02M\xe9\x03.\x80\x02}" + pickleStr("little_endian") + "\x88s." +
		pickleDict(pickleStr("x"), pickleTensor(pickleStorage("FloatStorage", "7", "K\x01"), 0, []int{1}, []int{1})) +
		"\x80\x02](" + pickleStr("7") + "e.\x01\x00\x00\x00\x00\x00\x00\x00abcd"
)

func TestTorchLegacyHostile(t *testing.T) {
	const head = "\x80\x02M\xe9\x03."
	machine := "\x80\x02}" + pickleStr("little_endian") + "\x88s."
	dict := pickleDict(pickleStr("x"), pickleTensor(pickleStorage("FloatStorage", "7", "K\x01"), 0, []int{1}, []int{1}))
	keys := "\x80\x02](" + pickleStr("7") + "e."
	one := "\x01\x00\x00\x00\x00\x00\x00\x00"
	for _, c := range []struct{ name, b, want string }{
		{"good", head + machine + dict + keys + one + "abcd", ""},
		{"version", "\x80\x02M\xea\x03." + machine + dict + keys + one + "abcd", "version"},
		{"big-endian", head + strings.Replace(machine, "\x88", "\x89", 1) + dict + keys + one + "abcd", "little_endian"},
		{"short", head + machine + dict + keys + one + "abc", "unexpected EOF"},
		{"another length", head + machine + dict + keys + "\x02" + one[1:] + "abcd", "has 2 elements, want 1"},
		{"no list", head + machine + dict + "\x80\x02N." + one + "abcd", "no list"},
		{"lacks one", head + machine + dict + "\x80\x02].", `"7" is not in the file`},
		{"another", head + machine + dict + "\x80\x02](" + pickleStr("8") + "e." + one + "abcd", `"8" is none`},
		{"twice", head + machine + dict + "\x80\x02](" + pickleStr("7") + pickleStr("7") + "e." + one + "abcd" + one + "abcd", "comes twice"},
		{"huge", head + machine + strings.Replace(dict, "K\x01t", "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7ft", 1) + keys + "\xff\xff\xff\xff\xff\xff\xff\x7f", "unexpected EOF"},
		{"of two types", head + machine + pickleDict(pickleStr("x"), pickleStorage("FloatStorage", "7", "K\x01"), pickleStr("y"), pickleStorage("HalfStorage", "7", "K\x01")) + keys + one + "abcd", "1 F16 here and of 1 F32"},
		{"a command", head + machine + "\x80\x02cposix\nsystem\n" + pickleStr("false") + "\x85R." + keys, `"posix.system"`},
	} {
		f, err := ParseTorch([]byte(string(legacyMagic) + c.b))
		switch {
		case c.want == "" && (err != nil || string(f.Tensors["x"].Data) != "abcd"):
			t.Errorf("%s: %v, %v", c.name, f, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

func FuzzTorch(f *testing.F) {
	// Small ones: go test minimises what it finds, and takes a minute for each of some kilobytes.
	f.Add(torchZip(f, smallPickle))
	f.Add([]byte(smallLegacy))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := ParseTorch(b)
		if err != nil {
			return
		}
		haveTheirSizes(t, file)
	})
}
