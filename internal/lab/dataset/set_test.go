package dataset

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

// chunksOf reads all chunks of spec.
func chunksOf(t testing.TB, spec Spec) [][]byte {
	t.Helper()
	set, err := Open(context.Background(), spec)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	var all [][]byte
	for {
		c, err := set.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
}

// TestChunks: sizes and counts round every border, and Identify says what Open gives.
func TestChunks(t *testing.T) {
	p := put(t, "dull", dull[:100])
	for _, size := range []int{1, 49, 50, 51, 99, 100, 101} {
		for _, count := range []int{-1, 1, 2, 3, 99, 100, 101} {
			var want [][]byte
			for c := range slices.Chunk(dull[:100], size) {
				if len(want) != count {
					want = append(want, c)
				}
			}
			spec := Spec{Source: p, Chunk: size, Count: count}
			got := chunksOf(t, spec)
			if !slices.EqualFunc(got, want, bytes.Equal) {
				t.Errorf("%d chunks of %d bytes: %q", count, size, got)
			}
			id := identify(t, spec)
			if id.ID != idOf(want...) || id.Chunks != len(want) || id.Bytes != int64(min(100, len(want)*size)) {
				t.Errorf("%d chunks of %d bytes: identity of %d chunks, %d bytes", count, size, id.Chunks, id.Bytes)
			}
		}
	}
}

// TestPerFile: with a number of chunks for each file, no chunk is of two files, and none is short.
func TestPerFile(t *testing.T) {
	dir := t.TempDir()
	for name, size := range map[string]int{"a": 95, "b": 9, "c": 10, "d": 0, "e": 29} {
		putIn(t, dir, name, bytes.Repeat([]byte(name), size))
	}
	for per, want := range map[int]string{1: "ace", 2: "aacee", 1 << 30: "aaaaaaaaacee"} {
		var got string
		spec := Spec{Source: dir, Chunk: 10, PerFile: per}
		for _, c := range chunksOf(t, spec) {
			if !bytes.Equal(c, bytes.Repeat(c[:1], 10)) {
				t.Errorf("%d of each file: chunk %q", per, c)
			}
			got += string(c[:1])
		}
		if got != want {
			t.Errorf("%d of each file: chunks of %s, want %s", per, got, want)
		}
		if id := identify(t, spec); !slices.Equal(id.Skipped, []Skipped{{"b", "9 bytes, a chunk is 10"}, {"d", "0 bytes, a chunk is 10"}}) {
			t.Errorf("skipped %v", id.Skipped)
		}
	}
	refused(t, Spec{Source: dir, Chunk: 96, PerFile: 1}, "no chunk", "5 skipped", "a: 95 bytes, a chunk is 96")
}

// TestSetEnds: after the end there is nothing more, after an error there is that error, after Close there is one.
func TestSetEnds(t *testing.T) {
	set, err := Open(context.Background(), Spec{Source: put(t, "a", []byte("abc")), Chunk: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"ab", "c", "", ""} {
		c, err := set.Next()
		if string(c) != want || (err == io.EOF) != (want == "") {
			t.Errorf("%q, %v, want %q", c, err, want)
		}
	}
	if err := set.Close(); err != nil {
		t.Error(err)
	}
	packed := gzipped(t, bytes.Repeat(dull, 1000))
	set, err = Open(context.Background(), Spec{Source: put(t, "a.gz", packed[:len(packed)-9]), Count: -1})
	for err == nil {
		_, err = set.Next()
	}
	if _, again := set.Next(); err == io.EOF || again != err {
		t.Errorf("%v, then %v", err, again)
	}
	set.Close()
	if set, err = Open(context.Background(), Spec{Source: "random"}); err != nil {
		t.Fatal(err)
	}
	set.Close()
	if c, err := set.Next(); err == nil || err == io.EOF {
		t.Errorf("%d bytes after Close", len(c))
	}
}

// TestRandom: random bytes are the same on every machine, and others with another seed.
func TestRandom(t *testing.T) {
	for seed, want := range map[uint64]string{
		0:         "e11f9a53e21db7864d22c4bb882c169cc2dd7998a90d97c1560eb6fccf51bcc2",
		1<<63 + 1: "b64496ceea6382fbdf2792227d29ceef30ccae1542b6e97bf5bcce7819ad5423",
	} {
		spec := Spec{Source: "random", Seed: seed, Count: 3, Chunk: 1000}
		id := identify(t, spec)
		if got := hex.EncodeToString(id.ID[:]); got != want {
			t.Errorf("seed %d: %s, want %s", seed, got, want)
		}
		if id.ID != idOf(chunksOf(t, spec)...) || id.Kind != Random || len(id.Sources) > 0 || id.Bytes != 3000 {
			t.Errorf("seed %d: %+v", seed, id)
		}
	}
}

// TestMemory: of much more, packed and not, a few MB at most are held at any time.
func TestMemory(t *testing.T) {
	const size, part, limit = 64 << 20, 16 << 20, 6 << 20 // bytes
	dir := t.TempDir()
	sparse, err := os.Create(filepath.Join(dir, "sparse"))
	if err == nil {
		err = sparse.Truncate(size)
	}
	closed(t, sparse, err)
	zeros := make([]byte, part)
	row := []byte("12345.6789,2\n")
	table := bytes.Repeat(row, part/len(row))
	specs := []Spec{
		{Source: sparse.Name()},
		{Source: putIn(t, dir, "a.gz", gzipped(t, zeros)), Kind: Bytes},
		{Source: putIn(t, dir, "a.zip", zipOf(t, member{"a", string(zeros)})), Kind: Bytes},
		{Source: putIn(t, dir, "a.csv.gz", gzipped(t, table)), Kind: Float32},
		{Source: putIn(t, dir, "b.csv", zeros), Kind: Float32}, // a row without end
	}
	zeros, table = nil, nil
	for _, spec := range specs {
		spec.Count = -1
		runtime.GC()
		var before, now runtime.MemStats
		runtime.ReadMemStats(&before)
		set, err := Open(context.Background(), spec)
		most := uint64(0)
		for i := 0; err == nil; i++ {
			if _, err = set.Next(); i%4096 == 0 {
				runtime.GC()
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapAlloc)
			}
		}
		if err != io.EOF && filepath.Base(spec.Source) != "b.csv" {
			t.Errorf("%s: %v", spec.Source, err)
		}
		if set != nil {
			set.Close()
		}
		runtime.ReadMemStats(&now)
		if most > before.HeapAlloc+limit || set == nil && now.TotalAlloc > before.TotalAlloc+2*limit {
			t.Errorf("%s: %d bytes held, %d before", filepath.Base(spec.Source), most, before.HeapAlloc)
		}
	}
}

// TestKinds: what a file is is found out from its content.
func TestKinds(t *testing.T) {
	for _, c := range []struct {
		begin string
		want  Kind
	}{
		{"text\n", Text}, {"Gr\u00fc\u00dfe", Text}, {"cut in a character \xe2\x82", Text}, {"{\"json\": 1}", Text},
		{"a,b\n1,2\n", Text}, {"\x00", Bytes}, {"\xfftext", Bytes}, {"a\x00b", Bytes}, {"\x7fELF\x02\x01\x01\x00", Bytes},
		{"Gr\xfc\xdfe in Latin-1", Bytes},
		{"\xff\xd8\xff\xe0\x00", Image}, {"\x89PNG\r\n\x1a\n\x00", Image}, {"GIF89a\x01\x00", Image}, {"fLaC\x00", Speech}, {"RIFF\x24\x00\x00\x00WAVEfmt ", Speech},
		{"RIFF\x24\x00\x00\x00AVI LIST\x00", Bytes}, {"YUV4MPEG2 W2 H2\n", Video},
		{">gi|1\nACGT\nAC", DNA}, {">gi|1\r\nACGTN\r\n", DNA}, {"> quoted\nnot quoted", Text}, {">\n", Text}, {"> one line", Text},
	} {
		if got := kindOf([]byte(c.begin)); got != c.want {
			t.Errorf("%q: %s, want %s", c.begin, got, c.want)
		}
	}
}

// TestKindOfMany: of a directory it is what most of its first files are; empty ones say nothing.
func TestKindOfMany(t *testing.T) {
	dir := t.TempDir()
	putIn(t, dir, "BOOKS.TXT", dull)
	putIn(t, dir, "CHAPTERS.TXT", nil)
	for i := range 2 {
		putIn(t, dir, fmt.Sprintf("genome%d.fa", i), []byte(">one\nACGT\n"))
	}
	id := identify(t, Spec{Source: dir})
	if id.Kind != DNA || id.ID != idOf([]byte("ACGTACGT")) || len(id.Skipped) != 2 {
		t.Errorf("%s, %d bytes, skipped %v", id.Kind, id.Bytes, id.Skipped)
	}
}

// TestDNA: headers and line ends are left out, and nothing else.
func TestDNA(t *testing.T) {
	content := ">one > two\r\nACGTacgt\r\nNN-*\r\n\r\n>\n>three\nRYK"
	id := identify(t, Spec{Source: put(t, "a.fa", []byte(content))})
	if id.ID != idOf([]byte("ACGTacgtNN-*RYK")) || id.Kind != DNA {
		t.Errorf("%s, %d bytes", id.Kind, id.Bytes)
	}
	for content, words := range map[string][]string{
		">a\nACGT\nAC GT\n": {"a.fa", "line 3", "' '"},
		">a\nAC>GT\n":       {"line 2", "'>'"},
		">a\nAC\x00GT\n":    {"line 2"},
		"ACGT\n":            {"no chunk", "does not begin with >"},
		"@a\nACGT\n+\n!!!!": {"no chunk", "does not begin with >"},
		">only a header\n":  {"no chunk of kind dna, of 1 files"},
	} {
		refused(t, Spec{Source: put(t, "a.fa", []byte(content)), Kind: DNA}, words...)
	}
}
