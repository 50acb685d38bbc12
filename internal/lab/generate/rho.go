package generate

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
)

// distribution is that of the next byte. It is exact: lengths are whole bits, so that all weights are powers of two, and
// sums of them integers.
type distribution struct {
	weights [256]big.Int
	total   big.Int
}

// faintest bounds what a weight is counted with: what is coded longer than the shortest by more bits than
// this weighs as if it were this many, 2^-1024, which nobody will see drawn.
const faintest = 1024

// rho is the distribution of the first byte of candidates, of which there is at least one, whose coded lengths, in bits, all
// after the same x, are given: a candidate weighs its count times 2^-length.
func rho(list []candidate, lengths []int) *distribution {
	shortest := slices.Min(lengths)
	scale := min(slices.Max(lengths)-shortest, faintest)
	d := &distribution{}
	var weight big.Int
	for i, c := range list {
		weight.SetUint64(c.count)
		weight.Lsh(&weight, uint(scale-min(lengths[i]-shortest, scale)))
		d.weights[c.bytes[0]].Add(&d.weights[c.bytes[0]], &weight)
		d.total.Add(&d.total, &weight)
	}
	return d
}

// draw draws a byte, and returns beside it its code length in bits.
func (d *distribution) draw(source rand.Source) (b byte, codeLength float64) {
	target := below(source, &d.total)
	for i := range d.weights {
		w := &d.weights[i]
		if target.Cmp(w) < 0 {
			return byte(i), log2(&d.total) - log2(w)
		}
		target.Sub(target, w)
	}
	panic("generate: the weights add up to less than their total")
}

// below draws an integer from 0 to n-1, each as likely: as many bits as n has, until they are less than n.
func below(source rand.Source, n *big.Int) *big.Int {
	x, word := new(big.Int), new(big.Int)
	bits := n.BitLen()
	for {
		x.SetUint64(0)
		for got := 0; got < bits; got += 64 {
			w := source.Uint64() >> max(0, 64-(bits-got))
			x.Or(x, word.Lsh(word.SetUint64(w), uint(got)))
		}
		if x.Cmp(n) < 0 {
			return x
		}
	}
}

// log2 is for reports: it rounds.
func log2(n *big.Int) float64 {
	mantissa := new(big.Float)
	exponent := new(big.Float).SetInt(n).MantExp(mantissa)
	m, _ := mantissa.Float64()
	return math.Log2(m) + float64(exponent)
}
