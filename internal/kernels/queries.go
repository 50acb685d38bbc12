package kernels

import "fmt"

// queries says which positions the queries of an Attend read, and where what they read is written.
//
// There are n, of one group of heads, which share keys and values: group of each of the last n/group positions in the
// cache, position by position and head by head.
type queries struct {
	n, group  int
	positions int       // in the cache
	width     int       // K
	out       []float32 // (n/group, group, K), a position's part stride elements after the one before
	stride    int
}

// newQueries panics where the sizes do not fit.
func newQueries(out []float32, stride, group, n, positions, width int) queries {
	rows := n / max(group, 1)
	switch {
	case rows < 1 || rows*group != n || rows > positions:
		panic(fmt.Sprintf("kernels: Attend: %d queries in groups of %d, in a cache of %d positions", n, group, positions))
	case stride < group*width || len(out) < (rows-1)*stride+group*width:
		panic(fmt.Sprintf("kernels: Attend: %d outputs by strides of %d for %d queries of width %d in groups of %d", len(out), stride, n, width, group))
	}
	return queries{n, group, positions, width, out, stride}
}

// reads is how many positions query r reads: up to its own.
func (a *queries) reads(r int) int { return a.positions - (a.n-1-r)/a.group }

// row is where what query r reads is written, (K).
func (a *queries) row(r int) []float32 {
	return a.out[r/a.group*a.stride+r%a.group*a.width:][:a.width]
}
