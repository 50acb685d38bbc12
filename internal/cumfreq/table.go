// Package cumfreq turns the logits of a language model into cumulative frequencies, the integers that
// an arithmetic coder works with (Witten, Neal and Cleary 1987). It is where floats end: Table.Set rounds
// the distance of each logit from the highest, and from there on all arithmetic is of integers, so that
// encoder and decoder hold the same table on every machine (docs/numerics.md, "Frequencies").
//
// It does not code: see package coder.
//
// Invariants: the frequencies of a table add up to Total exactly, and none is 0.
package cumfreq

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"lmz/internal/kernels"
)

const (
	totalBits = 28
	// total is the sum of all frequencies: the floor of 1 costs at most -log2(1 - V/total) bits a symbol,
	// 0.00035 for V = 65,536.
	total = 1 << totalBits

	// MaxSymbols is the greatest V.
	MaxSymbols = 1 << 16
)

// Table holds the cumulative frequencies of symbols 0..V-1. The zero value is empty: Set fills it,
// and may be called again, with any V; it reuses the memory.
type Table struct {
	cumulative []uint32 // (V+1), from 0 to total; the interval of symbol s is [s], [s+1]
}

// Set computes the frequencies of softmax(logits). logits is (V), V from 1 to MaxSymbols; a NaN or an
// infinity is a panic.
func (t *Table) Set(logits []float32) {
	v := len(logits)
	if v < 1 || v > MaxSymbols {
		panic(fmt.Sprintf("cumfreq: %d logits, want 1 to %d", v, MaxSymbols))
	}
	t.cumulative = slices.Grow(t.cumulative[:0], v+1)[:v+1]
	mode := highest(logits)
	m := logits[mode]
	var sum uint64
	weights := t.cumulative[:v] // e, for the time being
	for i, l := range logits {
		e := exp2(distance(m, l))
		weights[i] = uint32(e)
		sum += e
	}
	ratio := uint64(total-v) << 32 / sum // sum >= 2^30, the mode's own weight, so ratio <= 2^30
	var cum uint64
	for i, e := range weights {
		weights[i] = uint32(cum)
		cum += 1 + uint64(e)*ratio>>32
	}
	// Rounding down left a slack. It goes to the mode: the symbols after it move up.
	slack := uint32(total - cum)
	after := weights[mode+1:]
	for i := range after {
		after[i] += slack
	}
	t.cumulative[v] = total
}

// highest is the index of the highest logit, the lowest of several.
func highest(logits []float32) (mode int) {
	m := logits[0]
	for i, l := range logits {
		if math.Float32bits(l)&0x7f800000 == 0x7f800000 {
			panic(kernels.NotFinite(fmt.Sprintf("cumfreq: logit %d is %v, want a finite number", i, l)))
		}
		if l > m {
			m, mode = l, i
		}
	}
	return mode
}

// Symbols is V.
func (t *Table) Symbols() int { return max(0, len(t.cumulative)-1) }

// Total is the sum of all frequencies.
func (t *Table) Total() uint64 { return total }

// Interval is where a symbol lies in [0, Total): hi - lo is its frequency.
func (t *Table) Interval(symbol int) (lo, hi uint64) {
	return uint64(t.cumulative[symbol]), uint64(t.cumulative[symbol+1])
}

// Find is the symbol whose interval contains target. A target of Total or more, which only a damaged
// stream gives, finds the last symbol.
func (t *Table) Find(target uint64) (symbol int) {
	after := t.cumulative[1 : len(t.cumulative)-1]
	return sort.Search(len(after), func(i int) bool { return uint64(after[i]) > target })
}

// CodeLength is the bits that a symbol takes, -log2 of its share of the total. It reports and does
// not code.
func (t *Table) CodeLength(symbol int) float64 {
	lo, hi := t.Interval(symbol)
	return totalBits - math.Log2(float64(hi-lo))
}
