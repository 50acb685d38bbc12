package generate

import (
	"math/big"
	"math/rand/v2"
)

// candidate is a string that may follow, and how many it stands for.
type candidate struct {
	bytes []byte
	count uint64
}

// tails is how many of the window's strings follow each first byte: with four, a horizon asks for at most 1024 compressions a byte
// beside one for each byte of the window, however far it reaches.
const tails = 4

// candidates returns strings of h bytes that may follow x, h from 1 to len(x)+1. They are
//
//   - all that occur in x: what a dictionary coder has a short code for;
//   - each of the 256 bytes with h-1 bytes after it that occur in x: what it codes as a literal and a string. There are
//     256 times as many as x has strings of h-1 bytes, so that only four of these are drawn, the same after each of
//     the bytes, and each stands for its share of all.
//
// Anything else is several literals in a row: it counts as nothing. For h = 1 the candidates are the 256 bytes.
func candidates(x []byte, h int, source rand.Source) []candidate {
	known := substrings(x, h)
	after := substrings(x, h-1)
	drawn := sample(after, tails, source)
	var list []candidate
	isKnown := make(map[string]bool, len(known))
	for _, s := range known {
		isKnown[string(s)] = true
		list = append(list, candidate{s, uint64(len(drawn))})
	}
	for b := range 256 {
		for _, tail := range drawn {
			if s := append([]byte{byte(b)}, tail...); !isKnown[string(s)] {
				list = append(list, candidate{s, uint64(len(after))})
			}
		}
	}
	return list
}

// substrings returns the strings of n bytes that occur in x, each once, in the order of their first places.
func substrings(x []byte, n int) (list [][]byte) {
	seen := make(map[string]bool, len(x))
	for i := 0; i+n <= len(x); i++ {
		if s := x[i : i+n]; !seen[string(s)] {
			seen[string(s)] = true
			list = append(list, s)
		}
	}
	return list
}

// sample draws n of the strings, or takes all if there are no more. It changes their order.
func sample(strings [][]byte, n int, source rand.Source) [][]byte {
	if len(strings) <= n {
		return strings
	}
	for i := range n {
		j := i + int(below(source, big.NewInt(int64(len(strings)-i))).Int64())
		strings[i], strings[j] = strings[j], strings[i]
	}
	return strings[:n]
}
