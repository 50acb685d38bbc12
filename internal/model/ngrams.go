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

	// (Length - 1, V + 1): of the keys of n ids, begins[n-2][id] is the first row whose key begins with id or with a higher one.
	begins [][]int32
}

// NewNGrams checks keys, (rows, length), of ids below vocab. Rows must ascend by the number of ids, then by the ids: so one
// set of n-grams has one form.
func NewNGrams(keys []int32, length, vocab int) (*NGrams, error) {
	g := &NGrams{Keys: keys, Length: length}
	for range length - 1 {
		g.begins = append(g.begins, make([]int32, vocab+1))
	}
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
		g.begins[n-2][key[0]]++
	}
	row := int32(0)
	for _, b := range g.begins {
		for id, count := range b {
			b[id] = row
			row += count
		}
	}
	return g, nil
}

// Find writes to rows, (Length - 1), the rows of the n-grams of 2, 3, ... ids that a context ends with, -1 where there is none.
func (g *NGrams) Find(rows, context []int32) {
	for i := range rows {
		rows[i] = -1
		if n := i + 2; n <= len(context) {
			rows[i] = g.find(context[len(context)-n:])
		}
	}
}

// find is the row of an n-gram, -1 if it has none.
func (g *NGrams) find(ids []int32) int32 {
	b := g.begins[len(ids)-2]
	for low, high := b[ids[0]], b[ids[0]+1]; low < high; {
		row := (low + high) / 2
		key := g.Keys[int(row)*g.Length:][:len(ids)]
		i := 1 // slices.Compare takes half as long again, BenchmarkNGrams
		for i < len(ids) && key[i] == ids[i] {
			i++
		}
		switch {
		case i == len(ids):
			return row
		case key[i] < ids[i]:
			low = row + 1
		default:
			high = row
		}
	}
	return -1
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
