package container

import (
	"fmt"
	"hash/crc64"
	"io"
)

// Writer writes one member. Of the raw bytes it keeps only checksums and sizes: eight bytes a frame.
type Writer struct {
	w       io.Writer
	header  Header
	begun   bool // the header is written
	closed  bool
	end     end
	rawSize int64
	buffer  []byte
	err     error
}

// NewWriter makes a Writer of a member with this header. Nothing is written before the first frame
// or Close. It panics if the policy is unknown or the raw size below -1.
func NewWriter(w io.Writer, h Header) *Writer {
	h.check()
	return &Writer{w: w, header: h}
}

// WriteStored writes raw, 1 to MaxFrame bytes, as a stored frame.
func (w *Writer) WriteStored(raw []byte) error { return w.WriteFrame(NewStored(raw), raw) }

// WriteFill writes raw, 1 to MaxFrame bytes and all equal, as a fill frame.
func (w *Writer) WriteFill(raw []byte) error { return w.WriteFrame(NewFill(raw), raw) }

// WriteCoded writes raw, 1 to MaxFrame bytes, as a coded frame of these payloads, one for each of 1 to MaxSegments
// segments, as Segment divides raw. It panics unless they have together fewer bytes than raw: else the
// frame is to be stored.
func (w *Writer) WriteCoded(raw []byte, payloads [][]byte) error {
	return w.WriteFrame(NewCoded(raw, payloads), raw)
}

// WriteFrame writes a frame of raw. It panics if it is not one that this member may have: one that somebody else made is to be verified first.
func (w *Writer) WriteFrame(f *Frame, raw []byte) error {
	if f.Kind == Coded {
		least, most := max(1, minSegments(len(raw), w.header.Mixed)), min(MaxSegments, len(raw))
		if n := len(f.Payloads); n < least || n > most {
			panic(fmt.Sprintf("container: %d segments of %d bytes, want %d to %d", n, len(raw), least, most))
		}
		total := 0
		for _, p := range f.Payloads {
			total += len(p)
		}
		if total >= len(raw) {
			panic(fmt.Sprintf("container: payloads of %d bytes for %d raw bytes, want fewer", total, len(raw)))
		}
	}
	if err := f.Verify(raw); err != nil {
		panic(err.Error())
	}
	if w.closed {
		panic("container: frame after Close")
	}
	if w.err != nil {
		return w.err
	}
	if len(w.end.entries) == MaxFrames {
		w.err = errFrames
		return w.err
	}
	w.rawSize += int64(len(raw))
	if w.header.RawSize >= 0 && w.rawSize > w.header.RawSize {
		w.err = fmt.Errorf("%w: %d raw bytes and more, header says %d", ErrRawSize, w.rawSize, w.header.RawSize)
		return w.err
	}
	w.buffer = w.appendHeader(w.buffer[:0])
	start := len(w.buffer)
	w.buffer = f.appendHead(w.buffer)
	bodies := f.bodies()
	encoded := len(w.buffer) - start
	for _, b := range bodies {
		encoded += len(b)
	}
	w.end.entries = append(w.end.entries, entry{uint32(len(raw)), uint32(encoded)})
	w.end.checksum = crc64.Update(w.end.checksum, ecma, raw)
	w.write(w.buffer)
	for _, b := range bodies {
		w.write(b)
	}
	return w.err
}

// appendHeader appends the header if it has not yet been written.
func (w *Writer) appendHeader(dst []byte) []byte {
	if w.begun {
		return dst
	}
	w.begun = true
	return appendHeader(dst, w.header)
}

// write writes p, if nothing went wrong before.
func (w *Writer) write(p []byte) {
	if w.err == nil && len(p) > 0 {
		_, w.err = w.w.Write(p)
	}
}

// Close ends the member. It does not close the underlying writer, where another member may follow. It is
// an error if the header gave another raw size than was written.
func (w *Writer) Close() error {
	if w.closed {
		return w.err
	}
	w.closed = true
	if w.err == nil && w.header.RawSize >= 0 && w.rawSize != w.header.RawSize {
		w.err = fmt.Errorf("%w: %d raw bytes, header says %d", ErrRawSize, w.rawSize, w.header.RawSize)
	}
	w.write(appendEnd(w.appendHeader(w.buffer[:0]), w.end))
	return w.err
}
