package bench

import (
	_ "embed"
	"math/rand/v2"
	"strings"
)

//go:embed words.txt
var words string

// drawText is n bytes of words, each one that follows the one before it somewhere in words.txt. They make no
// sense, but a model predicts them as it predicts text, and at the same speed.
func drawText(n int) []byte {
	chain := strings.Fields(words)
	followers := map[string][]string{}
	for i, word := range chain {
		followers[word] = append(followers[word], chain[(i+1)%len(chain)])
	}
	rng := rand.New(rand.NewPCG(9, 10))
	var text []byte
	for word := chain[0]; len(text) < n; {
		text = append(text, word...)
		text = append(text, ' ')
		next := followers[word]
		word = next[rng.IntN(len(next))]
	}
	return text[:n]
}
