package kernels

import "testing"

func TestPeak(t *testing.T) {
	testImplementations(t, func(t *testing.T) {
		name, instruction := Active()
		if name != active.name || instruction == "" {
			t.Errorf("Active is %q, %q", name, instruction)
		}
		if one, three := Peak(1), Peak(3); one < 1 || three != 3*one {
			t.Errorf("%d multiply-adds in a step, %d in three", one, three)
		}
		if one, three := FloatPeak(1), FloatPeak(3); one < 1 || three != 3*one {
			t.Errorf("%d multiply-adds of floats in a step, %d in three", one, three)
		}
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		Peak(0)
	})
}

// BenchmarkPeak is the bound of BenchmarkMul: its inner loop without loads.
func BenchmarkPeak(b *testing.B) { benchmarkPeak(b, Peak) }

// BenchmarkFloatPeak is that of BenchmarkFloatMatrix.
func BenchmarkFloatPeak(b *testing.B) { benchmarkPeak(b, FloatPeak) }

func benchmarkPeak(b *testing.B, peak func(steps int) int64) {
	for _, name := range Implementations() {
		b.Run("kernel="+name, func(b *testing.B) {
			defer Use(active.name)
			Use(name)
			var multiplyAdds int64
			for b.Loop() {
				multiplyAdds += peak(10000)
			}
			b.ReportMetric(float64(multiplyAdds)/float64(b.Elapsed().Nanoseconds()), "GMAC/s")
		})
	}
}
