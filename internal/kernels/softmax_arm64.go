//go:build !purego

package kernels

import (
	"math"
	"slices"
)

func softmaxWeightsNEON(weights []uint32, before []uint64, logits []float32) (mode int) {
	whole := len(logits) &^ 7
	if whole == 0 {
		return softmaxWeightsGeneric(weights, before, logits)
	}
	m, magnitude := highestNEON(&logits[0], whole)
	for _, l := range logits[whole:] {
		m = max(m, l)
		magnitude = max(magnitude, math.Float32bits(l)&^(1<<31))
	}
	if magnitude >= infinity {
		panicNotFinite(logits)
	}
	blocks := len(logits) / SoftmaxBlock
	whole = blocks * SoftmaxBlock
	var sum uint64
	if blocks > 0 {
		sum = weightsNEON(&weights[0], &before[0], &logits[0], whole, m, 0)
	}
	if rest := len(logits) - whole; rest > 0 {
		// A block of its own, filled up to a multiple of 8 with what has no weight.
		var l [SoftmaxBlock]float32
		var e [SoftmaxBlock]uint32
		filled := (rest + 7) &^ 7
		for i := copy(l[:], logits[whole:]); i < filled; i++ {
			l[i] = float32(math.Inf(-1))
		}
		sum = weightsNEON(&e[0], &before[blocks], &l[0], filled, m, sum)
		copy(weights[whole:], e[:rest])
	}
	before[len(before)-1] = sum
	return slices.Index(logits, m)
}

// highestNEON gives the highest of n numbers and the bits of the greatest magnitude. n is a multiple of 8, and at least 8.
//
//go:noescape
func highestNEON(x *float32, n int) (m float32, magnitude uint32)

// weightsNEON writes n weights, and for each block of 64, of which the last may be shorter, the sum before it, which begins
// with sum. n is a multiple of 8, and at least 8.
//
//go:noescape
func weightsNEON(weights *uint32, before *uint64, logits *float32, n int, m float32, sum uint64) (total uint64)
