//go:build !purego

package kernels

func softmaxWeightsAVX512(weights []uint32, before []uint64, logits []float32) (mode int) {
	n := len(logits)
	m, within := highestOf(logits, 1, highestAVX512)
	weightsAVX512(&weights[0], &before[0], &logits[0], n, m)
	return within + firstAVX512(&logits[within], n-within, m)
}

//go:noescape
func highestAVX512(x *float32, n int) (m float32, magnitude uint32)

//go:noescape
func firstAVX512(x *float32, n int, m float32) (index int)

// weightsAVX512 writes the weights of n logits, of which m is the highest, and the sums before their blocks and before none.
//
//go:noescape
func weightsAVX512(weights *uint32, before *uint64, logits *float32, n int, m float32)
