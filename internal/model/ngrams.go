package model

import (
	"cmp"
	"fmt"
	"slices"

	"lmz/internal/checkpoint"
)

// Names of the tensors of a table of n-grams.
const (
	NGramKeys   = "lmz_ngram.keys"   // (rows, length) I32
	NGramWeight = "lmz_ngram.weight" // (rows, D)
)

// maxNGram is the most symbols that a key of a table can have.
const maxNGram = 8

// NGrams says which row of a table an n-gram has: some n-grams of 2 to Length symbols have one, the others none
// (docs/numerics.md, "N-grams"). It is immutable and may be shared.
type NGrams struct {
	Keys   []int32 // (rows, Length) ids of the vocabulary, oldest first, then -1 up to Length
	Length int

	// A tree of the keys read from the newest id to the oldest, so that one walk finds all that a context ends with.
	// Node 0 is the empty n-gram.
	before map[uint64]int32 // the node of id and n-gram, by n-gram's node << 32 | id
	row    []int32          // of a node, -1 for none
}

// NewNGrams checks keys, (rows, length), of ids below vocab. Rows must ascend by the number of ids, then by the ids: so one
// set of n-grams has one form.
func NewNGrams(keys []int32, length, vocab int) (*NGrams, error) {
	g := &NGrams{Keys: keys, Length: length, before: make(map[uint64]int32, len(keys)/length), row: []int32{-1}}
	var last []int32
	for r := range len(keys) / length {
		key := keys[r*length:][:length]
		n := slices.Index(key, -1)
		if n < 0 {
			n = length
		}
		for i, id := range key {
			if i < n && (id < 0 || int(id) >= vocab) || i >= n && id != -1 {
				return nil, fmt.Errorf("model: tensor %q: row %d is %v, want ids of 0 to %d, then -1", NGramKeys, r, key, vocab-1)
			}
		}
		key = key[:n]
		if n < 2 {
			return nil, fmt.Errorf("model: tensor %q: row %d is %v, want 2 to %d ids", NGramKeys, r, key, length)
		}
		if cmp.Or(cmp.Compare(len(last), n), slices.Compare(last, key)) >= 0 {
			return nil, fmt.Errorf("model: tensor %q: row %d is %v after %v, want rows that ascend by their number of ids, then by the ids", NGramKeys, r, key, last)
		}
		last = key
		node := int32(0)
		for _, id := range slices.Backward(key) {
			edge := uint64(node)<<32 | uint64(id)
			next, ok := g.before[edge]
			if !ok {
				next = int32(len(g.row))
				g.before[edge] = next
				g.row = append(g.row, -1)
			}
			node = next
		}
		g.row[node] = int32(r)
	}
	return g, nil
}

// Find writes to rows, (Length - 1), the rows of the n-grams of 2, 3, ... ids that a context ends with, -1 where there is none.
func (g *NGrams) Find(rows, context []int32) {
	for i := range rows {
		rows[i] = -1
	}
	node, ok := int32(0), false
	for i := range min(g.Length, len(context)) {
		if node, ok = g.before[uint64(node)<<32|uint64(context[len(context)-1-i])]; !ok {
			return
		}
		if i > 0 {
			rows[i-1] = g.row[node]
		}
	}
}

// readNGrams reads the keys of a table.
func readNGrams(c Config, want TensorShape, t checkpoint.Tensor) (*NGrams, error) {
	if err := hasShape(want.Name, want.Shape, t); err != nil {
		return nil, err
	}
	keys, err := t.Int32s()
	if err != nil {
		return nil, fmt.Errorf("model: tensor %q: %w", want.Name, err)
	}
	return NewNGrams(keys, c.NGramLength, c.Vocab)
}
