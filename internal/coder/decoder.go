package coder

import "fmt"

// FormatError reports a payload that an Encoder would not have written.
type FormatError struct {
	Offset int64 // in bytes from the start of the payload
	Msg    string
}

func (e *FormatError) Error() string { return fmt.Sprintf("coder: offset %d: %s", e.Offset, e.Msg) }

// Decoder finds the intervals that a payload codes. Where the Encoder has low, it has how far above
// low the payload's value lies; the widths are the same in both.
type Decoder struct {
	payload []byte
	settled int    // bytes that the Encoder had written when it had this width
	above   uint64 // value - low, below width unless the payload is corrupt
	width   uint64
	scale   uint64 // width/total, between Target and Advance
	total   uint64 // of the last Target, 0 after Advance
	err     error
}

// NewDecoder makes a Decoder of the payload, which is followed by as many zeros as are asked for. It
// keeps payload.
func NewDecoder(payload []byte) *Decoder {
	d := &Decoder{payload: payload, width: fullRange}
	for i := range 8 {
		d.above = d.above<<8 | d.at(i)
	}
	if d.above >= d.width {
		d.err = &FormatError{0, fmt.Sprintf("payload begins with %x, want less", payload[:8])}
	}
	return d
}

// at is byte i of the payload.
func (d *Decoder) at(i int) uint64 {
	if i < len(d.payload) {
		return uint64(d.payload[i])
	}
	return 0
}

// Target is a number in [0, total): the interval coded here is the one that contains it. Of a payload
// in error it is 0. It panics unless 0 < total <= MaxTotal.
func (d *Decoder) Target(total uint64) uint64 {
	checkInterval(0, total, total)
	d.total = total
	d.scale = d.width / total
	if d.err != nil {
		return 0
	}
	return min(d.above/d.scale, total-1)
}

// Advance goes past the interval [lo, hi) of total, total and interval being those of the Target before.
// It panics if they are not.
func (d *Decoder) Advance(lo, hi, total uint64) {
	checkInterval(lo, hi, total)
	if total != d.total {
		panic(fmt.Sprintf("coder: Advance in a total of %d, Target in one of %d", total, d.total))
	}
	d.total = 0
	if d.err != nil {
		return
	}
	offset, width := narrow(d.width, d.scale, lo, hi, total)
	if d.above < offset || d.above-offset >= width {
		panic(fmt.Sprintf("coder: interval [%d, %d) of %d does not contain the target %d", lo, hi, total, min(d.above/d.scale, total-1)))
	}
	d.above -= offset
	for d.width = width; d.width < minRange; d.width <<= 8 {
		d.above = d.above<<8 | d.at(d.settled+8)
		d.settled++
	}
}

// Err is the first thing noticed that an Encoder would not have written, a *FormatError, or nil. Only
// Finish notices all.
func (d *Decoder) Err() error { return d.err }

// Finish ends the message: it returns a *FormatError unless the payload is, to the bit, what an
// Encoder writes for the intervals passed.
func (d *Decoder) Finish() error {
	if d.err != nil {
		return d.err
	}
	n := len(d.payload)
	if n > d.settled+1 {
		d.err = &FormatError{int64(d.settled + 1), fmt.Sprintf("%d bytes after the last interval, want none", n-d.settled-1)}
		return d.err
	}
	if n > 0 && d.payload[n-1] == 0 {
		d.err = &FormatError{int64(n - 1), "payload ends in a zero byte, want it dropped"}
		return d.err
	}
	low := d.at(d.settled)<<56 - d.above // only a payload that ends within the window is here
	if want := ending(low, d.width); d.above != want {
		d.err = &FormatError{int64(n), fmt.Sprintf("payload ends %#x above the last range's beginning, want %#x", d.above, want)}
	}
	return d.err
}
