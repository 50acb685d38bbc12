package lmz

import (
	"lmz/internal/container"
	"lmz/internal/tokenizer"
)

const (
	// FrameSize is how many raw bytes a Writer gathers in a frame, the last one and those that Flush
	// ends excepted. What a Reader holds in memory is a frame; 4 MiB are 64 lanes of 64 KiB, of which
	// the start, predicted from little context, is a small part.
	FrameSize = 4 << 20

	// segmentSize is about how many raw bytes a segment has in frames of up to maxSegments of them.
	//
	// A decoder steps all segments of a frame abreast, so more of them are faster, up to maxSegments:
	// beyond that the KV caches outgrow the processor's caches. A segment costs a byte of flush, two of
	// length, and a context that starts empty: of 262,144 bytes of enwik8, 8 segments make 54,703 bytes, 4 make 54,650
	// and 1 makes 54,609. At 32 KiB that is 13 bytes a segment, 0.04% of the raw bytes, and a file of 1 MiB
	// already gives two cores 16 lanes each.
	segmentSize = 32 << 10
	maxSegments = 64
)

// segments is the number of segments of a frame of n raw bytes, n >= 1. It depends on nothing else, so
// that a file has the same bytes whatever machine and number of threads made it.
func segments(n int) int {
	return min(max(n/segmentSize, 1), maxSegments)
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
