//go:build !purego

package kernels

func floatScoresNEON(scores []float32, n int, root float32) (highest float32, magnitude uint32) {
	whole := n &^ 7
	highest, magnitude = floatScoresGeneric(scores[whole:], n-whole, root)
	if whole > 0 {
		h, m := floatScoresBlocksNEON(&scores[0], whole, root)
		highest, magnitude = max(highest, h), max(magnitude, m)
	}
	return highest, magnitude
}

func floatWeightsNEON(scores []float32, n int, highest float32) (sum float32) {
	var p [partials]float32
	whole := n &^ (partials - 1)
	if whole > 0 {
		floatWeightsBlocksNEON(&p, &scores[0], whole, highest)
	}
	for t, x := range scores[whole:n] {
		scores[whole+t] = floatWeight(x - highest)
	}
	addTo(&p, scores[:n], whole)
	return sumOf(&p)
}

// floatScoresBlocksNEON takes a multiple of 8 scores, and at least 8.
//
//go:noescape
func floatScoresBlocksNEON(scores *float32, n int, root float32) (highest float32, magnitude uint32)

// floatWeightsBlocksNEON takes a multiple of 16 scores, and at least 16, and adds their weights to the partial sums.
//
//go:noescape
func floatWeightsBlocksNEON(p *[partials]float32, scores *float32, n int, highest float32)
