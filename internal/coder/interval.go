// Package coder is the range coder of Martin (1979) with 64-bit registers and carry propagation, the
// arithmetic coding of Witten, Neal and Cleary (1987) that renormalises by bytes. docs/format.md,
// section "Arithmetic code", is its specification.
//
// A message is a sequence of intervals [lo, hi) of a total; where they come from is not the package's
// concern. Start with Encoder.Encode, then Decoder.Target and Decoder.Advance. The decoder of a
// payload must be given the same totals in the same order as its encoder.
//
// The code holds no length and no end: the decoder's caller knows how many intervals there are.
//
// Everything is integers. A message has one payload: Decoder.Finish rejects all others that would decode
// to it.
package coder

import "fmt"

// MaxTotal bounds totals. The range is at least minRange when it is divided by one, so that the
// rounding of the division costs less than 2^-24 of an interval, 10^-7 bits.
const MaxTotal = 1 << 32

// minRange: below it the top byte of the range is zero, and one more byte of low is settled, but for a
// carry.
const minRange = 1 << 56

// fullRange is the range at the start: all of [0, 1) but 2^-64, as 2^64 is no uint64.
const fullRange = 1<<64 - 1

// narrow is the interval [lo, hi) of total within a range: it begins offset above the range's own
// beginning. What the division leaves over belongs to the interval that ends the total.
func narrow(width, scale, lo, hi, total uint64) (offset, narrowed uint64) {
	offset = scale * lo
	if hi == total {
		return offset, width - offset
	}
	return offset, scale * (hi - lo)
}

// checkInterval panics unless lo < hi <= total <= MaxTotal.
func checkInterval(lo, hi, total uint64) {
	if lo >= hi || hi > total || total > MaxTotal {
		panic(fmt.Sprintf("coder: interval [%d, %d) of %d, want lo < hi <= total <= %d", lo, hi, total, uint64(MaxTotal)))
	}
}

// ending is how far above low the payload's value lies in a range that ends a message: the least distance
// to a number with no bits below 2^64, which needs no further byte, or, if the range holds none, to one with
// no bits below 2^56, which needs one byte. The range, at least minRange wide, always holds the latter.
func ending(low, width uint64) uint64 {
	if none := -low; none < width {
		return none
	}
	return -low & (minRange - 1)
}
