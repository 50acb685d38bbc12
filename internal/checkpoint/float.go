package checkpoint

import (
	"encoding/binary"
	"math"
	"sync"
)

// The loops take 8 bytes at a time and shorten their slices, which spares a check of bounds an element.

// float32sF32 copies.
func float32sF32(y []float32, b []byte) {
	for ; len(y) >= 2 && len(b) >= 8; y, b = y[2:], b[8:] {
		q := binary.LittleEndian.Uint64(b)
		y[0] = math.Float32frombits(uint32(q))
		y[1] = math.Float32frombits(uint32(q >> 32))
	}
	for i := range y {
		y[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
}

// float32sBF16 puts 16 zero bits below each element.
func float32sBF16(y []float32, b []byte) {
	for ; len(y) >= 4 && len(b) >= 8; y, b = y[4:], b[8:] {
		q := binary.LittleEndian.Uint64(b)
		y[0] = math.Float32frombits(uint32(q) << 16)
		y[1] = math.Float32frombits(uint32(q) &^ 0xffff)
		y[2] = math.Float32frombits(uint32(q>>32) << 16)
		y[3] = math.Float32frombits(uint32(q>>32) &^ 0xffff)
	}
	for i := range y {
		y[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(b[2*i:])) << 16)
	}
}

// float32sF16 looks up each element.
func float32sF16(y []float32, b []byte) {
	values := halves()
	for ; len(y) >= 4 && len(b) >= 8; y, b = y[4:], b[8:] {
		q := binary.LittleEndian.Uint64(b)
		y[0] = values[uint16(q)]
		y[1] = values[uint16(q>>16)]
		y[2] = values[uint16(q>>32)]
		y[3] = values[uint16(q>>48)]
	}
	for i := range y {
		y[i] = halfAt(b[2*i:])
	}
}

// halves is the table of half: of 256 kB, and still twice as fast as half itself.
var halves = sync.OnceValue(func() *[1 << 16]float32 {
	var values [1 << 16]float32
	for h := range values {
		values[h] = half(uint16(h))
	}
	return &values
})

// half is the value of an IEEE 754 binary16: a sign, 5 bits of exponent with bias 15, 10 of fraction. Every
// one is a float32; a NaN keeps its bits.
func half(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	rest := uint32(h&0x7fff) << 13 // exponent and fraction where a float32 has them, the bias still 15
	switch h & 0x7c00 {
	default:
		return math.Float32frombits(sign | rest + (127-15)<<23)
	case 0x7c00: // infinity, NaN
		return math.Float32frombits(sign | rest | 0x7f800000)
	case 0: // fraction * 2^-24, where a normal number of the least exponent is (1 + fraction/1024) * 2^-14
		const least = 1.0 / (1 << 14)
		v := math.Float32frombits(rest+(127-14)<<23) - least
		return math.Float32frombits(sign | math.Float32bits(v))
	}
}

// halfAt is the binary16 at the beginning of b.
func halfAt(b []byte) float32 { return half(binary.LittleEndian.Uint16(b)) }
