//go:build !purego

package kernels

import "testing"

// BenchmarkPeak is the bound of BenchmarkMul with avx2: its inner loop without loads.
func BenchmarkPeak(b *testing.B) {
	const steps = 10000
	for b.Loop() {
		peakAVX2(steps)
	}
	b.ReportMetric(float64(b.N)*steps*128/float64(b.Elapsed().Nanoseconds()), "GMAC/s")
}
