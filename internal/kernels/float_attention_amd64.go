//go:build !purego

package kernels

func floatScoresAVX2(scores []float32, n int, root float32) (highest float32, magnitude uint32) {
	return floatScoresBlocksAVX2(&scores[0], n, root)
}

func floatWeightsAVX2(scores []float32, n int, highest float32) (sum float32) {
	return floatWeightsBlocksAVX2(&scores[0], n, highest)
}

//go:noescape
func floatScoresBlocksAVX2(scores *float32, n int, root float32) (highest float32, magnitude uint32)

//go:noescape
func floatWeightsBlocksAVX2(scores *float32, n int, highest float32) (sum float32)
