package lmz_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"lmz"
	"lmz/internal/container"
	"lmz/internal/kernels"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// TestKernels is the oath on the whole: every implementation of the kernels makes the same file, and
// decodes it.
func TestKernels(t *testing.T) {
	names := kernels.Implementations()
	defer kernels.Use(names[0])
	raw, dir := text(9, 3000), modelDir(t, 1)
	for _, policy := range []lmz.Policy{lmz.Fresh, lmz.Carry} {
		want := compress(t, lmz.Options{Model: tiny(), Policy: policy}, raw)
		for _, name := range names {
			if err := kernels.Use(name); err != nil {
				t.Fatal(err)
			}
			o := lmz.Options{Model: openModel(t, dir), Policy: policy} // a model keeps the kernels it is made with
			if !bytes.Equal(compress(t, o, raw), want) {
				t.Errorf("policy %d, kernels %s: another file", policy, name)
			}
			mustDecompress(t, o, want, raw)
		}
	}
	if a, b := compress(t, lmz.Options{Model: tiny(), Policy: lmz.Fresh}, raw), compress(t, lmz.Options{Model: tiny(), Policy: lmz.Carry}, raw); bytes.Equal(a[28:], b[28:]) {
		t.Error("the policies make the same frames: the text is too short to tell them apart")
	}
}

// TestThreads: a file does not depend on the number of threads, nor does what it decodes to.
func TestThreads(t *testing.T) {
	raw := text(10, 2*32<<10)
	want := compress(t, lmz.Options{Model: tiny(), Threads: 1}, raw)
	for _, threads := range []int{2, 5} {
		o := lmz.Options{Model: tiny(), Threads: threads}
		if !bytes.Equal(compress(t, o, raw), want) {
			t.Errorf("%d threads: another file", threads)
		}
		mustDecompress(t, o, want, raw)
	}
}

// TestThreadsWork: two threads code two segments at once.
func TestThreadsWork(t *testing.T) {
	raw := text(15, 2*32<<10)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	both := make(chan bool) // where one thread meets the other
	w := newWriter(t, io.Discard, lmz.Options{Threads: 2, Context: ctx, Progress: func(int) {
		defer cancel()
		select {
		case both <- true:
		case <-both:
		case <-ctx.Done():
		case <-time.After(20 * time.Second):
			t.Error("one thread waits for another in vain")
		}
	}})
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

// golden is the raw bytes and options of the members of testdata/golden.txt.
func golden() (raw [][][]byte, o []lmz.Options) {
	return [][][]byte{
			{text(11, 400), noise(11, 20), bytes.Repeat([]byte("-"), 300), []byte("\u212b\r\n<|endoftext|>\x00")},
			{text(12, 300)},
		}, []lmz.Options{
			{Model: tiny(), Policy: lmz.Fresh},
			{Model: tiny(), Policy: lmz.Carry, RawSize: 300},
		}
}

// TestGoldenFile: the file that testdata holds decodes, on every machine, and what a Writer makes of the
// same bytes is that file.
func TestGoldenFile(t *testing.T) {
	const name = "testdata/golden.txt"
	raws, options := golden()
	var file, raw []byte
	for i := range raws {
		file = append(file, compress(t, options[i], raws[i]...)...)
		raw = append(raw, slices.Concat(raws[i]...)...)
	}
	if *update {
		if err := os.WriteFile(name, annotate(t, file), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	dump, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	want := undump(t, string(dump))
	if !bytes.Equal(file, want) {
		t.Errorf("a Writer makes another file:\n%s", annotate(t, file))
	}
	mustDecompress(t, lmz.Options{Model: tiny()}, want, raw)
}

// TestGoldenHash is the same for frames of several segments, by a hash of the file.
func TestGoldenHash(t *testing.T) {
	const want = "8be0c80c67ca67a2a871e59dd67ad55c694c829b15a040b80a18832f2b4ed35e"
	file := compress(t, lmz.Options{Model: tiny()}, text(13, 2*32<<10+1), text(14, 1000))
	if got := fmt.Sprintf("%x", sha256.Sum256(file)); got != want {
		t.Errorf("%d bytes hash to %s, want %s", len(file), got, want)
	}
}

// annotate is a dump of a file, with a comment on each part.
func annotate(t *testing.T, file []byte) []byte {
	t.Helper()
	members, err := container.ReadIndex(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("# Members that TestGoldenFile makes with its tiny model. go test -run GoldenFile -update rewrites this file.\n")
	dump := func(what string, begin, end int64) {
		for at := begin; at < end; at += 32 {
			line := file[at:min(end, at+32)]
			if at > begin {
				what = ""
			} else {
				what = "  # " + what
			}
			fmt.Fprintf(&b, "%03x: %x%s\n", at, line, what)
		}
	}
	for i, m := range members {
		end := m.Offset + m.Size
		begin := m.Offset + 28
		if m.Header.RawSize >= 0 {
			begin = m.Frames[0].Offset
		}
		dump(fmt.Sprintf("member %d: numerics %d, policy %d, raw size %d", i, m.Header.Numerics, m.Header.Policy, m.Header.RawSize), m.Offset, begin)
		for j, f := range m.Frames {
			dump(fmt.Sprintf("frame %d: %v, %d raw bytes", j, container.Kind(file[f.Offset]), f.RawLen), f.Offset, f.Offset+int64(f.Size))
			begin = f.Offset + int64(f.Size)
		}
		dump("end", begin, end)
	}
	return []byte(b.String())
}

// undump is the bytes of a dump.
func undump(t *testing.T, dump string) (file []byte) {
	t.Helper()
	for line := range strings.Lines(dump) {
		line, _, _ = strings.Cut(line, "#")
		if _, line, _ = strings.Cut(line, ":"); line == "" {
			continue
		}
		b, err := hex.DecodeString(strings.TrimSpace(line))
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		file = append(file, b...)
	}
	return file
}
