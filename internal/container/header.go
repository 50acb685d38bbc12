package container

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
)

// Policy says what context a segment's symbols are predicted from when the model's window is full.
type Policy uint8

const (
	Fresh Policy = 0 // the next window begins anew, with start-of-text
	Carry Policy = 1 // the window's second half is kept
)

func (p Policy) String() string {
	switch p {
	case Fresh:
		return "fresh"
	case Carry:
		return "carry"
	}
	return fmt.Sprintf("policy %d", uint8(p))
}

// Header begins a member.
type Header struct {
	Numerics uint8    // version of docs/numerics.md
	Policy   Policy   // of context
	Model    [16]byte // identity of the model: the first half of a SHA-256
	RawSize  int64    // of the member in bytes, -1 if its writer did not know
	Mixed    bool     // the model's predictions are mixed with others
}

// The header's flags. The other bits are zero.
const (
	flagRawSize = 1 << 0 // the raw size follows
	flagMixed   = 1 << 1
)

// sizes of a header without and with the longest raw size.
const (
	minHeader = len(magic) + 4 + 16 + 4
	maxHeader = minHeader + 9 // 63 bits
)

// check panics if a Header has no form.
func (h Header) check() {
	if h.Policy > Carry {
		panic(fmt.Sprintf("container: context policy %d, want 0 or 1", h.Policy))
	}
	if h.RawSize < -1 {
		panic(fmt.Sprintf("container: raw size %d, want -1 or more", h.RawSize))
	}
}

// appendHeader appends h to dst.
func appendHeader(dst []byte, h Header) []byte {
	start := len(dst)
	var flags byte
	if h.RawSize >= 0 {
		flags |= flagRawSize
	}
	if h.Mixed {
		flags |= flagMixed
	}
	dst = append(dst, magic...)
	dst = append(dst, Version, h.Numerics, flags, byte(h.Policy))
	dst = append(dst, h.Model[:]...)
	if h.RawSize >= 0 {
		dst = binary.AppendUvarint(dst, uint64(h.RawSize))
	}
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

// readHeader reads what appendHeader wrote after the magic, which the caller has read since begin.
func readHeader(s *source) (h Header, err error) {
	var fixed [20]byte // version, numerics, flags, policy, model
	at := s.offset
	version, err := s.readByte()
	if err != nil {
		return h, err
	}
	if version != Version {
		return h, &UnsupportedError{at, fmt.Sprintf("format version %d, want %d", version, Version)}
	}
	if err := s.readFull(fixed[1:]); err != nil {
		return h, err
	}
	flags, policy := fixed[2], Policy(fixed[3])
	if flags&^(flagRawSize|flagMixed) != 0 {
		return h, s.errorf(at+2, "flags %#x, want 0 to 3", flags)
	}
	h = Header{Numerics: fixed[1], Policy: policy, Model: [16]byte(fixed[4:]), RawSize: -1, Mixed: flags&flagMixed != 0}
	if flags&flagRawSize != 0 {
		if h.RawSize, err = s.uvarintIn("raw size", 0, math.MaxInt64); err != nil {
			return h, err
		}
	}
	if err := s.readChecksum(); err != nil {
		return h, err
	}
	if policy > Carry {
		return h, s.errorf(at+3, "context policy %d, want 0 or 1", policy)
	}
	return h, nil
}
