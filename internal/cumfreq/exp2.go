package cumfreq

import (
	"math"
	"math/bits"
)

const (
	// fractionBits is the precision of distances: half a unit is 2^-17 bits, a cost far below the floor's.
	fractionBits = 16
	// farthest is where distances end: 2^(30-31) is a weight of 0.
	farthest = 31 << fractionBits
	// unit is 2^16 log2 e: it turns natural logarithms into distances.
	unit = 65536 * 1.44269504088896341
	// toInteger rounds x, 0 <= x < 2^22, to nearest, ties to even, when it is added to it: the sum
	// lies where floats are integers, and its lowest bits are the integer.
	toInteger = 0x1.8p23
)

// distance is how far a logit lies below m, the highest of them, in units of 2^-16 bits:
// min(31*2^16, (m-l) * (2^16 log2 e)), in float32, rounded to nearest, ties to even.
func distance(m, l float32) uint32 {
	x := float32(float32(m-l) * unit)
	if x > farthest {
		x = farthest
	}
	return math.Float32bits(x+toInteger) - math.Float32bits(toInteger)
}

// coarse and fine hold 2^31 * 2^(-i/2^8) and 2^31 * 2^(-i/2^16), rounded to nearest: an exponential
// is a product of two. They take 2 KB, where one table of all fractions would take 256.
var coarse, fine = powers()

// exp2 is 2^30 * 2^(-d/2^16) in integers: the product of the two factors of the fraction, shifted
// down by 32, then by the whole bits of d. It errs by less than 2 before the second shift.
func exp2(d uint32) uint64 {
	return uint64(coarse[d>>8&0xff]) * uint64(fine[d&0xff]) >> ((32 + d>>fractionBits) & 63)
}

// powers computes the tables from the square roots 2^(-1/2), 2^(-1/4), … 2^(-1/65536), with 64 bits:
// only integers, so that no machine can round otherwise.
func powers() (coarse, fine [256]uint32) {
	var roots [fractionBits]uint64 // 2^64 * 2^(-2^-(k+1))
	root := uint64(1) << 63
	for k := range roots {
		root = squareRoot(root)
		roots[k] = root
	}
	// power is 2^64 * 2^(-d/2^16), d > 0.
	power := func(d int) uint64 {
		p := uint64(math.MaxUint64)
		for k, r := range roots {
			if d>>(fractionBits-1-k)&1 != 0 {
				p, _ = bits.Mul64(p, r)
			}
		}
		return p
	}
	const half = 1 << 32
	coarse[0], fine[0] = 1<<31, 1<<31
	for i := 1; i < 256; i++ {
		coarse[i] = uint32((power(i<<8) + half) >> 33)
		fine[i] = uint32((power(i) + half) >> 33)
	}
	return coarse, fine
}

// squareRoot is floor(2^32 sqrt(x)): the root of the fraction x/2^64.
func squareRoot(x uint64) (root uint64) {
	for bit := uint64(1) << 63; bit != 0; bit >>= 1 {
		r := root | bit
		if hi, lo := bits.Mul64(r, r); hi < x || hi == x && lo == 0 {
			root = r
		}
	}
	return root
}
