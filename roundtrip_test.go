package lmz_test

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"lmz"
)

// inputs are the kinds of bytes that a lossless compressor has stumbled over, by name.
func inputs() map[string][]byte {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	list := map[string][]byte{
		"empty":               {},
		"every byte":          every,
		"every byte, twice":   bytes.Repeat(every, 2),
		"zeros":               make([]byte, 3000),
		"0xff":                bytes.Repeat([]byte{0xff}, 3000),
		"noise":               noise(1, 3000),
		"text":                text(1, 3000),
		"invalid UTF-8":       []byte("\xff\xfe\xc0\x80 \xed\xa0\x80 \xf4\x90\x80\x80 cut \xe2\x82"),
		"Angstrom":            []byte("\u212b is not \u00c5 is not A\u030a"),
		"special token":       []byte("a <|endoftext|> b <|startoftext|><|endoftext|>"),
		"spaces":              []byte("a" + string(bytes.Repeat([]byte(" "), 100)) + "b  c   d    " + "\t\t \t"),
		"lines":               []byte("\r\n\n\r\r\n unix\n dos\r\n mac\r\x0b\x0c\x85\u2028\u2029"),
		"NUL":                 []byte("\x00a\x00\x00b\x00"),
		"BOM":                 []byte("\ufeffbegin\ufeff"),
		"an lmz file's magic": []byte("\xcclmz\x01\x01"),
	}
	for b := range 256 {
		list[fmt.Sprintf("one byte %#02x", b)] = []byte{byte(b)}
	}
	return list
}

// bound is the most that a Writer may make of so many raw bytes.
func bound(raw int) int { return raw + raw/1000 + 64 }

func TestInputs(t *testing.T) {
	for name, raw := range inputs() {
		for _, policy := range []lmz.Policy{lmz.Fresh, lmz.Carry} {
			o := lmz.Options{Model: tiny(), Policy: policy, RawSize: int64(len(raw))}
			file := compress(t, o, raw)
			got, err := decompress(lmz.Options{Model: tiny()}, file)
			if err != nil || !bytes.Equal(got, raw) {
				t.Errorf("%s, policy %d: %q, %v; want %q", name, policy, got, err, raw)
			}
			if len(file) > bound(len(raw)) {
				t.Errorf("%s, policy %d: %d bytes for %d, want at most %d", name, policy, len(file), len(raw), bound(len(raw)))
			}
		}
	}
}

// TestSizes is round trips on both sides of every boundary, of segments and of frames, in Writes of
// several sizes, which all make the same file.
func TestSizes(t *testing.T) {
	const segment = 32 << 10
	for _, c := range []struct {
		kind       string
		raw        []byte
		sizes      []int
		writeSizes []int
	}{
		{"text", text(2, 66000), []int{0, 1, 2, 3, 31, 32, 33, 255, 256, 1000}, []int{1, 2, 7, 255, 256, 999}},
		{"noise", noise(2, 1000), []int{1, 2, 3, 255, 256, 1000}, []int{1, 256}},
		{"text", text(3, 66000), []int{segment - 1, segment, segment + 1}, nil},
		{"text", text(4, 66000), []int{2*segment - 1, 2 * segment, 2*segment + 1}, nil},
		{"noise", noise(3, 66000), []int{2 * segment, 2*segment + 1}, []int{4096}},
		{"zeros", make([]byte, 66000), []int{segment + 1, 2*segment + 1}, []int{segment}},
		{"noise", noise(4, 2*lmz.FrameSize+2), []int{lmz.FrameSize - 1, lmz.FrameSize, lmz.FrameSize + 1, 2*lmz.FrameSize + 1}, []int{99999}},
		{"zeros", make([]byte, 3*lmz.FrameSize), []int{lmz.FrameSize - 1, lmz.FrameSize, lmz.FrameSize + 1, 3 * lmz.FrameSize}, []int{segment, lmz.FrameSize}},
	} {
		for _, n := range c.sizes {
			raw := c.raw[:n]
			o := lmz.Options{Model: tiny()}
			want := compress(t, o, raw)
			mustDecompress(t, o, want, raw)
			if len(want) > bound(n) {
				t.Errorf("%d bytes of %s: %d bytes, want at most %d", n, c.kind, len(want), bound(n))
			}
			for _, size := range c.writeSizes {
				var file bytes.Buffer
				w, err := lmz.NewWriter(&file, o)
				if err != nil {
					t.Fatal(err)
				}
				if err := write(w, raw, size); err != nil {
					t.Fatal(err)
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(file.Bytes(), want) {
					t.Errorf("%d bytes of %s: in Writes of %d, another file", n, c.kind, size)
				}
			}
		}
	}
}

// mixed is a member of coded, stored and fill frames, and its raw bytes.
func mixed(t testing.TB) (file, raw []byte) {
	pieces := [][]byte{text(5, 500), noise(5, 70), make([]byte, 300), text(6, 77)}
	return compress(t, lmz.Options{Model: tiny()}, pieces...), slices.Concat(pieces...)
}

// TestReaders reads through what is slow, halting or late beneath and above a Reader.
func TestReaders(t *testing.T) {
	file, raw := mixed(t)
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"OneByteReader": iotest.OneByteReader,
		"HalfReader":    iotest.HalfReader,
		"DataErrReader": iotest.DataErrReader,
	} {
		r, err := lmz.NewReader(wrap(bytes.NewReader(file)), lmz.Options{Model: tiny()})
		if err != nil {
			t.Errorf("%s beneath: %v", name, err)
			continue
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, raw) {
			t.Errorf("%s beneath: %d bytes, %v; want %d", name, len(got), err, len(raw))
		}
		if r, err = lmz.NewReader(bytes.NewReader(file), lmz.Options{Model: tiny()}); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(wrap(r)); err != nil || !bytes.Equal(got, raw) {
			t.Errorf("%s above: %d bytes, %v; want %d", name, len(got), err, len(raw))
		}
	}
	r, err := lmz.NewReader(bytes.NewReader(file), lmz.Options{Model: tiny()})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := r.Read(nil); n != 0 || err != nil {
		t.Errorf("Read of nothing: %d, %v", n, err)
	}
	if err := iotest.TestReader(r, raw); err != nil {
		t.Error(err)
	}
}

// TestMembers concatenates files.
func TestMembers(t *testing.T) {
	o := lmz.Options{Model: tiny()}
	file, raw := mixed(t)
	var files, raws []byte
	for i := range 3 {
		files, raws = append(files, file...), append(raws, raw...)
		files = append(files, compress(t, o)...) // of no bytes
		piece := text(uint64(10+i), 100)
		files = append(files, compress(t, lmz.Options{Model: tiny(), Policy: lmz.Carry, RawSize: 100}, piece)...)
		raws = append(raws, piece...)
	}
	mustDecompress(t, o, files, raws)
}

// TestFlush: after a Flush, a Reader gives all that was written before it, though no more has come.
func TestFlush(t *testing.T) {
	beneath, file := io.Pipe()
	pieces := [][]byte{text(7, 100), {}, noise(7, 10), {'x'}, text(8, 33)}
	go func() {
		w, err := lmz.NewWriter(file, lmz.Options{Model: tiny()})
		for _, p := range pieces {
			if err == nil {
				_, err = w.Write(p)
			}
			if err == nil {
				err = w.Flush()
			}
		}
		if err != nil {
			file.CloseWithError(err) // else the pipe stays open: a Reader that waits for more waits for ever
		}
	}()
	r, err := lmz.NewReader(beneath, lmz.Options{Model: tiny()})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range pieces {
		got := make([]byte, len(want))
		if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}

	o := lmz.Options{Model: tiny()}
	if raw := pieces[0]; !bytes.Equal(compress(t, o, raw, nil, nil), compress(t, o, raw)) {
		t.Error("a Flush of nothing makes another file")
	}
	file.Close()
}
