package coder

// Encoder codes intervals to a payload. The numbers that continue the bytes written so far are
// [low, low+width), in units of 2^-64 of the last byte's unit.
type Encoder struct {
	bytes  []byte
	start  int // of the payload in bytes: a carry goes no further back
	low    uint64
	width  uint64
	closed bool
}

// NewEncoder makes an Encoder that appends its payload to dst.
func NewEncoder(dst []byte) *Encoder {
	return &Encoder{bytes: dst, start: len(dst), width: fullRange}
}

// Encode codes the interval [lo, hi) of total. It panics unless lo < hi <= total <= MaxTotal.
func (e *Encoder) Encode(lo, hi, total uint64) {
	checkInterval(lo, hi, total)
	if e.closed {
		panic("coder: Encode after Close")
	}
	offset, width := narrow(e.width, e.width/total, lo, hi, total)
	e.raise(offset)
	for e.width = width; e.width < minRange; e.width <<= 8 {
		e.bytes = append(e.bytes, byte(e.low>>56))
		e.low <<= 8
	}
}

// raise adds offset to low, and a carry out of it to the bytes already written. A byte that was 0xff and
// was passed by a carry is 0 and stops the next, so carries cost no more than the writing of the bytes.
// There is always a byte to stop at: all of the code lies below 1.
func (e *Encoder) raise(offset uint64) {
	e.low += offset
	if e.low >= offset {
		return
	}
	for i := len(e.bytes) - 1; i >= e.start; i-- {
		if e.bytes[i]++; e.bytes[i] != 0 {
			return
		}
	}
	panic("coder: carry out of the payload")
}

// Close ends the message and returns dst with the payload appended: the fewest bytes that, with zeros
// after them, lie in the last range, and of these the least. It is at most 8 bits longer than -log2
// of the product of the ranges, and never ends in a zero byte.
func (e *Encoder) Close() []byte {
	if e.closed {
		return e.bytes
	}
	e.closed = true
	e.raise(ending(e.low, e.width))
	e.bytes = append(e.bytes, byte(e.low>>56))
	for len(e.bytes) > e.start && e.bytes[len(e.bytes)-1] == 0 {
		e.bytes = e.bytes[:len(e.bytes)-1]
	}
	return e.bytes
}
