package container

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
)

// source is the bytes of a file in order, with their offset and a CRC-32C that may be restarted anywhere.
type source struct {
	r        *bufio.Reader
	offset   int64 // of the next byte
	checksum uint32
	part     string  // what is being read, for errors
	one      [1]byte // readByte's: a local one would be allocated each time
}

// errorf is a *FormatError about the field at offset.
func (s *source) errorf(offset int64, format string, a ...any) error {
	return &FormatError{offset, s.part + ": " + fmt.Sprintf(format, a...)}
}

// begin names the part that begins here, and restarts the checksum.
func (s *source) begin(part string) {
	s.part = part
	s.checksum = 0
}

// failed is what an error of r means: the file does not end within a part.
func (s *source) failed(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("container: offset %d: %s cut short: %w", s.offset, s.part, io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("container: offset %d: %s: %w", s.offset, s.part, err)
}

func (s *source) readByte() (byte, error) {
	b, err := s.r.ReadByte()
	if err != nil {
		return 0, s.failed(err)
	}
	s.one[0] = b
	s.checksum = crc32.Update(s.checksum, castagnoli, s.one[:])
	s.offset++
	return b, nil
}

// readFull fills p.
func (s *source) readFull(p []byte) error {
	n, err := io.ReadFull(s.r, p)
	s.checksum = crc32.Update(s.checksum, castagnoli, p[:n])
	s.offset += int64(n)
	if err != nil {
		return s.failed(err)
	}
	return nil
}

// grownStep is how many bytes are allocated before one of them has come: as many as have come, too, later.
const grownStep = 64 << 10

// readGrowing appends n bytes to p, which grows as they come.
func (s *source) readGrowing(p []byte, n int) ([]byte, error) {
	for n > 0 {
		step := min(n, max(grownStep, len(p)))
		p = slices.Grow(p, step)
		at := len(p)
		p = p[:at+step]
		if err := s.readFull(p[at:]); err != nil {
			return nil, err
		}
		n -= step
	}
	return p, nil
}

// uint32 and uint64 read little-endian.
func (s *source) uint32() (uint32, error) {
	var b [4]byte
	err := s.readFull(b[:])
	return binary.LittleEndian.Uint32(b[:]), err
}

func (s *source) uint64() (uint64, error) {
	var b [8]byte
	err := s.readFull(b[:])
	return binary.LittleEndian.Uint64(b[:]), err
}

// readChecksum compares the next four bytes with the checksum of the bytes since begin.
func (s *source) readChecksum() error {
	want, at := s.checksum, s.offset
	found, err := s.uint32()
	if err != nil {
		return err
	}
	if found != want {
		return s.errorf(at, "checksum %08x, want %08x", found, want)
	}
	return nil
}

// uvarint reads an unsigned LEB128 number: seven bits a byte, the lowest first, bit 7 set in all but the last.
// The form is minimal: a last byte of zero says nothing, unless it is the only one.
func (s *source) uvarint(what string) (uint64, error) {
	at := s.offset
	var x uint64
	for i := range binary.MaxVarintLen64 {
		b, err := s.readByte()
		if err != nil {
			return 0, err
		}
		if i == binary.MaxVarintLen64-1 && b > 1 {
			return 0, s.errorf(at, "%s beyond 64 bits", what)
		}
		x |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			if b == 0 && i > 0 {
				return 0, s.errorf(at, "%s in %d bytes, want it in fewer", what, i+1)
			}
			return x, nil
		}
	}
	panic("unreachable") // the tenth byte is at most 1
}

// uvarintIn is uvarint for a number that is at least low and at most high.
func (s *source) uvarintIn(what string, low, high int64) (int64, error) {
	at := s.offset
	x, err := s.uvarint(what)
	if err != nil {
		return 0, err
	}
	if x > uint64(high) || x < uint64(low) {
		return 0, s.errorf(at, "%s %d, want %d to %d", what, x, low, high)
	}
	return int64(x), nil
}
