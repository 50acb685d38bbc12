package train

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"lmz/internal/lab/gemm"
	"lmz/internal/model"
)

// small is a byte-level model of 3.2M parameters without embeddings.
var small = model.Config{
	Layers: 4, Hidden: 256, Heads: 8, FeedForward: 1024, Vocab: 257, Window: 512,
	RotaryWidth: 8, RotaryBase: 10000, NormEps: 1e-5, Parallel: true, Start: 256,
}.AsGPTNeoX()

// BenchmarkStep is training end to end, on two threads: GMAC/s as MultiplyAdds counts, the peak of two
// threads in float32 measured between the steps, and the ratio of the two.
func BenchmarkStep(b *testing.B) {
	const threads = 2
	for _, how := range []struct{ muon, bfloat16 bool }{{}, {muon: true}, {muon: true, bfloat16: true}} {
		b.Run(fmt.Sprintf("muon=%v/bfloat16=%v", how.muon, how.bfloat16), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "text")
			text := make([]byte, 1<<20)
			rng := rand.New(rand.NewPCG(1, 2))
			for i := range text {
				text[i] = byte(rng.IntN(256))
			}
			if err := os.WriteFile(path, text, 0o666); err != nil {
				b.Fatal(err)
			}
			r, err := New(Options{
				Model: small, Data: []Source{{path, 1}}, Length: 512, Batch: 32, MaxGradNorm: 1, Seed: 7, Threads: threads,
				Schedule:  Schedule{Peak: 2e-3, Final: 1e-4, Warmup: 100, Steps: 1000},
				Optimizer: AdamW{Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, Decay: 0.1},
				Muon:      how.muon,
				BFloat16:  how.bfloat16,
			})
			if err != nil {
				b.Fatal(err)
			}
			step := func() {
				if _, err := r.TakeStep(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			step() // the first one touches the memory
			b.ReportAllocs()
			var multiplyAdds int64
			var taken time.Duration
			for b.Loop() {
				step()
				b.StopTimer()
				n, t := peak(threads)
				multiplyAdds += n
				taken += t
				b.StartTimer()
			}
			rate := float64(r.MultiplyAdds()) * float64(b.N) / b.Elapsed().Seconds()
			most := float64(multiplyAdds) / taken.Seconds()
			b.ReportMetric(rate/1e9, "GMAC/s")
			b.ReportMetric(most/1e9, "peak-GMAC/s")
			b.ReportMetric(rate/most, "of-peak")
			b.ReportMetric(float64(r.Options.Batch*r.Options.Length*b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}

// peak runs gemm.Peak on a number of threads at once.
func peak(threads int) (multiplyAdds int64, taken time.Duration) {
	counts := make([]int64, threads)
	start := time.Now()
	var wg sync.WaitGroup
	for i := range counts {
		wg.Go(func() { counts[i] = gemm.Peak(100_000_000) })
	}
	wg.Wait()
	taken = time.Since(start)
	for _, n := range counts {
		multiplyAdds += n
	}
	return multiplyAdds, taken
}

// TestMultiplyAdds counts those of a tiny model by hand.
func TestMultiplyAdds(t *testing.T) {
	r, err := New(testOptions(t))
	if err != nil {
		t.Fatal(err)
	}
	weights := 2*(24*72+24*24+24*40+40*24) + 24*257 // of one position
	attention := 2 * 2 * 24 * (16 * 17 / 2)         // of one sequence of 16: scores and values, in two layers
	want := 3 * 256 * int64(16*weights+attention)
	if got := r.MultiplyAdds(); got != want {
		t.Errorf("a step is %d multiply-adds, want %d", got, want)
	}
}
