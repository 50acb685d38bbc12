package lmz

import (
	"testing"

	"lmz/internal/container"
)

// TestSegments: as many as the format allows, round where their number changes; in eights from 8 on, and of mixed predictions
// as few of them as there may be.
func TestSegments(t *testing.T) {
	const k = 1 << 10
	for _, c := range []struct{ n, alone, mixed int }{
		{1, 1, 1}, {32*k - 1, 1, 1}, {32 * k, 2, 2}, {128*k - 1, 7, 7}, {128 * k, 8, 8}, {144 * k, 8, 8}, {256 * k, 16, 8},
		{1024 * k, 64, 8}, {2048 * k, 64, 8}, {2048*k + 1, 64, 16}, {FrameSize - 1, 64, 16}, {FrameSize, 64, 16},
	} {
		for _, mixed := range []bool{false, true} {
			want, longest := c.alone, container.MaxSegment
			if mixed {
				want, longest = c.mixed, container.MaxMixedSegment
			}
			got := segments(c.n, mixed)
			if got != want {
				t.Errorf("%d bytes, mixed %v: %d segments, want %d", c.n, mixed, got, want)
			}
			if most := (c.n + got - 1) / got; most > longest {
				t.Errorf("%d bytes, mixed %v: %d segments, want them to have at most %d bytes", c.n, mixed, got, longest)
			}
		}
	}
}
