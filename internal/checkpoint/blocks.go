package checkpoint

import "encoding/binary"

// Blocks of 32 elements, as ggml packs them: a scale, sometimes a minimum, and 4, 5 or 8 bits an element. Of a
// byte that holds two elements, the low half belongs to the first half of the block. The arithmetic, one
// rounded multiplication and one rounded addition, is that of gguf.quants.dequantize (Python, numpy).

// float32sQ4_0 is d * (q - 8). b is: d binary16, q 16 bytes.
func float32sQ4_0(y []float32, b []byte) {
	d, low, high := halfAt(b), y[:16], y[16:32]
	for i, q := range b[2:18] {
		low[i] = d * float32(int(q&15)-8)
		high[i] = d * float32(int(q>>4)-8)
	}
}

// float32sQ4_1 is d * q + m. b is: d, m binary16, q 16 bytes.
func float32sQ4_1(y []float32, b []byte) {
	d, m, low, high := halfAt(b), halfAt(b[2:]), y[:16], y[16:32]
	for i, q := range b[4:20] {
		low[i] = float32(d*float32(q&15)) + m
		high[i] = float32(d*float32(q>>4)) + m
	}
}

// float32sQ5_0 is d * (q - 16). b is: d binary16, the fifth bits of q 4 bytes, the other four 16 bytes.
func float32sQ5_0(y []float32, b []byte) {
	d, fifth, low, high := halfAt(b), binary.LittleEndian.Uint32(b[2:]), y[:16], y[16:32]
	for i, q := range b[6:22] {
		low[i] = d * float32(int(uint32(q&15)|fifth>>i&1<<4)-16)
		high[i] = d * float32(int(uint32(q>>4)|fifth>>(16+i)&1<<4)-16)
	}
}

// float32sQ5_1 is d * q + m. b is: d, m binary16, the fifth bits of q 4 bytes, the other four 16 bytes.
func float32sQ5_1(y []float32, b []byte) {
	d, m, fifth, low, high := halfAt(b), halfAt(b[2:]), binary.LittleEndian.Uint32(b[4:]), y[:16], y[16:32]
	for i, q := range b[8:24] {
		low[i] = float32(d*float32(uint32(q&15)|fifth>>i&1<<4)) + m
		high[i] = float32(d*float32(uint32(q>>4)|fifth>>(16+i)&1<<4)) + m
	}
}

// float32sQ8_0 is d * q. b is: d binary16, q 32 int8.
func float32sQ8_0(y []float32, b []byte) {
	d, y := halfAt(b), y[:32]
	for i, q := range b[2:34] {
		y[i] = d * float32(int8(q))
	}
}
