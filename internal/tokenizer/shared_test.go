package tokenizer

import (
	"archive/zip"
	"cmp"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// shared is a path in the directory of the project's data, which LMZ_SHARED or ../shared names. It skips the test
// where there is none.
func shared(t testing.TB, path string) string {
	t.Helper()
	path = filepath.Join(cmp.Or(os.Getenv("LMZ_SHARED"), filepath.Join("..", "..", "..", "shared")), path)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%v: LMZ_SHARED names the directory of the project's data", err)
	}
	return path
}

func sharedFile(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(shared(t, path))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// neox is the tokenizer of GPT-NeoX and Pythia, for a vocabulary of Pythia's size.
func neox(t testing.TB) Tokenizer {
	t.Helper()
	tok, err := Parse(sharedFile(t, "reference/tokenizers/20B_tokenizer.json"), 50304)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// gpt2 is the tokenizer of GPT-2, as its authors' files give it, by way of both constructors, which must agree.
func gpt2(t testing.TB) Tokenizer {
	t.Helper()
	var vocab map[string]int
	if err := json.Unmarshal(sharedFile(t, "reference/tokenizers/gpt2_encoder.json"), &vocab); err != nil {
		t.Fatal(err)
	}
	merges := strings.Split(strings.TrimSpace(string(sharedFile(t, "reference/tokenizers/gpt2_vocab.bpe"))), "\n")[1:] // after "#version"
	text, err := json.Marshal(map[string]any{
		"added_tokens":  []any{map[string]any{"id": 50256, "content": "<|endoftext|>", "special": true}},
		"pre_tokenizer": map[string]any{"type": "ByteLevel", "add_prefix_space": false},
		"model":         map[string]any{"type": "BPE", "vocab": vocab, "merges": merges},
	})
	if err != nil {
		t.Fatal(err)
	}
	tok, err := Parse(text, 50257)
	if err != nil {
		t.Fatal(err)
	}
	g := GGUF{Model: "gpt2", Pre: "gpt-2", Tokens: make([]string, 50257), Types: make([]int32, 50257), Merges: merges}
	for name, id := range vocab {
		g.Tokens[id], g.Types[id] = name, ggufNormal
	}
	g.Types[50256] = ggufControl
	if same, err := FromGGUF(g, 50257); err != nil || same.Name() != tok.Name() {
		t.Fatalf("from GGUF: %v, error %v, want %s", same, err, tok.Name())
	}
	return tok
}

// stories is the tokenizer of stories260K, a SentencePiece with scores, from llama2.c's tokenizer.bin.
func stories(t testing.TB) Tokenizer {
	t.Helper()
	b := sharedFile(t, "reference/models/stories260K/tokenizer.bin")[4:] // after the longest token's size
	g := GGUF{Model: "llama", SpacePrefix: true}
	for id := 0; len(b) > 0; id++ {
		score, n := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
		name := string(b[8 : 8+n])
		kind := int32(ggufNormal)
		switch {
		case id < 3:
			kind = ggufControl
		case id < 3+256:
			kind = ggufByte
		}
		g.Tokens, g.Types, g.Scores = append(g.Tokens, name), append(g.Types, kind), append(g.Scores, math.Float32frombits(score))
		b = b[8+n:]
	}
	for i, name := range g.Tokens {
		g.Tokens[i] = strings.ReplaceAll(name, " ", metaspace) // llama2.c writes spaces
	}
	tok, err := FromGGUF(g, len(g.Tokens))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// TestReferenceVectors are llama.cpp's vectors: texts, and their ids in a line each.
func TestReferenceVectors(t *testing.T) {
	for name, tok := range map[string]func(testing.TB) Tokenizer{"mpt": neox, "gpt-2": gpt2} { // MPT has GPT-NeoX's tokenizer
		t.Run(name, func(t *testing.T) {
			dir := "reference/tokenizers/ggml-vocab-" + name
			texts := strings.Split(string(sharedFile(t, dir+".gguf.inp")), "\n__ggml_vocab_test__\n")
			lines := strings.Split(string(sharedFile(t, dir+".gguf.out")), "\n")
			if len(texts) != len(lines) || len(texts) < 40 {
				t.Fatalf("%d texts, %d lines", len(texts), len(lines))
			}
			tok := tok(t)
			for i, text := range texts {
				var want []int32
				for _, field := range strings.Fields(lines[i]) {
					id, err := strconv.Atoi(field)
					if err != nil {
						t.Fatal(err)
					}
					want = append(want, int32(id))
				}
				if got := ids(tok, tok.Encode(nil, []byte(text))); !slices.Equal(got, want) {
					t.Errorf("%q: ids %v, want %v", text, got, want)
				}
			}
		})
	}
}

// TestNeoX: the 13 byte values without a token have the first ids without a string, special tokens and the
// other ids without one are not coded, and of two spaces the added token is.
func TestNeoX(t *testing.T) {
	tok := neox(t)
	list := tok.IDs()
	for i, b := range []byte{0xC0, 0xC1, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE, 0xFF} {
		if got := ids(tok, tok.Encode(nil, []byte{b})); !slices.Equal(got, []int32{50277 + int32(i)}) {
			t.Errorf("byte %#x: ids %v, want %d", b, got, 50277+i)
		}
	}
	for _, id := range []int32{0, 1, 50290, 50303} {
		if _, ok := slices.BinarySearch(list, id); ok {
			t.Errorf("id %d is coded", id)
		}
	}
	if got := ids(tok, tok.Encode(nil, []byte("a  b"))); !slices.Equal(got, []int32{66, 50276, 67}) {
		t.Errorf("two spaces: %v", got)
	}
	if !slices.IsSorted(list) || len(list) != tok.Symbols() {
		t.Errorf("%d ids, sorted %t, want %d", len(list), slices.IsSorted(list), tok.Symbols())
	}
	// The name is in the identity of every Pythia: files name their model by it.
	const name = "vocabulary 30c598cbc02354a4fceba73df1d3d221030594cfa86407c3b4d43f04b0655426"
	if tok.Symbols() != 50265 || tok.Name() != name {
		t.Errorf("%d symbols, %s, want 50265, %s", tok.Symbols(), tok.Name(), name)
	}
}

// TestCorpora: every file of the corpora, and random bytes, come back from every tokenizer.
func TestCorpora(t *testing.T) {
	if testing.Short() {
		t.Skip("many files")
	}
	tokenizers := map[string]Tokenizer{"neox": neox(t), "gpt2": gpt2(t), "stories260K": stories(t)}
	for name := range small {
		tokenizers[name] = open(t, name)
	}
	check := func(file string, b []byte) {
		for name, tok := range tokenizers {
			if err := roundTrip(tok, b); err != nil {
				t.Errorf("%s: %s: %v", file, name, err)
			}
		}
	}
	random := make([]byte, 256<<10)
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range random {
		random[i] = byte(rng.Uint32())
	}
	check("random bytes", random)
	files := 0
	err := filepath.WalkDir(shared(t, "data/corpora"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		const limit = 128 << 10 // of each file
		each, err := contents(path, limit)
		for name, b := range each {
			check(name, b)
			files++
		}
		return err
	})
	if err != nil || files < 20 {
		t.Errorf("%d files, error %v", files, err)
	}
}

// contents are the files that a file holds, by name, none longer than limit: those of a zip, what gzip packed, or itself.
func contents(path string, limit int64) (map[string][]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	list := map[string][]byte{}
	read := func(name string, r io.Reader) error {
		list[name], err = io.ReadAll(io.LimitReader(r, limit))
		return err
	}
	switch filepath.Ext(path) {
	case ".zip":
		z, err := zip.OpenReader(path)
		if err != nil {
			return nil, err
		}
		defer z.Close()
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				return nil, err
			}
			if err := read(fmt.Sprintf("%s:%s", path, f.Name), r); err != nil {
				return nil, err
			}
		}
		return list, nil
	case ".gz":
		z, err := gzip.NewReader(file)
		if err != nil {
			return nil, err
		}
		return list, read(path, z)
	}
	return list, read(path, file)
}
