package lm

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"

	"lmz/internal/checkpoint"
)

// TestLayouts: however a checkpoint is laid out, it is the same model.
func TestLayouts(t *testing.T) {
	want := open(t, write(t, 1)).ID()
	for name, lay := range map[string]func(modelDir){
		"safetensors in shards": func(m modelDir) { m.shards(weights) },
		"PyTorch":               modelDir.torch,
		"PyTorch in shards":     func(m modelDir) { m.shards(torchBin) },
	} {
		m := modelDir{t, write(t, 1)}
		lay(m)
		if got := open(t, m.dir).ID(); got != want {
			t.Errorf("%s: identity %x, want %x", name, got, want)
		}
	}
}

// torch puts pytorch_model.bin into the place of model.safetensors.
func (m modelDir) torch() {
	f := m.file()
	m.remove(weights)
	m.put(torchBin, m.torchFile(f))
}

// shards puts two shards and their index into the place of model.safetensors. They are in the format of the file of the name.
func (m modelDir) shards(name string) {
	f := m.file()
	m.remove(weights)
	names := f.Names()
	index := map[string]map[string]string{"weight_map": {}}
	for i, shard := range []string{"a-" + name, "b-" + name} {
		part := &checkpoint.File{Tensors: map[string]checkpoint.Tensor{}}
		for _, tensor := range names[i*len(names)/2 : (i+1)*len(names)/2] {
			part.Tensors[tensor], index["weight_map"][tensor] = f.Tensors[tensor], shard
		}
		if name == torchBin {
			m.put(shard, m.torchFile(part))
		} else {
			m.must(checkpoint.Write(m.path(shard), part))
		}
	}
	b, err := json.Marshal(index)
	m.must(err)
	m.put(name+".index.json", b)
}

func (m modelDir) file() *checkpoint.File {
	f, err := checkpoint.Parse(m.get(weights))
	m.must(err)
	return f
}

// pickle puts a PyTorch file of this pickle and a storage "x" of 16 bytes into the place of model.safetensors.
func (m modelDir) pickle(pickle string) {
	m.remove(weights)
	m.put(torchBin, m.zip(pickle, map[string][]byte{"x": make([]byte, 16)}))
}

// torchFile is a file as torch.save makes it of float32 tensors.
func (m modelDir) torchFile(f *checkpoint.File) []byte {
	var tensors []string
	storages := map[string][]byte{}
	for _, name := range f.Names() {
		t := f.Tensors[name]
		stride := make([]int, len(t.Shape))
		size := 1
		for i := len(t.Shape) - 1; i >= 0; i-- {
			stride[i] = size
			size *= t.Shape[i]
		}
		tensors = append(tensors, torchTensor(name, size, 0, t.Shape, stride))
		storages[name] = t.Data
	}
	return m.zip(torchPickle(tensors...), storages)
}

// zip is a PyTorch file of a pickle and storages.
func (m modelDir) zip(pickle string, storages map[string][]byte) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	add := func(name string, data []byte) {
		e, err := w.CreateHeader(&zip.FileHeader{Name: "archive/" + name, Method: zip.Store})
		m.must(err)
		_, err = e.Write(data)
		m.must(err)
	}
	add("data.pkl", []byte(pickle))
	for name, data := range storages {
		add("data/"+name, data)
	}
	m.must(w.Close())
	return b.Bytes()
}

// torchPickle is the pickle of a dictionary of tensors.
func torchPickle(tensors ...string) string { return "\x80\x02}(" + strings.Join(tensors, "") + "u." }

// torchTensor is name and value of a tensor in the pickle, in the storage of its name, which has numel float32.
func torchTensor(name string, numel, offset int, shape, stride []int) string {
	number := func(n int) string { return string(binary.LittleEndian.AppendUint32(nil, uint32(n))) }
	text := func(s string) string { return "X" + number(len(s)) + s }
	tuple := func(list []int) string {
		s := "("
		for _, n := range list {
			s += "J" + number(n)
		}
		return s + "t"
	}
	storage := "(" + text("storage") + "ctorch\nFloatStorage\n" + text(name) + text("cpu") + "J" + number(numel) + "tQ"
	return text(name) + "ctorch._utils\n_rebuild_tensor_v2\n(" + storage + "J" + number(offset) +
		tuple(shape) + tuple(stride) + "\x89ccollections\nOrderedDict\n)RtR"
}
