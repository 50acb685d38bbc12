package kernels

import (
	"fmt"
	"math"
)

const (
	// SoftmaxOne is the weight of the highest logit: of 262,144 such, the sum is 2^48 (docs/numerics.md, "Frequencies").
	SoftmaxOne = 1 << 30
	// SoftmaxBlock is how many weights lie between two of the sums that SoftmaxWeights gives: who wants another sum has
	// so many to add at most, in 20 ns. In vectors of 8, the exponentials of a block are as many as go abreast.
	SoftmaxBlock = 64
)

// SoftmaxWeights writes the weights of softmax(logits) as integers: weights[i] is 2^30 exp2((logits[i] - m) log2 e),
// truncated, m being the highest logit. All three are of the same order: weights and logits are (V), V at least 1, and before is
// (ceil(V/SoftmaxBlock) + 1): before[b] is the sum of the weights before those of block b, the last the sum of all.
// mode is the index of m, the lowest of several. A NaN or an infinity among the logits is a panic, NotFinite.
//
// A weight is the truncation of one float, elementwise, and sums are of integers: see docs/numerics.md, "Frequencies".
func SoftmaxWeights(weights []uint32, before []uint64, logits []float32) (mode int) {
	sameLength("SoftmaxWeights", len(weights), len(logits))
	sameLength("SoftmaxWeights", len(before), (len(logits)+SoftmaxBlock-1)/SoftmaxBlock+1)
	if len(logits) == 0 {
		panic("kernels: SoftmaxWeights: no logits, want at least 1")
	}
	return active.softmax(weights, before, logits)
}

func softmaxWeightsGeneric(weights []uint32, before []uint64, logits []float32) (mode int) {
	for i, l := range logits {
		if math.Float32bits(l)&infinity == infinity {
			panicNotFinite(logits)
		}
		if l > logits[mode] {
			mode = i
		}
	}
	var sum uint64
	for i, l := range logits {
		if i%SoftmaxBlock == 0 {
			before[i/SoftmaxBlock] = sum
		}
		weights[i] = uint32(int32(float32(exp2(float32((l-logits[mode])*log2e)) * SoftmaxOne)))
		sum += uint64(weights[i])
	}
	before[len(before)-1] = sum
	return mode
}

// infinity is the exponent's bits, all set in infinities and NaN alone.
const infinity = 0x7f800000

// panicNotFinite names the first logit that is infinite or NaN.
func panicNotFinite(logits []float32) {
	for i, l := range logits {
		if math.Float32bits(l)&infinity == infinity {
			panic(NotFinite(fmt.Sprintf("kernels: SoftmaxWeights: logit %d is %v, want a finite number", i, l)))
		}
	}
}
