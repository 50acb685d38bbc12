//go:build !purego

package kernels

// peakAVX2 takes steps of 8 VPMADDWD and as many VPADDD, of 16 multiply-adds each.
func peakAVX2(steps int)
