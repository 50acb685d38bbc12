package checkpoint

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// cursor reads numbers and strings from the front of b. The first fault stays in err, and from then on it
// gives zeros.
type cursor struct {
	b    []byte
	pos  int
	base int64  // offset of b in the file
	what string // what b is, for messages
	err  error
}

// fail keeps the first fault; at is its place in b.
func (c *cursor) fail(at int, format string, a ...any) {
	if c.err == nil {
		c.err = &FormatError{c.base + int64(at), c.what + ": " + fmt.Sprintf(format, a...)}
	}
}

// take is the next n bytes, and nil if there are fewer.
func (c *cursor) take(n uint64) []byte {
	if c.err != nil {
		return nil
	}
	if n > uint64(len(c.b)-c.pos) {
		c.err = truncated("%s: %d bytes at offset %d, the end is at %d", c.what, n, c.base+int64(c.pos), c.base+int64(len(c.b)))
		return nil
	}
	b := c.b[c.pos : c.pos+int(n)]
	c.pos += int(n)
	return b
}

func (c *cursor) uint8() uint8 {
	if b := c.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) uint16() uint16 {
	if b := c.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (c *cursor) uint32() uint32 {
	if b := c.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (c *cursor) uint64() uint64 {
	if b := c.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// line is what comes before the next newline, which is passed over.
func (c *cursor) line() string {
	if c.err != nil {
		return ""
	}
	n := bytes.IndexByte(c.b[c.pos:], '\n')
	if n < 0 {
		c.err = truncated("%s: a line at offset %d has no end", c.what, c.base+int64(c.pos))
		return ""
	}
	s := string(c.b[c.pos : c.pos+n])
	c.pos += n + 1
	return s
}
