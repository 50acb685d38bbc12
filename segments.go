package lmz

import (
	"lmz/internal/container"
	"lmz/internal/tokenizer"
)

const (
	// FrameSize is how many raw bytes a Writer gathers in a frame, the last one and those that Flush
	// ends excepted. What a Reader holds in memory is a frame; 4 MiB are 64 lanes of 64 KiB, or 16 of 256 KiB if predictions are
	// mixed, of which the start, predicted from little context, is a small part.
	FrameSize = 4 << 20

	// segmentSize is about how many raw bytes a segment has in frames of up to maxSegments of them. From 8 on
	// they come in eights, four for each of two threads, as a decoder likes them.
	//
	// An encoder works at full speed on a single segment. A decoder steps several abreast, the default model four a
	// thread, or it is half as fast; files of 128 KiB and more have as many for two threads. What it costs is a byte of flush,
	// two of length, and a last context that is broken off. Files below 32 KiB have one, and pay nothing.
	segmentSize = 16 << 10
	maxSegments = 64

	// mixedSegments is how many a frame of 128 KiB to 2 MiB has where predictions are mixed, and what it has a multiple of if it is
	// larger. Fewer and longer segments are better there: one knows nothing of what the others have shown.
	mixedSegments = 8
)

// segments is the number of segments of a frame of n raw bytes, n >= 1. It depends on nothing else, so
// that a file has the same bytes whatever machine and number of threads made it.
func segments(n int, mixed bool) int {
	count := min(max(n/segmentSize, 1), maxSegments)
	if count > 8 {
		count &^= 7
	}
	if mixed && count > mixedSegments {
		const most = mixedSegments * container.MaxMixedSegment
		count = (n + most - 1) / most * mixedSegments
	}
	return count
}

// split cuts raw into n segments and gives their symbols.
func split(t tokenizer.Tokenizer, raw []byte, n int) [][]int32 {
	list := make([][]int32, n)
	for i := range list {
		begin, end := container.Segment(i, n, len(raw))
		list[i] = t.Encode(nil, raw[begin:end])
	}
	return list
}
