// Package cumfreq turns the logits of a language model into cumulative frequencies, the integers that
// an arithmetic coder works with (Witten, Neal and Cleary 1987). It is where floats end: one exponential of each
// logit, truncated to an integer, and from there on all arithmetic is of integers, so that
// encoder and decoder hold the same table on every machine (docs/numerics.md, "Frequencies").
//
// A table has no list of cumulative frequencies. One is a function of the sum of the weights before a symbol, so the
// only work for all symbols is that of kernels.SoftmaxWeights: Interval and Find add up the weights of one block.
//
// It does not code: see package coder.
//
// Invariants: the frequencies of a table add up to Total exactly, and none is 0.
package cumfreq

import (
	"fmt"
	"math"
	"slices"

	"lmz/internal/kernels"
)

const (
	totalBits = 28
	// Total is the sum of all frequencies of a table: the floor of 1 costs at most -log2(1 - V/Total) bits a symbol,
	// 0.00069 for the V = 128,256 of Llama 3.
	Total = 1 << totalBits

	// MaxSymbols is the greatest V: docs/numerics.md proves its bounds for it, and a floor of 1 costs 0.0014 bits a symbol there.
	MaxSymbols = 1 << 18

	block     = kernels.SoftmaxBlock
	ratioBits = 64 - totalBits // of R: as fine as 64 bits allow
)

// Table holds the frequencies of symbols 0..V-1. The zero value is empty: Set fills it,
// and may be called again, with any V; it reuses the memory. Between calls of Set it may be read concurrently.
type Table struct {
	weights []uint32 // (V) e, 2^30 for the mode
	before  []uint64 // (ceil(V/block) + 1) C of the first symbol of every block, then S
	mode    int
	ratio   uint64 // R, frequencies for a weight of 2^36
	slack   uint64 // what rounding down leaves over: the mode's
}

// Set computes the frequencies of softmax(logits). logits is (V), V from 1 to MaxSymbols; a NaN or an
// infinity is a panic, kernels.NotFinite.
func (t *Table) Set(logits []float32) {
	v := len(logits)
	if v < 1 || v > MaxSymbols {
		panic(fmt.Sprintf("cumfreq: %d logits, want 1 to %d", v, MaxSymbols))
	}
	sums := (v+block-1)/block + 1
	t.weights = slices.Grow(t.weights[:0], v)[:v]
	t.before = slices.Grow(t.before[:0], sums)[:sums]
	t.mode = kernels.SoftmaxWeights(t.weights, t.before, logits)
	sum := t.before[sums-1]
	t.ratio = uint64(Total-v) << ratioBits / sum       // its product with any C is below 2^64
	t.slack = uint64(Total-v) - sum*t.ratio>>ratioBits // at most V/64, rounded up
}

// cumulative is the sum of the frequencies of the symbols before a symbol, of which c is the sum of weights.
func (t *Table) cumulative(symbol int, c uint64) uint64 {
	x := uint64(symbol) + c*t.ratio>>ratioBits
	if symbol > t.mode {
		x += t.slack
	}
	return x
}

// weight is the sum of the weights of the symbols before a symbol.
func (t *Table) weight(symbol int) uint64 {
	b := symbol / block
	c := t.before[b]
	for _, e := range t.weights[b*block : symbol] {
		c += uint64(e)
	}
	return c
}

// Symbols is V.
func (t *Table) Symbols() int { return len(t.weights) }

// Cumulative is the sum of the frequencies of the symbols before a symbol, from 0 to V: where the interval of symbol begins.
func (t *Table) Cumulative(symbol int) uint64 {
	return t.cumulative(symbol, t.weight(symbol))
}

// Interval is where a symbol lies in [0, Total): hi - lo is its frequency.
func (t *Table) Interval(symbol int) (lo, hi uint64) {
	c := t.weight(symbol)
	return t.cumulative(symbol, c), t.cumulative(symbol+1, c+uint64(t.weights[symbol]))
}

// Find is the symbol whose interval contains target. A target of Total or more, which only a damaged
// stream gives, finds the last symbol.
func (t *Table) Find(target uint64) (symbol int) {
	b, beyond := 0, len(t.before)-1 // blocks: that of the symbol is in [b, beyond)
	for beyond-b > 1 {
		if middle := (b + beyond) / 2; t.cumulative(middle*block, t.before[middle]) <= target {
			b = middle
		} else {
			beyond = middle
		}
	}
	c := t.before[b]
	symbol = b * block
	last := min(symbol+block, len(t.weights)) - 1
	for ; symbol < last; symbol++ {
		if c += uint64(t.weights[symbol]); t.cumulative(symbol+1, c) > target {
			break
		}
	}
	return symbol
}

// CodeLength is the bits that a symbol of interval [lo, hi) takes, -log2 of its share of Total. It
// reports and does not code.
func CodeLength(lo, hi uint64) float64 { return totalBits - math.Log2(float64(hi-lo)) }
