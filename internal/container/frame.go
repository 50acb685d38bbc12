package container

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/bits"
)

// Kind is how a frame holds its raw bytes.
type Kind uint8

const (
	kindEnd Kind = 0 // no frame: the member's end
	Stored  Kind = 1 // as they are
	Fill    Kind = 2 // one byte repeated
	Coded   Kind = 3 // payloads, less of them than raw bytes
)

func (k Kind) String() string {
	switch k {
	case Stored:
		return "stored"
	case Fill:
		return "fill"
	case Coded:
		return "coded"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Frame is a frame as it was read, or as it is to be written. The slices of one that was read are the Reader's, until the next NextFrame.
type Frame struct {
	Kind     Kind
	Offset   int64    // of the frame in the file
	RawLen   int      // 1 to MaxFrame
	Stored   []byte   // the raw bytes of a Stored frame
	Fill     byte     // the byte of a Fill frame
	Payloads [][]byte // of a Coded frame, one for each segment: see Segment
	Checksum uint32   // CRC-32C of the frame's header and its raw bytes, as read: see Reader.Verify

	headerChecksum uint32 // CRC-32C of the frame's bytes before Checksum
	number         int    // of the frame in its member
	bytes          []byte // of Stored or Payloads
}

// Segment is where segment i of count begins and ends in a frame of rawLen bytes.
func Segment(i, count, rawLen int) (begin, end int) {
	at := func(i int) int { return int(int64(i) * int64(rawLen) / int64(count)) } // up to 2^32 before the division
	return at(i), at(i + 1)
}

// minSegments is how many segments a coded frame of rawLen bytes has at least: none is longer than MaxSegment or MaxMixedSegment.
func minSegments(rawLen int, mixed bool) int {
	most := MaxSegment
	if mixed {
		most = MaxMixedSegment
	}
	return (rawLen + most - 1) / most
}

// CodedSize is how many bytes of a coded frame are its segments': their number, the payloads' lengths and the payloads. A stored
// frame has the raw bytes instead, and is otherwise as large.
func CodedSize(payloads [][]byte) int {
	size := varintSize(len(payloads))
	for _, p := range payloads {
		size += varintSize(len(p)) + len(p)
	}
	return size
}

// varintSize is how many bytes LEB128 takes for x.
func varintSize(x int) int { return (max(bits.Len(uint(x)), 1) + 6) / 7 }

// minFrame is the least size of a frame: kind, raw length, checksum and a byte.
const minFrame = 7

// maxEncoded is the largest size of a frame: of a coded one, less than MaxFrame of payloads.
const maxEncoded = 1 + 4 + 2 + 4*MaxSegments + 4 + MaxFrame

// NewStored is the frame of raw, 1 to MaxFrame bytes, as they are.
func NewStored(raw []byte) *Frame { return newFrame(Stored, raw, nil) }

// NewFill is the frame of raw, 1 to MaxFrame bytes and all equal. It panics if they are not.
func NewFill(raw []byte) *Frame {
	for i, b := range raw {
		if b != raw[0] {
			panic(fmt.Sprintf("container: fill frame of %#02x has %#02x at %d", raw[0], b, i))
		}
	}
	return newFrame(Fill, raw, nil)
}

// NewCoded is the frame of raw, 1 to MaxFrame bytes, coded as these payloads.
func NewCoded(raw []byte, payloads [][]byte) *Frame { return newFrame(Coded, raw, payloads) }

// newFrame makes a frame, which keeps raw and payloads.
func newFrame(kind Kind, raw []byte, payloads [][]byte) *Frame {
	if len(raw) < 1 || len(raw) > MaxFrame {
		panic(fmt.Sprintf("container: frame of %d bytes, want 1 to %d", len(raw), MaxFrame))
	}
	f := &Frame{Kind: kind, RawLen: len(raw), Payloads: payloads}
	switch kind {
	case Stored:
		f.Stored = raw
	case Fill:
		f.Fill = raw[0]
	}
	f.headerChecksum = crc32.Checksum(f.appendLengths(nil), castagnoli)
	f.Checksum = crc32.Update(f.headerChecksum, castagnoli, raw)
	return f
}

// appendHead appends what stands before the checksum of a frame, and the checksum.
func (f *Frame) appendHead(dst []byte) []byte {
	return binary.LittleEndian.AppendUint32(f.appendLengths(dst), f.Checksum)
}

// appendLengths appends what stands before the checksum of a frame.
func (f *Frame) appendLengths(dst []byte) []byte {
	dst = append(dst, byte(f.Kind))
	dst = binary.AppendUvarint(dst, uint64(f.RawLen))
	if f.Kind == Coded {
		dst = binary.AppendUvarint(dst, uint64(len(f.Payloads)))
		for _, p := range f.Payloads {
			dst = binary.AppendUvarint(dst, uint64(len(p)))
		}
	}
	return dst
}

// bodies are what stands after the checksum of a frame.
func (f *Frame) bodies() [][]byte {
	switch f.Kind {
	case Stored:
		return [][]byte{f.Stored}
	case Fill:
		return [][]byte{{f.Fill}}
	}
	return f.Payloads
}

// Append appends the frame as it stands in a file.
func (f *Frame) Append(dst []byte) []byte {
	dst = f.appendHead(dst)
	for _, b := range f.bodies() {
		dst = append(dst, b...)
	}
	return dst
}

// ParseFrame reads a frame that stands by itself, as Append makes it. mixed is what the header of its member says. The errors are those of a
// Reader, with offsets from the frame's beginning.
func ParseFrame(b []byte, mixed bool) (*Frame, error) {
	rest := bytes.NewReader(b)
	s := source{r: bufio.NewReader(rest)}
	s.begin("frame")
	kind, err := s.readByte()
	if err != nil {
		return nil, err
	}
	if Kind(kind) < Stored || Kind(kind) > Coded {
		return nil, s.errorf(0, "kind %d, want 1 to 3", kind)
	}
	f := &Frame{}
	if err := readFrame(&s, Kind(kind), mixed, f); err != nil {
		return nil, err
	}
	if n := int64(len(b)); s.offset != n {
		return nil, s.errorf(s.offset, "%d bytes after the frame, want none", n-s.offset)
	}
	return f, nil
}

// Verify checks the raw bytes that a caller made of the frame against its checksum.
func (f *Frame) Verify(raw []byte) error {
	if len(raw) != f.RawLen {
		return &FormatError{f.Offset, fmt.Sprintf("frame: %d raw bytes, want %d", len(raw), f.RawLen)}
	}
	if got := crc32.Update(f.headerChecksum, castagnoli, raw); got != f.Checksum {
		return &FormatError{f.Offset, fmt.Sprintf("frame: checksum %08x, want %08x", got, f.Checksum)}
	}
	return nil
}

// readFrame reads into f, whose memory it uses again, a frame whose kind has been read. mixed is what the member's header says.
func readFrame(s *source, kind Kind, mixed bool, f *Frame) error {
	*f = Frame{Kind: kind, Offset: s.offset - 1, Payloads: f.Payloads[:0], bytes: f.bytes[:0]}
	rawLen, err := s.uvarintIn("raw length", 1, MaxFrame)
	if err != nil {
		return err
	}
	f.RawLen = int(rawLen)
	var lengths [MaxSegments]int
	segments := 0
	if kind == Coded {
		if segments, err = readLengths(s, &lengths, f.RawLen, mixed); err != nil {
			return err
		}
	}
	f.headerChecksum = s.checksum
	if f.Checksum, err = s.uint32(); err != nil {
		return err
	}
	switch kind {
	case Stored:
		f.bytes, err = s.readGrowing(f.bytes, f.RawLen)
		f.Stored = f.bytes
		return err
	case Fill:
		f.Fill, err = s.readByte()
		return err
	}
	total := 0
	for _, n := range lengths[:segments] {
		total += n
	}
	if f.bytes, err = s.readGrowing(f.bytes, total); err != nil {
		return err
	}
	rest := f.bytes
	for _, n := range lengths[:segments] {
		f.Payloads = append(f.Payloads, rest[:n:n])
		rest = rest[n:]
	}
	return nil
}

// readLengths reads how many segments a coded frame of rawLen bytes has, and the lengths of their payloads.
func readLengths(s *source, lengths *[MaxSegments]int, rawLen int, mixed bool) (segments int, err error) {
	n, err := s.uvarintIn("number of segments", int64(minSegments(rawLen, mixed)), int64(min(MaxSegments, rawLen)))
	if err != nil {
		return 0, err
	}
	at, total := s.offset, 0
	for i := range lengths[:n] {
		length, err := s.uvarintIn("payload length", 0, MaxFrame)
		if err != nil {
			return 0, err
		}
		lengths[i] = int(length)
		total += lengths[i]
	}
	if total >= rawLen {
		return 0, s.errorf(at, "payloads of %d bytes for %d raw bytes, want fewer", total, rawLen)
	}
	return int(n), nil
}
