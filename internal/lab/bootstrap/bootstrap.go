// Package bootstrap tells how sure a rate measured on chunks of data is: intervals by the circular block bootstrap
// (Politis and Romano 1992), whose blocks keep together chunks that lie side by side and are alike, as those of one article or one
// speaker are. Resampling single chunks would make the intervals of such data too narrow.
//
// Interval is of one rate; of the difference between two subjects on the same chunks, if it is given the differences.
package bootstrap

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

const (
	// Draws is the number of resamples of an interval: its ends vary by some 2% of its width from seed to seed.
	Draws = 2000

	// MinChunks is the fewest chunks that an interval is given for: of fewer, no resample tells anything.
	MinChunks = 8

	seed = 1 // of the resamples: equal chunks have equal intervals
)

// Interval is the 95% interval of sum(bits)/sum(bytes), the percentiles of Draws resamples. bits and bytes are one number
// a chunk, in the order of the data, bytes positive. Both ends are NaN for fewer than MinChunks chunks.
func Interval(bits, bytes []float64) (low, high float64) {
	n := len(bits)
	if len(bytes) != n {
		panic(fmt.Sprintf("bootstrap: %d chunks of bits, %d of bytes", n, len(bytes)))
	}
	if n < MinChunks {
		return math.NaN(), math.NaN()
	}
	block := BlockLength(residuals(bits, bytes))
	sumBits, sumBytes := sums(bits, block), sums(bytes, block)
	blocks := (n + block - 1) / block
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	rates := make([]float64, Draws)
	for i := range rates {
		var b, raw float64
		for range blocks {
			begin := r.IntN(n)
			b += sumBits[begin+block] - sumBits[begin]
			raw += sumBytes[begin+block] - sumBytes[begin]
		}
		rates[i] = b / raw
	}
	slices.Sort(rates)
	return quantile(rates, 0.025), quantile(rates, 0.975)
}

// residuals are what each chunk has more than the common rate gives it: the rate's error is their sum.
func residuals(bits, bytes []float64) []float64 {
	var sumBits, sumBytes float64
	for i := range bits {
		sumBits += bits[i]
		sumBytes += bytes[i]
	}
	r := make([]float64, len(bits))
	for i := range r {
		r[i] = bits[i] - sumBits/sumBytes*bytes[i]
	}
	return r
}

// sums are the sums of the first 0, 1, ... len(x)+block numbers of x, which begins again at its end.
func sums(x []float64, block int) []float64 {
	s := make([]float64, len(x)+block+1)
	for i := range len(x) + block {
		s[i+1] = s[i] + x[i%len(x)]
	}
	return s
}

// quantile is that of sorted numbers, linear between them.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	return sorted[i] + (at-float64(i))*(sorted[min(i+1, len(sorted)-1)]-sorted[i])
}
