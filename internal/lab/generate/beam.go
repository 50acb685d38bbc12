package generate

import (
	"bytes"
	"cmp"
	"math/rand/v2"
	"slices"
)

// extend returns all strings of one byte more that begin with the prefixes.
func extend(prefixes [][]byte) [][]byte {
	longer := make([][]byte, 0, 256*len(prefixes))
	for _, p := range prefixes {
		for b := range 256 {
			longer = append(longer, append(bytes.Clone(p), byte(b)))
		}
	}
	return longer
}

// withSubstrings adds to strings of n bytes those that occur in x and are not among them.
func withSubstrings(strings [][]byte, x []byte, n int) [][]byte {
	there := make(map[string]bool, len(strings))
	for _, s := range strings {
		there[string(s)] = true
	}
	for i := 0; i+n <= len(x); i++ {
		if s := x[i : i+n]; !there[string(s)] {
			there[string(s)] = true
			strings = append(strings, s)
		}
	}
	return strings
}

// shortest returns the n strings of the least lengths, or all if there are fewer. Which of equals come first is drawn.
func shortest(strings [][]byte, lengths []int, n int, source rand.Source) [][]byte {
	type scored struct {
		index, length int
		lot           uint64
	}
	list := make([]scored, len(strings))
	for i := range list {
		list[i] = scored{i, lengths[i], source.Uint64()}
	}
	slices.SortFunc(list, func(a, b scored) int {
		return cmp.Or(cmp.Compare(a.length, b.length), cmp.Compare(a.lot, b.lot), cmp.Compare(a.index, b.index))
	})
	best := make([][]byte, min(n, len(list)))
	for i := range best {
		best[i] = strings[list[i].index]
	}
	return best
}
