package lm

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lmz/internal/checkpoint"
)

// modelDir is a model that is being damaged. It was whole: TestOath reads such a one.
type modelDir struct {
	t   *testing.T
	dir string
}

func (m modelDir) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m modelDir) path(name string) string       { return filepath.Join(m.dir, name) }
func (m modelDir) put(name string, b []byte)     { put(m.t, m.dir, name, b) }
func (m modelDir) remove(name string)            { m.must(os.Remove(m.path(name))) }
func (m modelDir) mkdir(name string)             { m.must(os.Mkdir(m.path(name), 0o777)) }
func (m modelDir) cut(name string, length int64) { m.must(os.Truncate(m.path(name), length)) }

// size is that of all files.
func (m modelDir) size() (n uint64) {
	files, err := os.ReadDir(m.dir)
	m.must(err)
	for _, f := range files {
		n += uint64(size(m.t, m.path(f.Name())))
	}
	return n
}

func (m modelDir) get(name string) []byte {
	b, err := os.ReadFile(m.path(name))
	m.must(err)
	return b
}

// replace replaces a string that the file must have.
func (m modelDir) replace(name, old, new string) {
	text := string(m.get(name))
	if !strings.Contains(text, old) {
		m.t.Fatalf("%s has no %s", name, old)
	}
	m.put(name, []byte(strings.ReplaceAll(text, old, new)))
}

// set changes settings of config.json.
func (m modelDir) set(pairs ...any) {
	var settings map[string]any
	m.must(json.Unmarshal(m.get("config.json"), &settings))
	for i := 0; i < len(pairs); i += 2 {
		settings[pairs[i].(string)] = pairs[i+1]
	}
	b, err := json.Marshal(settings)
	m.must(err)
	m.put("config.json", b)
}

// entry is a tensor in the header of a safetensors file.
type entry struct {
	DType   string  `json:"dtype"`
	Shape   []int   `json:"shape"`
	Offsets []int64 `json:"data_offsets"`
}

// header changes the text of the header of the safetensors file.
func (m modelDir) header(change func(string) string) {
	b := m.get(weights)
	end := 8 + binary.LittleEndian.Uint64(b)
	text := change(string(b[8:end]))
	m.put(weights, append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), b[end:]...))
}

// tensors changes what the header says of tensors.
func (m modelDir) tensors(change func(map[string]entry)) {
	m.header(func(text string) string {
		var entries map[string]entry
		m.must(json.Unmarshal([]byte(text), &entries))
		change(entries)
		b, err := json.Marshal(entries)
		m.must(err)
		return string(b)
	})
}

// edit changes the tensors.
func (m modelDir) edit(change func(*checkpoint.File)) {
	f, err := checkpoint.Parse(m.get(weights))
	m.must(err)
	change(f)
	m.must(checkpoint.Write(m.path(weights), f))
}

// key replaces a row of the keys of a table of n-grams.
func (m modelDir) key(row int, ids ...int32) {
	m.edit(func(f *checkpoint.File) {
		for i, id := range ids {
			binary.LittleEndian.PutUint32(f.Tensors["lmz_ngram.keys"].Data[4*(row*len(ids)+i):], uint32(id))
		}
	})
}
