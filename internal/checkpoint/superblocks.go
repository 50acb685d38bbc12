package checkpoint

// Blocks of 256 elements, ggml's "K-quants": 8 or 16 groups of elements, each with a scale, and in some types a
// minimum, of 4 to 8 bits, which one or two binary16 scale in turn. The arithmetic, in this order and
// every operation rounded, is that of gguf.quants.dequantize (Python, numpy).

// scaleMin unpacks the 6-bit scale and minimum of group g (0 to 7) of a Q4_K or Q5_K block from its 12 bytes:
//
//	0-3   scales of groups 0-3 in 6 bits, above them 2 bits of the scales of groups 4-7
//	4-7   minima of groups 0-3 in 6 bits, above them 2 bits of the minima of groups 4-7
//	8-11  the low 4 bits of the scales of groups 4-7, above them the low 4 bits of their minima
func scaleMin(s []byte, g int) (scale, min float32) {
	if g < 4 {
		return float32(s[g] & 63), float32(s[4+g] & 63)
	}
	return float32(s[4+g]&15 | s[g-4]>>2&0x30), float32(s[4+g]>>4 | s[g]>>2&0x30)
}

// float32sQ4K is d*scale * q - dmin*min, by groups of 32. b is: d, dmin binary16, 12 bytes of scales and
// minima, q 4 x 32 bytes: of each 32, the low halves are one group and the high halves the next.
func float32sQ4K(y []float32, b []byte) {
	d, dmin, scales, q := halfAt(b), halfAt(b[2:]), b[4:16], b[16:144]
	for g := range 8 {
		scale, min := scaleMin(scales, g)
		scale, min = d*scale, dmin*min
		y, q, shift := y[32*g:32*g+32], q[g/2*32:g/2*32+32], g%2*4
		for i := range y {
			y[i] = float32(scale*float32(q[i]>>shift&15)) - min
		}
	}
}

// float32sQ5K is Q4_K with 32 bytes before q: of byte i, bit g is the fifth bit of element i of group g.
func float32sQ5K(y []float32, b []byte) {
	d, dmin, scales, fifth, q := halfAt(b), halfAt(b[2:]), b[4:16], b[16:48], b[48:176]
	for g := range 8 {
		scale, min := scaleMin(scales, g)
		scale, min = d*scale, dmin*min
		y, q, shift := y[32*g:32*g+32], q[g/2*32:g/2*32+32], g%2*4
		for i := range y {
			y[i] = float32(scale*float32(q[i]>>shift&15|fifth[i]>>g&1<<4)) - min
		}
	}
}

// float32sQ6K is d*scale * (q - 32), by groups of 16. b is: the low 4 bits of q 2 x 64 bytes, the high 2 bits
// 2 x 32 bytes, scales 16 int8, d binary16. Each half of the block has 4 runs of 32 elements: runs 0 and 1
// have their low bits in the low halves of the 64 bytes, runs 2 and 3 in the high halves.
func float32sQ6K(y []float32, b []byte) {
	scales, d := b[192:208], halfAt(b[208:])
	for g := range 16 {
		scale := d * float32(int8(scales[g]))
		run := g % 8 / 2
		low, lowShift := b[g/8*64+run%2*32+g%2*16:][:16], run/2*4
		high, highShift := b[128+g/8*32+g%2*16:][:16], run*2
		y := y[16*g : 16*g+16]
		for i := range y {
			y[i] = scale * float32(int(low[i]>>lowShift&15|high[i]>>highShift&3<<4)-32)
		}
	}
}

// float32sQ2K is d*scale * q - dmin*min, by groups of 16. b is: 16 bytes with a scale in the low half and a
// minimum in the high, q 2 x 32 bytes with 4 elements each, 32 elements apart, d, dmin binary16.
func float32sQ2K(y []float32, b []byte) {
	d, dmin := halfAt(b[80:]), halfAt(b[82:])
	for g := range 16 {
		scale, min := d*float32(b[g]&15), dmin*float32(b[g]>>4)
		q, shift := b[16+g/8*32+g%2*16:][:16], g%8/2*2
		y := y[16*g : 16*g+16]
		for i := range y {
			y[i] = float32(scale*float32(q[i]>>shift&3)) - min
		}
	}
}

// float32sQ3K is d*(scale-32) * (q - 4), by groups of 16. b is: the third bits of q 32 bytes (bit r of byte i
// for element i of run r of 32), the other two 2 x 32 bytes as in Q2_K, 12 bytes with 16 scales of 6 bits,
// d binary16. Of scale g the low 4 bits are in byte g%8 (the high half for g >= 8), the high 2 in byte 8+g%4.
func float32sQ3K(y []float32, b []byte) {
	scales, d := b[96:108], halfAt(b[108:])
	for g := range 16 {
		s := int(scales[g%8]>>(g/8*4)&15 | scales[8+g%4]>>(g/4*2)&3<<4)
		scale := d * float32(s-32)
		third := b[g%2*16:][:16]
		q, shift := b[32+g/8*32+g%2*16:][:16], g%8/2*2
		y := y[16*g : 16*g+16]
		for i := range y {
			y[i] = scale * float32(int(q[i]>>shift&3|third[i]>>(g/2)&1<<2)-4)
		}
	}
}
