package cumfreq

import "math"

// Total is the sum of the frequencies of every Table.
const Total = total

// CodeLength is the bits that a symbol of interval [lo, hi) takes, -log2 of its share of the total. It
// reports and does not code.
func CodeLength(lo, hi uint64) float64 { return totalBits - math.Log2(float64(hi-lo)) }
