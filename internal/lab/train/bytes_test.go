package train

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lmz/internal/checkpoint"
)

// twoSources are a file, and a directory of files whose bytes are no text.
func twoSources(t *testing.T) []Source {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a":     strings.Repeat(fox, 50),
		"b/2":   strings.Repeat("\xff\x00 seven wizards\n", 20),
		"b/1/z": "no newline at the end",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return []Source{{filepath.Join(dir, "a"), 2}, {filepath.Join(dir, "b"), 0.5}}
}

// TestBytesAsEver pins a run over bytes to what it was before there were other tokenizers: the hash of the data, the
// weights that it begins with, the order of the data, and what it has learnt after three steps.
func TestBytesAsEver(t *testing.T) {
	for _, tok := range []*Tokenizer{nil, Bytes()} {
		o := testOptions(t)
		o.Data, o.Tokenizer = twoSources(t), tok
		r, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		weights, order := sha256.New(), sha256.New()
		for _, w := range r.weights {
			binary.Write(weights, binary.LittleEndian, math.Float32bits(w))
		}
		inputs, targets := make([]int32, 16), make([]int32, 16)
		for i := range 1000 {
			r.corpus.sample(inputs, targets, 256, 7, uint64(i))
			binary.Write(order, binary.LittleEndian, inputs)
			binary.Write(order, binary.LittleEndian, targets)
		}
		for what, pair := range map[string][2]string{
			"data":    {fmt.Sprintf("%x", r.corpus.hash), "bedd99fe1c88d30531727515129712761f80a65b8e2375f6ef1045476d2142bf"},
			"weights": {fmt.Sprintf("%x", weights.Sum(nil)), "0d3e07ba7fd063ddb232a42173fec741e3112b5d5f805edeeeaa6f857377dfaf"},
			"order":   {fmt.Sprintf("%x", order.Sum(nil)), "8dd30be4ae4edc60e40af293320d5577306de6ec8026542735a1a7f36bf60b71"},
		} {
			if pair[0] != pair[1] {
				t.Errorf("%s: SHA-256 %s, want %s", what, pair[0], pair[1])
			}
		}
		const want = 7.621183340096984 // package gemm may differ in the last bits of a float32
		if m := steps(t, r, 3); math.Abs(m.BitsPerByte-want) > 1e-5 || m.Bytes != o.Batch*o.Length {
			t.Errorf("step 3: %v bits/byte of %d bytes, want %v", m.BitsPerByte, m.Bytes, want)
		}
	}
}

// TestResumeStateWithoutTokenizer: a state of a run over bytes from before says nothing of a tokenizer.
func TestResumeStateWithoutTokenizer(t *testing.T) {
	o := testOptions(t)
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	steps(t, r, 1)
	dir := t.TempDir()
	if err := r.Save(dir); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, stateFile)
	f, err := checkpoint.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	before := f.Metadata["progress"]
	field := fmt.Sprintf(`,"Tokenizer":"%s"`, Bytes().hash())
	f.Metadata["progress"] = strings.Replace(before, field, "", 1)
	if f.Metadata["progress"] == before {
		t.Fatalf("%s has no %s", before, field)
	}
	older := t.TempDir()
	if err := checkpoint.Write(filepath.Join(older, stateFile), f); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{dir, older} {
		if r, err := Resume(dir, o); err != nil || r.Step != 1 {
			t.Errorf("error %v", err)
		}
	}
	tok := wordOptions(t)
	tok.Data = o.Data
	if _, err := Resume(older, tok); err == nil || !strings.Contains(err.Error(), "begun with another tokenizer") {
		t.Errorf("error %v", err)
	}
}

// TestReadingEnds: reading is told of, and ends with the context.
func TestReadingEnds(t *testing.T) {
	o := testOptions(t)
	o.Data = twoSources(t)
	read := 0
	o.Reading = func(n int) { read += n }
	ctx, cancel := context.WithCancel(t.Context())
	o.Context = ctx
	if _, err := New(o); err != nil || read != 50*len(fox)+20*17+21 {
		t.Errorf("%d bytes read, error %v", read, err)
	}
	cancel()
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}
