package lmz_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"lmz"
)

// small is a member of one frame of each kind, some hundred bytes long; ends are where its frames end in raw.
func small(t testing.TB) (file, raw []byte, ends []int) {
	pieces := [][]byte{text(30, 60), noise(30, 12), make([]byte, 9), text(31, 40)}
	at := 0
	for _, p := range pieces {
		ends = append(ends, at)
		at += len(p)
	}
	return compress(t, lmz.Options{Model: tiny(), RawSize: int64(at)}, pieces...), slices.Concat(pieces...), append(ends, at)
}

// checkDamaged reads a file that is damaged: there is an error, and what comes before it are whole
// frames of raw.
func checkDamaged(t *testing.T, what string, file, raw []byte, ends []int) error {
	t.Helper()
	r, err := lmz.NewReader(bytes.NewReader(file), lmz.Options{Model: tiny(), Threads: 1})
	var got []byte
	if err == nil {
		if got, err = io.ReadAll(r); err != nil {
			if n, again := r.Read(make([]byte, 10)); n != 0 || again != err {
				t.Errorf("%s: after error %v, Read gives %d bytes, %v", what, err, n, again)
			}
		}
	}
	if err == nil {
		t.Errorf("%s: no error; %d bytes, equal to the right ones: %t", what, len(got), bytes.Equal(got, raw))
	}
	if !bytes.HasPrefix(raw, got) || !slices.Contains(ends, len(got)) {
		t.Errorf("%s: %d bytes, want whole frames, which end at %d", what, len(got), ends)
	}
	return err
}

// TestFlippedBits flips each bit of a file.
func TestFlippedBits(t *testing.T) {
	file, raw, ends := small(t)
	for i := range file {
		for bit := range 8 {
			file[i] ^= 1 << bit
			err := checkDamaged(t, fmt.Sprintf("bit %d of byte %d flipped", bit, i), file, raw, ends)
			var format *lmz.FormatError
			var unsupported *lmz.UnsupportedError
			if !errors.As(err, &format) && !errors.As(err, &unsupported) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("bit %d of byte %d flipped: error %T %v", bit, i, err, err)
			}
			file[i] ^= 1 << bit
		}
	}
	mustDecompress(t, lmz.Options{Model: tiny()}, file, raw)
}

// TestTruncated cuts a file short at every byte.
func TestTruncated(t *testing.T) {
	file, raw, ends := small(t)
	for n := range file {
		what := fmt.Sprintf("cut to %d of %d bytes", n, len(file))
		if err := checkDamaged(t, what, file[:n], raw, ends); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: error %v, want %v", what, err, io.ErrUnexpectedEOF)
		}
	}
}

// TestAltered deletes, doubles and exchanges bytes, and adds some.
func TestAltered(t *testing.T) {
	file, raw, ends := small(t)
	for i := range file {
		checkDamaged(t, fmt.Sprintf("byte %d deleted", i), slices.Delete(slices.Clone(file), i, i+1), raw, ends)
		checkDamaged(t, fmt.Sprintf("byte %d inserted", i), slices.Insert(slices.Clone(file), i, file[i]^0x55), raw, ends)
		if i > 0 && file[i] != file[i-1] {
			other := slices.Clone(file)
			other[i], other[i-1] = other[i-1], other[i]
			checkDamaged(t, fmt.Sprintf("bytes %d and %d exchanged", i-1, i), other, raw, ends)
		}
	}
	for _, extra := range []string{"\x00", "\n", "PK", "\xcclm", "\xcclmz"} {
		checkDamaged(t, fmt.Sprintf("%q added", extra), append(slices.Clone(file), extra...), raw, ends)
	}
}

// TestNoFile: what is no lmz file is said to be none, at once.
func TestNoFile(t *testing.T) {
	for in, want := range map[string]string{
		"":                           "empty input",
		"\x1f\x8b\x08":               "not an lmz file",
		"plain text":                 "not an lmz file",
		"\x00":                       "not an lmz file",
		"\xcclm":                     "cut short",
		"\xcclmz\x02":                "format version 2",
		"\xcclmz\x01\x01\xff\x00":    "cut short",
		strings.Repeat("\xcclmz", 9): "format version 204",
	} {
		r, err := lmz.NewReader(strings.NewReader(in), lmz.Options{Model: tiny()})
		if r != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v, want an error about %q", in, r, err, want)
		}
	}
}

// withHeader is a file whose header is changed, its checksum with it.
func withHeader(file []byte, change func(header []byte) []byte) []byte {
	size := 28
	header := change(slices.Clone(file[:size-4]))
	header = binary.LittleEndian.AppendUint32(header, crc32.Checksum(header, crc32.MakeTable(crc32.Castagnoli)))
	return append(header, file[size:]...)
}

// TestOtherModel names both models, and UnsupportedError the numerics, in the first member and in a later one.
func TestOtherModel(t *testing.T) {
	raw := text(32, 100)
	file := compress(t, lmz.Options{Model: tiny()}, raw)
	other := openModel(t, modelDir(t, 2))
	newer := withHeader(file, func(h []byte) []byte { h[5]++; return h })
	foreign := compress(t, lmz.Options{Model: other}, raw)

	checkModel := func(err error) {
		t.Helper()
		var e *lmz.ModelError
		if !errors.As(err, &e) {
			t.Fatalf("error %T %v, want a *ModelError", err, err)
		}
		if e.Need != other.ID() || e.Have != tiny() {
			t.Errorf("need %v, have %v; want %v and %v", e.Need, e.Have, other.ID(), tiny().ID())
		}
		for _, id := range []lmz.ModelID{other.ID(), tiny().ID()} {
			if !strings.Contains(err.Error(), id.String()) {
				t.Errorf("%q does not name %v", err, id)
			}
		}
	}
	_, err := decompress(lmz.Options{Model: tiny()}, foreign)
	checkModel(err)
	got, err := decompress(lmz.Options{Model: tiny()}, append(slices.Clone(file), foreign...))
	checkModel(err)
	if !bytes.Equal(got, raw) {
		t.Errorf("%d bytes before the member of another model, want %d", len(got), len(raw))
	}

	checkNumerics := func(err error, offset int) {
		t.Helper()
		var e *lmz.UnsupportedError
		if !errors.As(err, &e) || !strings.Contains(e.Msg, "numerics version") || e.Offset != int64(offset) {
			t.Errorf("error %T %v, want an *UnsupportedError about the numerics version at offset %d", err, err, offset)
		}
	}
	_, err = decompress(lmz.Options{Model: tiny()}, newer)
	checkNumerics(err, 5)
	_, err = decompress(lmz.Options{Model: tiny()}, append(slices.Clone(file), newer...))
	checkNumerics(err, len(file)+5)
	long := compress(t, lmz.Options{Model: tiny()}, noise(32, 70<<10)) // beyond what is read ahead
	_, err = decompress(lmz.Options{Model: tiny()}, slices.Concat(long, file, newer, file))
	checkNumerics(err, len(long)+len(file)+5)
}

// TestReadErrors: the first error is that of every Read that follows.
func TestReadErrors(t *testing.T) {
	file, raw := mixed(t)
	broken := errors.New("cable pulled")
	flipped := slices.Clone(file)
	flipped[len(flipped)-40] ^= 1
	for name, c := range map[string]struct {
		r    io.Reader
		want error
	}{
		"end":       {bytes.NewReader(file), io.EOF},
		"cut short": {bytes.NewReader(file[:len(file)-1]), io.ErrUnexpectedEOF},
		"beneath":   {io.MultiReader(bytes.NewReader(file[:len(file)/2]), iotest.ErrReader(broken)), broken},
		"at an end": {io.MultiReader(bytes.NewReader(file), iotest.ErrReader(broken)), broken},
		"flipped":   {bytes.NewReader(flipped), nil},
	} {
		r, err := lmz.NewReader(c.r, lmz.Options{Model: tiny()})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []byte
		for err == nil {
			b := make([]byte, 7)
			var n int
			n, err = r.Read(b)
			got = append(got, b[:n]...)
		}
		if !bytes.HasPrefix(raw, got) {
			t.Errorf("%s: %d bytes, not those written", name, len(got))
		}
		if c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", name, err, c.want)
		}
		for range 3 {
			if n, again := r.Read(make([]byte, 7)); n != 0 || again != err {
				t.Errorf("%s: after its error, Read gives %d, %v; want %v", name, n, again, err)
			}
		}
	}
}

// allocated is how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestClaims gives lengths that no bytes follow: nothing is allocated for them.
func TestClaims(t *testing.T) {
	const most = 1 << 20
	file := compress(t, lmz.Options{Model: tiny()}, text(33, 100))
	header := file[:28]
	claim := func(kind byte, numbers ...uint64) []byte {
		f := append(slices.Clone(header), kind)
		for _, n := range numbers {
			f = binary.AppendUvarint(f, n)
		}
		return append(f, "some bytes, far fewer than claimed"...)
	}
	for name, file := range map[string][]byte{
		"raw size of 2^60":        withHeader(file, func(h []byte) []byte { h[6] = 1; return binary.AppendUvarint(h, 1<<60) }),
		"stored frame of 2^60":    claim(1, 1<<60),
		"stored frame of 2^24":    claim(1, 1<<24),
		"fill of 2^60":            claim(2, 1<<60),
		"coded frame of 2^60":     claim(3, 1<<60, 1, 10),
		"2^60 segments":           claim(3, 1<<24, 1<<60),
		"payload of 2^60":         claim(3, 1<<24, 1, 1<<60),
		"payload of 2^24-1":       claim(3, 1<<24, 1, 1<<24-1),
		"payloads beyond 64 bits": claim(3, 1<<24, 2, 1<<63, 1<<63),
		"end of 2^60 frames":      claim(0, 1<<60),
	} {
		var got []byte
		var err error
		n := allocated(func() { got, err = decompress(lmz.Options{Model: tiny()}, file) })
		if err == nil || len(got) > 100 {
			t.Errorf("%s: %d bytes, error %v", name, len(got), err)
		}
		if n > most {
			t.Errorf("%s: %d bytes allocated, want at most %d", name, n, most)
		}
	}
}

// TestLongClaim: payloads of no bytes stand for a frame of 2^24, which is long work and ends with
// the context; memory grows with what has been decoded, beside that of the lanes that are decoded at once.
func TestLongClaim(t *testing.T) {
	file := append(compress(t, lmz.Options{Model: tiny()}, nil)[:28:28], 3)
	file = binary.AppendUvarint(file, 1<<24)
	file = binary.AppendUvarint(file, 256)
	file = append(file, make([]byte, 256+4)...)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n := allocated(func() {
		got, err := decompress(lmz.Options{Model: tiny(), Threads: 2, Context: ctx, Progress: func(int) { cancel() }}, file)
		if len(got) > 0 || !errors.Is(err, context.Canceled) {
			t.Errorf("%d bytes, error %v", len(got), err)
		}
	})
	const mixers = 2 * 16 * 420 << 10 // of the lanes that are decoded at once
	if n > 4<<20+mixers {
		t.Errorf("%d bytes allocated", n)
	}
}
