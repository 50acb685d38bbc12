//go:build !purego

package kernels

import "math"

func softmaxWeightsAVX2(weights []uint32, before []uint64, logits []float32) (mode int) {
	n := len(logits)
	if n < 8 {
		return softmaxWeightsGeneric(weights, before, logits)
	}
	m, within := highestOf(logits, 8, highestAVX2)
	blocks, rest := n/SoftmaxBlock, n%SoftmaxBlock
	var sum uint64
	if blocks > 0 {
		sum = weightsAVX2(&weights[0], &before[0], &logits[0], blocks, m, 0)
	}
	if rest > 0 {
		// A block of its own, filled up with what has no weight.
		var l [SoftmaxBlock]float32
		var e [SoftmaxBlock]uint32
		for i := copy(l[:], logits[n-rest:]); i < SoftmaxBlock; i++ {
			l[i] = float32(math.Inf(-1))
		}
		sum = weightsAVX2(&e[0], &before[blocks], &l[0], 1, m, sum)
		copy(weights[n-rest:], e[:])
	}
	before[len(before)-1] = sum
	return within + firstAVX2(&logits[within], n-within, m)
}

// highestOf is the highest logit, and the beginning of a piece that has the first of its kind. A piece of 8192 stays in
// the first cache until it is searched. The function highest wants least logits at least, as there are: the last piece may
// begin within the one before.
func highestOf(logits []float32, least int, highest func(x *float32, n int) (m float32, magnitude uint32)) (m float32, within int) {
	m = float32(math.Inf(-1))
	var greatest uint32
	for first := 0; first < len(logits); first += 8192 {
		begin, end := min(first, len(logits)-least), min(first+8192, len(logits))
		x, magnitude := highest(&logits[begin], end-begin)
		if x > m {
			m, within = x, begin
		}
		greatest = max(greatest, magnitude)
	}
	if greatest >= infinity {
		panicNotFinite(logits)
	}
	return m, within
}

//go:noescape
func highestAVX2(x *float32, n int) (m float32, magnitude uint32)

//go:noescape
func firstAVX2(x *float32, n int, m float32) (index int)

//go:noescape
func weightsAVX2(weights *uint32, before *uint64, logits *float32, blocks int, m float32, sum uint64) (total uint64)
