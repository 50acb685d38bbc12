package container_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"lmz/internal/container"
)

// The frames of these tests are coded by a coding that has one payload for all raw bytes that have one:
// segments are pairs of equal bytes, and a payload is one of each pair.

// double is the raw bytes of payloads.
func double(payloads [][]byte) (raw []byte) {
	for _, p := range payloads {
		for _, b := range p {
			raw = append(raw, b, b)
		}
	}
	return raw
}

// halve is the payloads of raw in segments whose boundaries are even.
func halve(raw []byte, segments int) (payloads [][]byte) {
	for i := range segments {
		begin, end := container.Segment(i, segments, len(raw))
		var p []byte
		for ; begin < end; begin += 2 {
			p = append(p, raw[begin])
		}
		payloads = append(payloads, p)
	}
	return payloads
}

// content is one frame to write.
type content struct {
	kind     container.Kind
	raw      []byte
	segments int
}

// noise is n random bytes.
func noise(n int) []byte {
	r := rand.New(rand.NewPCG(uint64(n), 1))
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}

// small are frames of every kind, few bytes in all.
var small = []content{
	{container.Stored, []byte("stored"), 0},
	{container.Fill, bytes.Repeat([]byte{7}, 300), 0},
	{container.Coded, double([][]byte{noise(20)}), 5},
	{container.Stored, []byte{0}, 0},
	{container.Coded, double([][]byte{{1, 2}}), 1},
	{container.Fill, []byte{0xff}, 0},
}

var header = container.Header{Numerics: 1, Policy: container.Carry, Model: [16]byte([]byte("identity of 16 B")), RawSize: -1}

// rawSize is that of the frames together.
func rawSize(frames []content) (n int64) {
	for _, f := range frames {
		n += int64(len(f.raw))
	}
	return n
}

// write is a member of frames.
func write(t testing.TB, h container.Header, frames []content) []byte {
	t.Helper()
	var b bytes.Buffer
	w := container.NewWriter(&b, h)
	for _, f := range frames {
		var err error
		switch f.kind {
		case container.Stored:
			err = w.WriteStored(f.raw)
		case container.Fill:
			err = w.WriteFill(f.raw)
		case container.Coded:
			err = w.WriteCoded(f.raw, halve(f.raw, f.segments))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// decoded is a member as it was read.
type decoded struct {
	header container.Header
	frames []content
	sizes  []container.FrameIndex // Size not known
}

// read decodes and verifies all of a file.
func read(r io.Reader) (members []decoded, err error) {
	rd := container.NewReader(r)
	for {
		h, err := rd.NextMember()
		if err == io.EOF {
			return members, nil
		}
		if err != nil {
			return members, err
		}
		m := decoded{header: h}
		for {
			f, err := rd.NextFrame()
			if err == io.EOF {
				break
			}
			if err != nil {
				return members, err
			}
			c := content{kind: f.Kind}
			switch f.Kind {
			case container.Stored:
				c.raw = bytes.Clone(f.Stored)
			case container.Fill:
				c.raw = bytes.Repeat([]byte{f.Fill}, f.RawLen)
			case container.Coded:
				c.raw = double(f.Payloads)
				c.segments = len(f.Payloads)
			}
			if err := rd.Verify(f, c.raw); err != nil {
				return members, err
			}
			m.frames = append(m.frames, c)
			m.sizes = append(m.sizes, container.FrameIndex{Offset: f.Offset, RawLen: f.RawLen})
		}
		members = append(members, m)
	}
}

// checkRefused checks that err is one of a file in error, and not one of this program.
func checkRefused(t testing.TB, what string, err error) {
	t.Helper()
	var format *container.FormatError
	var unsupported *container.UnsupportedError
	switch {
	case err == nil:
		t.Errorf("%s: accepted, want an error", what)
	case err == io.EOF || !errors.As(err, &format) && !errors.As(err, &unsupported) && !errors.Is(err, io.ErrUnexpectedEOF):
		t.Errorf("%s: error %v, want one of the format", what, err)
	case strings.Count(err.Error(), "container:") != 1:
		t.Errorf("%s: error %q, want the prefix once", what, err)
	}
}

func equal(a, b content) bool {
	return a.kind == b.kind && a.segments == b.segments && bytes.Equal(a.raw, b.raw)
}

func TestRoundTrip(t *testing.T) {
	long := []content{ // sizes round the buffers'
		{container.Stored, noise(32<<10 - 1), 0},
		{container.Stored, noise(64<<10 + 1), 0},
		{container.Stored, noise(300 << 10), 0},
		{container.Coded, double([][]byte{noise(200 << 10)}), 8},
		{container.Coded, double([][]byte{noise(32 << 10)}), 1},
		{container.Coded, double([][]byte{noise(256 << 10)}), 256},
		{container.Coded, double([][]byte{noise(256)}), 256},
		{container.Stored, noise(3), 0},
		{container.Fill, make([]byte, container.MaxFrame), 0},
	}
	for name, frames := range map[string][]content{"none": nil, "small": small, "long": long} {
		for _, size := range []int64{-1, rawSize(frames)} {
			h := header
			h.RawSize, h.Mixed = size, size >= 0
			file := write(t, h, frames)
			for reader, r := range map[string]io.Reader{
				"whole": bytes.NewReader(file), "half": iotest.HalfReader(bytes.NewReader(file)),
				"eof with data": iotest.DataErrReader(bytes.NewReader(file)), "byte by byte": iotest.OneByteReader(bytes.NewReader(file)),
			} {
				members, err := read(r)
				if err != nil {
					t.Errorf("%s, %s: %v", name, reader, err)
					continue
				}
				if len(members) != 1 || members[0].header != h || !slices.EqualFunc(members[0].frames, frames, equal) {
					t.Errorf("%s, %s: not what was written", name, reader)
				}
			}
		}
	}
}

// TestOverhead: 64 bytes on next to nothing, a thousandth on more.
func TestOverhead(t *testing.T) {
	for _, n := range []int{0, 1, 64 << 10, 1 << 20} {
		var frames []content
		for rest := noise(n); len(rest) > 0; rest = rest[min(len(rest), 64<<10):] {
			frames = append(frames, content{container.Stored, rest[:min(len(rest), 64<<10)], 0})
		}
		h := header
		h.RawSize = int64(n)
		if got, want := len(write(t, h, frames)), n+n/1000+64; got > want {
			t.Errorf("%d bytes: stored in %d, want at most %d", n, got, want)
		}
	}
}

func TestMembers(t *testing.T) {
	sized := header
	sized.RawSize = rawSize(small)
	all := [][]content{small, nil, small[:1], small}
	var file []byte
	for i, frames := range all {
		h := header
		if i == 3 {
			h = sized
		}
		h.Mixed = i%2 == 1
		file = append(file, write(t, h, frames)...)
	}
	members, err := read(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if len(members) != len(all) {
		t.Fatalf("%d members, want %d", len(members), len(all))
	}
	for i, m := range members {
		if !slices.EqualFunc(m.frames, all[i], equal) {
			t.Errorf("member %d: other frames", i)
		}
	}
	checkIndex(t, file, members)
}

// checkIndex checks that ReadIndex agrees with what was read.
func checkIndex(t *testing.T, file []byte, members []decoded) {
	t.Helper()
	list, err := container.ReadIndex(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != len(members) {
		t.Fatalf("index of %d members, want %d", len(list), len(members))
	}
	at := int64(0)
	for i, m := range list {
		want := members[i]
		if m.Header != want.header || m.Offset != at || m.RawSize != rawSize(want.frames) || len(m.Frames) != len(want.frames) {
			t.Errorf("member %d: index %+v", i, m)
		}
		at += m.Size
		for j, f := range m.Frames {
			size := f.Size
			f.Size = 0
			if f != want.sizes[j] {
				t.Errorf("member %d: frame %d: index %+v, want %+v", i, j, f, want.sizes[j])
			}
			if j+1 < len(m.Frames) && f.Offset+int64(size) != m.Frames[j+1].Offset {
				t.Errorf("member %d: frame %d: size %d, and the next at %d", i, j, size, m.Frames[j+1].Offset)
			}
		}
	}
	if at != int64(len(file)) {
		t.Errorf("index of %d bytes, want %d", at, len(file))
	}
}

// TestModelLooksLikeHeader: the magic in the model's identity, where a shorter header would begin.
func TestModelLooksLikeHeader(t *testing.T) {
	for n := range 16 {
		h := header
		h.Model = [16]byte{}
		copy(h.Model[n:], "\xcclmz\x01\x00\x01\x00")
		h.RawSize = rawSize(small)
		file := write(t, h, small)
		members, err := read(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		checkIndex(t, file, members)
	}
}

// TestDamaged: a flipped bit or a missing end is noticed, wherever it is.
func TestDamaged(t *testing.T) {
	sized := header
	sized.RawSize = rawSize(small)
	two := append(write(t, header, small[:2]), write(t, sized, small)...)
	for name, file := range map[string][]byte{
		"empty": write(t, header, nil), "unsized": write(t, header, small), "sized": write(t, sized, small), "two": two,
	} {
		want, err := read(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		for i := range file {
			for bit := range 8 {
				damaged := bytes.Clone(file)
				damaged[i] ^= 1 << bit
				_, err := read(bytes.NewReader(damaged))
				checkRefused(t, fmt.Sprintf("%s: bit %d of byte %d flipped", name, bit, i), err)
				if list, err := container.ReadIndex(bytes.NewReader(damaged), int64(len(file))); err != nil {
					checkRefused(t, fmt.Sprintf("%s: bit %d of byte %d flipped, index", name, bit, i), err)
				} else if len(list) != len(want) {
					t.Errorf("%s: bit %d of byte %d flipped: index of %d members, want %d", name, bit, i, len(list), len(want))
				}
			}
			got, err := read(bytes.NewReader(file[:i]))
			if err == nil && name == "two" && len(got) == 1 {
				continue // cut between the members: one is a file
			}
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s: cut to %d bytes: error %v, want %v", name, i, err, io.ErrUnexpectedEOF)
			}
			checkRefused(t, fmt.Sprintf("%s: cut to %d bytes", name, i), err)
			if _, err := container.ReadIndex(bytes.NewReader(file[:i]), int64(i)); err == nil {
				t.Errorf("%s: cut to %d bytes: index accepted", name, i)
			}
		}
	}
}

func TestNoFile(t *testing.T) {
	good := string(write(t, header, small))
	for _, test := range []struct{ name, file, want string }{
		{"empty", "", "container: empty input, want an lmz file: unexpected EOF"},
		{"gzip", "\x1f\x8b\x08\x00rest", "container: offset 0: not an lmz file: begins with 1f 8b 08 00, want cc 6c 6d 7a"},
		{"one byte", "x", "container: offset 0: not an lmz file: begins with 78, want cc 6c 6d 7a"},
		{"half a magic", "\xccl", "container: offset 2: header of member 0 cut short: unexpected EOF"},
		{"newer", "\xcclmz\x02", "container: offset 4: format version 2, want 1"},
		{"zero padding", good + "\x00", fmt.Sprintf("container: offset %d: trailing bytes 00 after member 0, want \"\\xcclmz\" or the end of the file", len(good))},
		{"half a member", good + "\xcc", fmt.Sprintf("container: offset %d: header of member 1 cut short: unexpected EOF", len(good)+1)},
	} {
		_, err := read(strings.NewReader(test.file))
		if err == nil || err.Error() != test.want {
			t.Errorf("%s: error %q, want %q", test.name, err, test.want)
		}
		if _, err := container.ReadIndex(strings.NewReader(test.file), int64(len(test.file))); err == nil {
			t.Errorf("%s: index accepted", test.name)
		}
	}
	var unsupported *container.UnsupportedError
	if _, err := read(strings.NewReader("\xcclmz\x02")); !errors.As(err, &unsupported) {
		t.Errorf("newer version: error %T, want *UnsupportedError", err)
	}
	if _, err := read(iotest.ErrReader(iotest.ErrTimeout)); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("reader in error: %v, want %v", err, iotest.ErrTimeout)
	}
}

func TestFinalError(t *testing.T) {
	file := write(t, header, small)
	r := container.NewReader(bytes.NewReader(file))
	if _, err := r.NextMember(); err != nil {
		t.Fatal(err)
	}
	f, err := r.NextFrame()
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range [][]byte{[]byte("Stored"), nil} {
		first := r.Verify(f, raw)
		checkRefused(t, "other raw bytes", first)
		_, frame := r.NextFrame()
		_, member := r.NextMember()
		if again := r.Verify(f, []byte("stored")); again != first || frame != first || member != first {
			t.Errorf("after %v: %v, %v, %v", first, again, frame, member)
		}
	}
}

// failing takes n bytes.
type failing struct{ n int }

func (w *failing) Write(p []byte) (int, error) {
	if w.n -= len(p); w.n < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

func TestWriterErrors(t *testing.T) {
	sized := header
	sized.RawSize = 5
	var b bytes.Buffer
	w := container.NewWriter(&b, sized)
	if b.Len() != 0 {
		t.Error("header written before the first frame")
	}
	if err := w.WriteStored([]byte("six by")); err == nil || w.Close() != err {
		t.Errorf("6 bytes of 5: error %v, then %v", err, w.Close())
	}
	w = container.NewWriter(&b, sized)
	if err := w.WriteStored([]byte("four")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err == nil || w.Close() != err {
		t.Errorf("4 bytes of 5: error %v, then %v", err, w.Close())
	}
	for n := range len(write(t, header, small[:3])) {
		w := container.NewWriter(&failing{n}, header)
		w.WriteStored(small[0].raw)
		w.WriteFill(small[1].raw)
		w.WriteCoded(small[2].raw, halve(small[2].raw, 5))
		if err := w.Close(); err != io.ErrClosedPipe {
			t.Fatalf("%d bytes taken: error %v, want %v", n, err, io.ErrClosedPipe)
		}
	}
}

func TestPanics(t *testing.T) {
	file := write(t, header, small)
	reader := func() *container.Reader {
		r := container.NewReader(bytes.NewReader(file))
		if _, err := r.NextMember(); err != nil {
			t.Fatal(err)
		}
		return r
	}
	writer := func() *container.Writer { return container.NewWriter(io.Discard, header) }
	for name, f := range map[string]func(){
		"policy 2":          func() { container.NewWriter(io.Discard, container.Header{Policy: 2}) },
		"raw size -2":       func() { container.NewWriter(io.Discard, container.Header{RawSize: -2}) },
		"empty frame":       func() { writer().WriteStored(nil) },
		"empty fill":        func() { writer().WriteFill(nil) },
		"long frame":        func() { writer().WriteStored(make([]byte, container.MaxFrame+1)) },
		"fill of two":       func() { writer().WriteFill([]byte{1, 1, 2}) },
		"no segments":       func() { writer().WriteCoded([]byte{1, 2}, nil) },
		"more than bytes":   func() { writer().WriteCoded([]byte{1, 2}, make([][]byte, 3)) },
		"segments too long": func() { writer().WriteCoded(make([]byte, 1<<16+1), make([][]byte, 1)) },
		"mixed too long": func() {
			container.NewWriter(io.Discard, container.Header{RawSize: -1, Mixed: true}).WriteCoded(make([]byte, 1<<18+1), make([][]byte, 1))
		},
		"257 segments":         func() { writer().WriteCoded(make([]byte, 1000), make([][]byte, 257)) },
		"as many coded as raw": func() { writer().WriteCoded([]byte{1, 2}, [][]byte{{1}, {2}}) },
		"frame after Close":    func() { w := writer(); w.Close(); w.WriteStored([]byte{1}) },
		"no member":            func() { container.NewReader(bytes.NewReader(file)).NextFrame() },
		"member in member":     func() { reader().NextMember() },
		"not verified":         func() { r := reader(); r.NextFrame(); r.NextFrame() },
		"verified twice": func() {
			r := reader()
			f, _ := r.NextFrame()
			r.Verify(f, []byte("stored"))
			r.Verify(f, []byte("stored"))
		},
		"other frame": func() { r := reader(); r.NextFrame(); r.Verify(new(container.Frame), []byte("stored")) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}
