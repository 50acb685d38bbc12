package mix

import (
	"math"
	"math/bits"
)

// Log odds are the binary logarithm of a probability's odds, log2(p/(1-p)), in units of 1/1024: in this form evidence adds up.
// PAQ calls the way there stretch, and the way back squash.
const (
	unit = 1024
	most = 16*unit - 1 // of a mixed prediction, and 16*unit of what is mixed

	probabilityBits = 20
	// One is the probability 1 as Predict has it. No prediction is nearer to 0 or One than 16, so that a bit costs at most 16
	// bits, and a sure one 0.00002.
	One = 1 << probabilityBits
)

// logarithms[m] is log2(1 + m/1024) in units, rounded down.
var logarithms = func() (t [unit]int16) {
	for m := range t {
		x := uint64(unit+m) << 21 // of 2^31, below 2: squaring it doubles its logarithm
		for range 10 {
			x = x * x >> 31
			t[m] *= 2
			if x >= 1<<32 {
				x /= 2
				t[m]++
			}
		}
	}
	return t
}()

// logarithm is log2(n) in units, of a number from 1 on, of which the first 11 binary digits count.
func logarithm(n uint64) int {
	digits := bits.Len64(n)
	return (digits-1)*unit + int(logarithms[n<<(64-digits)<<1>>54])
}

// LogOdds are those of a one, which has `one` chances against `zero`, both at least 1: from -16*1024 to 16*1024.
func LogOdds(zero, one uint64) int {
	return max(-16*unit, min(logarithm(one)-logarithm(zero), 16*unit))
}

// logOdds[i] are those of the probability (2*i + 1) / 8192.
var logOdds = func() (t [4096]int16) {
	for i := range t {
		t[i] = int16(LogOdds(uint64(8191-2*i), uint64(2*i+1)))
	}
	return t
}()

// roots[k] is 2^(k/16) in units of 2^-24, rounded.
var roots = [16]uint64{
	16777216, 17520007, 18295684, 19105703, 19951585, 20834917, 21757357, 22720638,
	23726566, 24777031, 25874004, 27019544, 28215802, 29465022, 30769550, 32131834,
}

// probabilities[256+i], of One, has the log odds 64*i.
var probabilities = func() (t [513]int32) {
	for i := range 257 {
		root, power := roots[i%16], i/16
		t[256+i] = int32(root << (probabilityBits + power) / (root<<power + 1<<24))
		t[256-i] = One - t[256+i]
	}
	return t
}()

// squash is the probability, of One, of log odds x from -most to most: between two entries of the table on a line.
func squash(x int) int {
	x += 16 * unit
	i, f := x/64, x%64
	return (int(probabilities[i])*(64-f) + int(probabilities[i+1])*f) / 64
}

// CodeLength is the bits that the eight decisions of a byte take, of which chances is the product of their probabilities in
// units of One each. It reports and does not code.
func CodeLength(chances float64) float64 { return 8*probabilityBits - math.Log2(chances) }
