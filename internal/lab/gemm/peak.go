package gemm

import "math"

// Peak runs a loop of the multiply-add that the active implementation uses, and nothing else: what it
// works on stays in registers. It returns how many multiply-adds of single numbers that was: no
// product makes more in the time that the call took.
//
// Time a call that is long enough for the clock and for the processor's frequency to settle: ten million
// steps are 20 to 80 ms. For the peak of n threads let n goroutines call it at once, and divide the sum
// of their results by the time until the last has returned.
func Peak(steps int) (multiplyAdds int64) {
	if steps <= 0 {
		return 0
	}
	return tile.peak(steps)
}

// peakGeneric has twelve sums in flight: enough to hide an instruction's latency, few enough for the
// registers.
func peakGeneric(steps int) int64 {
	x := float32(1) / float32(steps)
	s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11 := x, 2*x, 3*x, 4*x, 5*x, 6*x, 7*x, 8*x, 9*x, 10*x, 11*x, 12*x
	for range steps {
		s0 = s0*x + x
		s1 = s1*x + x
		s2 = s2*x + x
		s3 = s3*x + x
		s4 = s4*x + x
		s5 = s5*x + x
		s6 = s6*x + x
		s7 = s7*x + x
		s8 = s8*x + x
		s9 = s9*x + x
		s10 = s10*x + x
		s11 = s11*x + x
	}
	if sum := s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11; math.IsNaN(float64(sum)) {
		panic("gemm: the sums are used, so that the compiler makes them")
	}
	return 12 * int64(steps)
}
