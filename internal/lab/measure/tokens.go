package measure

import (
	"math/rand/v2"
	"slices"

	"lmz/internal/tokenizer"
)

// tokens is a chunk as a model sees it: what is given, and what is coded.
type tokens struct {
	given, coded []int32
	sizes        []int // raw bytes of each coded token
	bytes        int   // their sum
}

// tokenize makes the tokens of a chunk under a context policy. index is the chunk's, from which the order of shuffled
// tokens comes.
func tokenize(t tokenizer.Tokenizer, c contextPolicy, chunk []byte, seed uint64, index int) tokens {
	all := t.Encode(nil, chunk)
	sizes := make([]int, len(all))
	for i, symbol := range all {
		sizes[i] = t.Size(symbol)
	}
	if len(sizes) > 0 {
		sizes[0] -= t.Lead()
	}
	var k tokens
	cut := 0
	if c == secondAlone || c == secondShuffled || c == secondInContext {
		for before := 0; before < len(chunk)/2; cut++ { // the half ends with a token
			before += sizes[cut]
		}
	}
	k.coded, k.sizes = all[cut:], sizes[cut:]
	switch c {
	case secondInContext:
		k.given = all[:cut]
	case secondShuffled:
		k.given = slices.Clone(all[:cut])
		r := rand.New(rand.NewPCG(seed, uint64(index)))
		r.Shuffle(cut, func(i, j int) { k.given[i], k.given[j] = k.given[j], k.given[i] })
	}
	for _, n := range k.sizes {
		k.bytes += n
	}
	return k
}
