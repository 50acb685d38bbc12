package container_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"lmz/internal/container"
)

// frames of three kinds, and the member that they make.
func threeFrames(t *testing.T) (raws [][]byte, frames []*container.Frame, member []byte) {
	t.Helper()
	raws = [][]byte{[]byte("stored as they are"), bytes.Repeat([]byte{'f'}, 300), []byte("coded in some way or other")}
	frames = []*container.Frame{
		container.NewStored(raws[0]),
		container.NewFill(raws[1]),
		container.NewCoded(raws[2], [][]byte{[]byte("one"), nil, []byte("three")}),
	}
	var file bytes.Buffer
	w := container.NewWriter(&file, container.Header{Numerics: 1, RawSize: -1})
	for i, f := range frames {
		if err := w.WriteFrame(f, raws[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return raws, frames, file.Bytes()
}

// TestFrameAlone checks that a frame by itself has the bytes that it has in a file, and is read back; and that each of its bits is checked
// or belongs to a payload.
func TestFrameAlone(t *testing.T) {
	raws, frames, member := threeFrames(t)
	at := 28 // docs/format.md: the header
	for i, f := range frames {
		alone := f.Append(nil)
		if !bytes.Equal(alone, member[at:at+len(alone)]) {
			t.Errorf("frame %d alone is % x, in the file % x", i, alone, member[at:at+len(alone)])
		}
		at += len(alone)
		parsed, err := container.ParseFrame(alone, false)
		if err != nil {
			t.Fatal(err)
		}
		if err := parsed.Verify(raws[i]); err != nil {
			t.Error(err)
		}
		if again := parsed.Append(nil); !bytes.Equal(again, alone) {
			t.Errorf("frame %d is % x again, want % x", i, again, alone)
		}
		for n := range alone {
			if _, err := container.ParseFrame(alone[:n], false); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("frame %d cut to %d bytes: %v, want io.ErrUnexpectedEOF", i, n, err)
			}
		}
		if _, err := container.ParseFrame(append(alone[:len(alone):len(alone)], 0), false); err == nil {
			t.Errorf("frame %d with a byte after it is taken", i)
		}
		body := len(f.Stored)
		if f.Kind == container.Fill {
			body = 1
		}
		for _, p := range f.Payloads {
			body += len(p)
		}
		for bit := range 8 * (len(alone) - body) {
			flipped := bytes.Clone(alone)
			flipped[bit/8] ^= 1 << (bit % 8)
			parsed, err := container.ParseFrame(flipped, false)
			if err == nil && parsed.Verify(raws[i]) == nil {
				t.Errorf("frame %d with bit %d flipped is taken", i, bit)
			}
		}
	}
}

// TestAhead checks that frames read ahead keep their bytes, and that what is wrong with one is found in its turn.
func TestAhead(t *testing.T) {
	raws, frames, member := threeFrames(t)
	read := func(member []byte) (*container.Reader, []*container.Frame) {
		r := container.NewReader(bytes.NewReader(member))
		r.Ahead = true
		if _, err := r.NextMember(); err != nil {
			t.Fatal(err)
		}
		var list []*container.Frame
		for !r.AtEnd() {
			f, err := r.NextFrame()
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, f)
		}
		return r, list
	}
	r, list := read(member)
	if len(list) != 3 {
		t.Fatalf("%d frames, want 3", len(list))
	}
	for i, f := range list {
		if !bytes.Equal(f.Append(nil), frames[i].Append(nil)) {
			t.Errorf("frame %d changed when others were read", i)
		}
		if err := r.Verify(f, raws[i]); err != nil {
			t.Error(err)
		}
	}
	if _, err := r.NextFrame(); err != io.EOF {
		t.Errorf("%v, want io.EOF", err)
	}
	if _, err := r.NextMember(); err != io.EOF {
		t.Errorf("%v, want io.EOF", err)
	}

	r, list = read(member)
	if err := r.Verify(list[0], raws[0]); err != nil {
		t.Error(err)
	}
	if format := (*container.FormatError)(nil); !errors.As(r.Verify(list[1], raws[1][1:]), &format) {
		t.Error("a byte too few is taken")
	}

	r, _ = read(member)
	defer func() {
		if recover() == nil {
			t.Error("the end is read before the frames were verified, want a panic")
		}
	}()
	r.NextFrame()
}
