package container

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// Member is what a file's index tells of a member.
type Member struct {
	Header  Header
	Offset  int64 // of the member in the file
	Size    int64 // of the member in bytes, with its header and end
	RawSize int64 // the sum of the frames' raw lengths
	Frames  []FrameIndex
}

// FrameIndex is what a file's index tells of a frame.
type FrameIndex struct {
	Offset int64 // of the frame in the file
	Size   int   // of the frame in bytes
	RawLen int   // in bytes
}

// ReadIndex lists the members of a file of size bytes, from the last member's end to the first's header, and
// reads no frames. Ends and headers are checked; that the frames agree with them, and that there is not
// another file to find from the front in a file made so, only a Reader checks.
func ReadIndex(r io.ReaderAt, size int64) ([]Member, error) {
	if _, err := NewReader(io.NewSectionReader(r, 0, size)).NextMember(); err != nil {
		return nil, err // no lmz file, or of a version whose ends may look otherwise
	}
	var members []Member
	for end := size; end > 0; {
		m, err := readMember(r, end)
		if err != nil {
			return nil, err
		}
		members = append(members, m)
		end = m.Offset
	}
	slices.Reverse(members)
	return members, nil
}

// section is the source of the bytes of r from begin to end.
func section(r io.ReaderAt, begin, end int64, part string) *source {
	s := &source{r: bufio.NewReader(io.NewSectionReader(r, begin, end-begin)), offset: begin}
	s.begin(part)
	return s
}

// readMember lists the member that ends at offset limit.
func readMember(r io.ReaderAt, limit int64) (m Member, err error) {
	if limit < int64(minHeader+minEnd) {
		return m, noEnd(limit)
	}
	var b [4]byte
	if _, err := r.ReadAt(b[:], limit-trailer); err != nil {
		return m, fmt.Errorf("container: offset %d: %w", limit-trailer, err)
	}
	length := int64(binary.LittleEndian.Uint32(b[:]))
	if length < minEnd || length > limit-int64(minHeader) {
		return m, noEnd(limit)
	}
	begin := limit - length // of the end, and end of the last frame
	s := section(r, begin, limit, "end of a member")
	if kind, err := s.readByte(); err != nil || Kind(kind) != kindEnd {
		return m, noEnd(limit)
	}
	e, err := readEnd(s, MaxFrames)
	if err != nil {
		return m, err
	}
	if s.offset != limit {
		return m, s.errorf(begin, "%d bytes, want %d", s.offset-begin, length)
	}
	offset := begin
	for _, f := range e.entries {
		m.RawSize += int64(f.rawLen)
		offset -= int64(f.encoded)
	}
	if offset < int64(minHeader) {
		return m, s.errorf(begin, "index of %d bytes of frames and a header, want at most %d", begin-offset, begin-int64(minHeader))
	}
	if m.Header, m.Offset, err = headerBefore(r, offset, m.RawSize); err != nil {
		return m, err
	}
	m.Size = limit - m.Offset
	m.Frames = make([]FrameIndex, len(e.entries))
	for i, f := range e.entries {
		m.Frames[i] = FrameIndex{offset, int(f.encoded), int(f.rawLen)}
		offset += int64(f.encoded)
	}
	return m, nil
}

// headerBefore reads the header that ends at offset limit. Its length is that of one that gives no raw
// size, or of one that gives rawSize.
func headerBefore(r io.ReaderAt, limit, rawSize int64) (h Header, offset int64, err error) {
	for _, size := range []int64{-1, rawSize} {
		offset = limit - int64(len(appendHeader(nil, Header{RawSize: size})))
		if offset < 0 {
			continue
		}
		s := section(r, offset, limit, "header of a member")
		var begin [len(magic)]byte
		if err := s.readFull(begin[:]); err != nil {
			return h, 0, err
		}
		if string(begin[:]) != magic {
			continue
		}
		if h, err = readHeader(s); err == nil && s.offset == limit && h.RawSize == size {
			return h, offset, nil
		}
	}
	if err == nil {
		err = &FormatError{limit, fmt.Sprintf("no header of %d raw bytes before the frames", rawSize)}
	}
	return h, 0, err
}

// noEnd is the error when no member ends at offset limit of a file that begins as one.
func noEnd(limit int64) error {
	return fmt.Errorf("container: offset %d: %w", limit, ErrNoEnd)
}
