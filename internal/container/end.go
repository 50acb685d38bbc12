package container

import (
	"encoding/binary"
	"hash/crc32"
)

// entry is a frame in the index at a member's end.
type entry struct {
	rawLen  uint32 // bytes, 1 to MaxFrame
	encoded uint32 // size of the frame in bytes, minFrame to maxEncoded
}

// end is what ends a member.
type end struct {
	entries  []entry
	checksum uint64 // CRC-64/ECMA of the member's raw bytes
}

// sizes of the end of a member without frames, and of its last two fields.
const (
	minEnd  = 1 + 1 + 8 + trailer
	trailer = 4 + 4
)

// appendEnd appends e to dst.
func appendEnd(dst []byte, e end) []byte {
	start := len(dst)
	dst = append(dst, byte(kindEnd))
	dst = binary.AppendUvarint(dst, uint64(len(e.entries)))
	for _, f := range e.entries {
		dst = binary.AppendUvarint(dst, uint64(f.rawLen))
		dst = binary.AppendUvarint(dst, uint64(f.encoded))
	}
	dst = binary.LittleEndian.AppendUint64(dst, e.checksum)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(dst)-start+trailer))
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

// readEnd reads an end whose kind has been read since begin. It has at most maxFrames frames.
func readEnd(s *source, maxFrames int) (e end, err error) {
	start := s.offset - 1
	count, err := s.uvarintIn("number of frames", 0, int64(maxFrames))
	if err != nil {
		return e, err
	}
	for range count {
		rawLen, err := s.uvarintIn("raw length", 1, MaxFrame)
		if err != nil {
			return e, err
		}
		encoded, err := s.uvarintIn("frame size", minFrame, maxEncoded)
		if err != nil {
			return e, err
		}
		e.entries = append(e.entries, entry{uint32(rawLen), uint32(encoded)})
	}
	if e.checksum, err = s.uint64(); err != nil {
		return e, err
	}
	at := s.offset
	length, err := s.uint32()
	if err != nil {
		return e, err
	}
	if want := at + trailer - start; int64(length) != want {
		return e, s.errorf(at, "length %d, want %d", length, want)
	}
	return e, s.readChecksum()
}
