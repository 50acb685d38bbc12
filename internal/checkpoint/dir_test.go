package checkpoint

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// put writes files into a new directory.
func put(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// shard is a safetensors file with tensors of one element.
func shard(t *testing.T, names ...string) []byte {
	t.Helper()
	f := &File{Tensors: map[string]Tensor{}, Metadata: map[string]string{"format": "pt"}}
	for i, name := range names {
		f.Tensors[name] = Float32([]float32{float32(i)})
	}
	path := filepath.Join(t.TempDir(), "x")
	if err := Write(path, f); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOpenDir(t *testing.T) {
	torch, module := testdata(t, "torch.bin"), testdata(t, "module.bin")
	torchNames := []string{"bf16", "bool", "cube", "empty", "f16", "f32", "f64", "i16", "i32", "i64", "i8", "scalar", "tied", "transposed", "u8", "view", "window"}
	moduleNames := []string{"0.bias", "0.weight", "1.bias", "1.weight", "parameter"}
	index := []byte(`{"metadata": {"total_size": 8, "other": [1, {"a": null}]}, "weight_map": {"a": "1.safetensors", "b": "2.safetensors", "c": "1.safetensors"}}`)
	binIndex := []byte(`{"weight_map": {"parameter": "module.bin"}}`)
	one, two := shard(t, "a", "c"), shard(t, "b")
	for _, c := range []struct {
		name  string
		files map[string][]byte
		names []string
	}{
		{"one file", map[string][]byte{"model.safetensors": one}, []string{"a", "c"}},
		{"shards", map[string][]byte{"model.safetensors.index.json": index, "1.safetensors": one, "2.safetensors": two}, []string{"a", "b", "c"}},
		{"torch", map[string][]byte{"pytorch_model.bin": torch}, torchNames},
		{"torch in shards", map[string][]byte{"pytorch_model.bin.index.json": binIndex, "module.bin": module}, moduleNames},
		{"preference", map[string][]byte{"model.safetensors": two, "model.safetensors.index.json": index, "pytorch_model.bin": torch}, []string{"b"}},
	} {
		f, err := OpenDir(put(t, c.files))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if !reflect.DeepEqual(f.Names(), c.names) {
			t.Errorf("%s: tensors %v, want %v", c.name, f.Names(), c.names)
		}
		if err := f.Close(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestOpenDirMetadata(t *testing.T) {
	index := []byte(`{"weight_map": {"a": "1", "b": "2"}}`)
	f, err := OpenDir(put(t, map[string][]byte{"model.safetensors.index.json": index, "1": shard(t, "a"), "2": shard(t, "b")}))
	if err != nil || f.Metadata["format"] != "pt" {
		t.Errorf("%v, %v", f, err)
	}
}

func TestOpenDirRefuses(t *testing.T) {
	const index = "model.safetensors.index.json"
	one := shard(t, "a", "c")
	sharded := func(weightMap string, files ...string) map[string][]byte {
		m := map[string][]byte{index: []byte(`{"weight_map": ` + weightMap + `}`)}
		for _, name := range files {
			m[name] = one
		}
		return m
	}
	for _, c := range []struct {
		name  string
		files map[string][]byte
		want  []string
	}{
		{"nothing", nil, []string{"none of model.safetensors, model.safetensors.index.json, pytorch_model.bin, pytorch_model.bin.index.json"}},
		{"broken", map[string][]byte{"model.safetensors": []byte("hello, world"), "pytorch_model.bin": testdata(t, "torch.bin")}, []string{"model.safetensors: checkpoint: offset 0: header of"}},
		{"a command", map[string][]byte{"pytorch_model.bin": testdata(t, "system.bin")}, []string{"pytorch_model.bin: checkpoint: offset", `"posix.system"`}},
		{"a tensor that is not there", sharded(`{"a": "1", "b": "1"}`, "1"), []string{index, `shard 1 lacks tensor "b"`}},
		{"a tensor elsewhere", map[string][]byte{index: []byte(`{"weight_map": {"a": "2", "b": "1"}}`), "1": one, "2": shard(t, "b")}, []string{`shard 2 lacks tensor "a"`}},
		{"a tensor twice", sharded(`{"a": "1", "c": "2"}`, "1", "2"), []string{"is in 1 and in 2"}},
		{"a shard that is not there", sharded(`{"a": "1", "c": "2"}`, "1"), []string{"a shard of " + index}},
		{"a broken shard", sharded(`{"a": "1", "x": "` + index + `"}`), []string{"a shard of " + index}},
		{"outside", sharded(`{"a": "../1"}`), []string{`"../1", want the name`}},
		{"absolute", sharded(`{"a": "/etc/passwd"}`), []string{`"/etc/passwd", want the name`}},
		{"below", sharded(`{"a": "x/1"}`), []string{`"x/1", want the name`}},
		{"Windows", sharded(`{"a": "C:1"}`), []string{`"C:1", want the name`}},
		{"backslash", sharded(`{"a": "..\\1"}`), []string{`want the name`}},
		{"itself", sharded(`{"a": "."}`), []string{`".", want the name`}},
		{"parent", sharded(`{"a": ".."}`), []string{`"..", want the name`}},
		{"no name", sharded(`{"a": ""}`), []string{`"", want the name`}},
		{"empty", sharded(`{}`), []string{"names no tensor"}},
		{"null", sharded(`null`), []string{"names no tensor"}},
		{"numbers", sharded(`{"a": 1}`), []string{"weight_map"}},
		{"no map", map[string][]byte{index: []byte(`{}`)}, []string{"weight_map"}},
		{"duplicate", sharded(`{"a": "1", "a": "2"}`, "1", "2"), []string{`key "a" comes twice`}},
		{"no JSON", map[string][]byte{index: []byte(`weight_map`)}, []string{index, "not a JSON object"}},
		{"empty file", map[string][]byte{"model.safetensors": nil}, []string{"model.safetensors: checkpoint: 0 bytes"}},
	} {
		dir := put(t, c.files)
		_, err := OpenDir(dir)
		for _, want := range append(c.want, dir) {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want %q", c.name, err, want)
			}
		}
	}
	if _, err := OpenDir(filepath.Join(t.TempDir(), "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// The hub's cache is made of symbolic links.
func TestOpenDirLinks(t *testing.T) {
	blobs, dir := put(t, map[string][]byte{"1f2e": shard(t, "a")}), t.TempDir()
	link := filepath.Join(dir, "model.safetensors")
	if err := os.Symlink(filepath.Join(blobs, "1f2e"), link); err != nil {
		t.Skip("this system lets nobody make links: ", err)
	}
	f, err := OpenDir(dir)
	if err != nil || len(f.Tensors) != 1 {
		t.Fatalf("%v, %v", f, err)
	}
	f.Close()
	// One that leads nowhere is no reason to take another file.
	if err := os.WriteFile(filepath.Join(dir, "pytorch_model.bin"), testdata(t, "torch.bin"), 0o666); err != nil {
		t.Fatal(err)
	}
	os.Remove(filepath.Join(blobs, "1f2e"))
	if _, err := OpenDir(dir); err == nil || !strings.Contains(err.Error(), "model.safetensors") {
		t.Errorf("error %v", err)
	}
}

func TestOpenIrregular(t *testing.T) {
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Error(err)
	}
}

func TestClose(t *testing.T) {
	f, err := OpenDir(put(t, map[string][]byte{"model.safetensors": shard(t, "a")}))
	if err != nil {
		t.Fatal(err)
	}
	x, err := f.Tensors["a"].Float32s()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if len(f.Tensors) != 0 || x[0] != 0 {
		t.Errorf("%v, %v", f.Tensors, x)
	}
	if err := (&File{}).Close(); err != nil {
		t.Error(err)
	}
}
