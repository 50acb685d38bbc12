package checkpoint

import (
	"encoding/binary"
	"math"
)

// float32sF32 copies.
func float32sF32(y []float32, b []byte) {
	for i := range y {
		y[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
}

// float32sBF16 puts 16 zero bits below each element.
func float32sBF16(y []float32, b []byte) {
	for i := range y {
		y[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(b[2*i:])) << 16)
	}
}

// float32sF16 widens each element.
func float32sF16(y []float32, b []byte) {
	for i := range y {
		y[i] = half(binary.LittleEndian.Uint16(b[2*i:]))
	}
}

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
