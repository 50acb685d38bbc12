package container

import (
	"bufio"
	"bytes"
	"fmt"
	"hash/crc64"
	"io"
	"strings"
)

// Reader reads a file of one or more members, as NextMember, then NextFrame and Verify until the member's
// end, and so on until the file's.
//
// With Ahead, NextFrame may be called before the frames before were verified: each frame has memory of its own, and is verified in its order,
// whatever NextFrame found meanwhile. All of a member's must be verified before its end is read; AtEnd says when.
//
// The first error is final: all that follows returns it.
type Reader struct {
	Ahead bool // set it before the first NextFrame

	s        source
	members  int
	inMember bool
	header   Header
	end      end // of the member, from the frames read so far
	rawSize  int64
	frame    *Frame
	verified int // how many frames of the member are
	err      error
}

// NewReader makes a Reader of r. It reads ahead: a Reader reads to the end of the file.
func NewReader(r io.Reader) *Reader {
	return &Reader{s: source{r: bufio.NewReaderSize(r, 32<<10)}}
}

// NextMember begins the next member and returns its header, or io.EOF at the end of the file. It panics
// before the member's end.
func (r *Reader) NextMember() (Header, error) {
	if r.err != nil {
		return Header{}, r.err
	}
	if r.inMember {
		panic("container: NextMember within a member")
	}
	if r.err = r.readMagic(); r.err != nil {
		return Header{}, r.err
	}
	if r.header, r.err = readHeader(&r.s); r.err != nil {
		return Header{}, r.err
	}
	r.members++
	r.inMember = true
	r.end = end{entries: r.end.entries[:0]}
	r.rawSize, r.verified = 0, 0
	return r.header, nil
}

// readMagic reads a member's first bytes. What has not the magic is no member, however short; what has its
// beginning is a member cut short.
func (r *Reader) readMagic() error {
	r.s.begin(fmt.Sprintf("header of member %d", r.members))
	begin, err := r.s.r.Peek(len(magic))
	switch {
	case err != nil && err != io.EOF:
		return r.s.failed(err)
	case len(begin) == 0 && r.members > 0:
		return io.EOF
	case len(begin) == 0:
		return ErrEmpty
	case !bytes.HasPrefix([]byte(magic), begin) && r.members > 0:
		return &FormatError{r.s.offset, fmt.Sprintf("trailing bytes % x after member %d, want %q or the end of the file", begin, r.members-1, magic)}
	case !bytes.HasPrefix([]byte(magic), begin):
		return &FormatError{r.s.offset, fmt.Sprintf("not an lmz file: begins with % x, want % x", begin, magic)}
	}
	return r.s.readFull(make([]byte, len(magic)))
}

// NextFrame returns the next frame, or io.EOF at the member's end, when the end has been checked. The frame
// is the Reader's until the next call. It panics outside a member, and if the frame before has not
// been verified.
func (r *Reader) NextFrame() (*Frame, error) {
	if r.err != nil {
		return nil, r.err
	}
	if !r.inMember {
		panic("container: NextFrame outside a member")
	}
	n := len(r.end.entries)
	if r.verified < n && !r.Ahead {
		panic(fmt.Sprintf("container: frame %d is not verified", r.verified))
	}
	r.s.begin(fmt.Sprintf("frame %d", n))
	at := r.s.offset
	b, err := r.s.readByte()
	if err != nil {
		r.err = err
		return nil, err
	}
	switch kind := Kind(b); kind {
	case Stored, Fill, Coded:
		r.err = r.readFrame(kind)
	case kindEnd:
		if r.verified < n {
			panic(fmt.Sprintf("container: the member ends, frame %d is not verified", r.verified))
		}
		r.s.part = fmt.Sprintf("end of member %d", r.members-1)
		if r.err = r.readEnd(); r.err == nil {
			r.inMember = false
			return nil, io.EOF
		}
	default:
		r.err = r.s.errorf(at, "kind %d, want 0 to 3", b)
	}
	if r.err != nil {
		return nil, r.err
	}
	return r.frame, nil
}

// AtEnd reports whether the member's end comes next, or the file's, or an error: then NextFrame makes no frame.
func (r *Reader) AtEnd() bool {
	next, err := r.s.r.Peek(1)
	return r.err != nil || err != nil || Kind(next[0]) < Stored || Kind(next[0]) > Coded
}

// Offset is that of the byte in the file that is read next.
func (r *Reader) Offset() int64 { return r.s.offset }

// readFrame reads the frame after its kind, and notes it for the comparison with the index.
func (r *Reader) readFrame(kind Kind) error {
	if r.frame == nil || r.Ahead {
		r.frame = &Frame{}
	}
	f := r.frame
	if len(r.end.entries) == MaxFrames {
		return r.s.errorf(r.s.offset-1, "want at most %d frames", MaxFrames)
	}
	if err := readFrame(&r.s, kind, r.header.Mixed, f); err != nil {
		return err
	}
	f.number = len(r.end.entries)
	r.rawSize += int64(f.RawLen)
	if r.header.RawSize >= 0 && r.rawSize > r.header.RawSize {
		return r.s.errorf(f.Offset, "%d raw bytes and more, header says %d", r.rawSize, r.header.RawSize)
	}
	r.end.entries = append(r.end.entries, entry{uint32(f.RawLen), uint32(r.s.offset - f.Offset)})
	return nil
}

// readEnd reads the member's end after its kind, and checks that it tells of the frames read.
func (r *Reader) readEnd() error {
	at := r.s.offset - 1
	if r.header.RawSize >= 0 && r.rawSize != r.header.RawSize {
		return r.s.errorf(at, "%d raw bytes, header says %d", r.rawSize, r.header.RawSize)
	}
	e, err := readEnd(&r.s, len(r.end.entries))
	if err != nil {
		return err
	}
	if found, want := len(e.entries), len(r.end.entries); found != want {
		return r.s.errorf(at, "index of %d frames, want %d", found, want)
	}
	for i, want := range r.end.entries {
		if found := e.entries[i]; found != want {
			return r.s.errorf(at, "index has frame %d of %d raw bytes in %d, want %d in %d",
				i, found.rawLen, found.encoded, want.rawLen, want.encoded)
		}
	}
	if e.checksum != r.end.checksum {
		return r.s.errorf(at, "checksum of the raw bytes %016x, want %016x", e.checksum, r.end.checksum)
	}
	return nil
}

// Verify checks the raw bytes that a caller made of f, the frame that NextFrame returned last or with Ahead the first that is not verified,
// against its checksum, and adds them to the member's. They are right only when it returns nil.
func (r *Reader) Verify(f *Frame, raw []byte) error {
	if r.err != nil && !r.Ahead {
		return r.err
	}
	if !r.Ahead && f != r.frame || !r.inMember || f.number != r.verified || r.verified == len(r.end.entries) {
		panic("container: Verify of a frame that is not the next")
	}
	if err := f.Verify(raw); err != nil {
		err := err.(*FormatError)
		r.err = &FormatError{err.Offset, fmt.Sprintf("frame %d%s", f.number, strings.TrimPrefix(err.Msg, "frame"))}
		return r.err
	}
	r.end.checksum = crc64.Update(r.end.checksum, ecma, raw)
	r.verified++
	return nil
}
