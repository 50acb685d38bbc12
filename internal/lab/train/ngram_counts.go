package train

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// countedPerRow is how many positions of the corpus are counted for each row of a table: 4.7 MB of bytes for 24,576 rows, of
// which the rarest is then met some 50 times.
const countedPerRow = 192

// maxCounted bounds that, and so the memory of the counts, to some 2 GB.
const maxCounted = 32 << 20

// countSeed sets the sequences that are counted apart from those that are trained on.
const countSeed = 0x6e6772616d73 // "ngrams"

// ngramNode is an n-gram of the text that is counted.
type ngramNode struct {
	front  int32 // the node of all ids but the last
	id     int32
	length int32
	count  int32
}

// ngramCounts counts n-grams as a tree, in which node 0 is the empty one.
type ngramCounts struct {
	nodes []ngramNode
	next  map[uint64]int32 // the node of n-gram and id, by n-gram's node << 32 | id
}

// countNGrams counts all n-grams of up to length ids in sequences that are drawn as those of the training are, by the
// sources' weights.
func (c *corpus) countNGrams(ctx context.Context, o Options, positions, length int) (*ngramCounts, error) {
	t := &ngramCounts{nodes: make([]ngramNode, 1), next: map[uint64]int32{}}
	inputs, targets := make([]int32, o.Length), make([]int32, o.Length)
	for i := 0; i < positions; i += o.Length {
		if ctx != nil && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		c.sample(inputs, targets, int32(o.Model.Start), o.Seed^countSeed, uint64(i/o.Length))
		t.add(inputs, length)
	}
	return t, nil
}

// add counts the n-grams of a sequence.
func (t *ngramCounts) add(ids []int32, length int) {
	for begin := range ids {
		node := int32(0)
		for _, id := range ids[begin:min(begin+length, len(ids))] {
			node = t.child(node, id)
			t.nodes[node].count++
		}
	}
}

// child is the node of an n-gram with one more id.
func (t *ngramCounts) child(node, id int32) int32 {
	edge := uint64(node)<<32 | uint64(id)
	child, ok := t.next[edge]
	if !ok {
		child = int32(len(t.nodes))
		t.next[edge] = child
		t.nodes = append(t.nodes, ngramNode{node, id, t.nodes[node].length + 1, 0})
	}
	return child
}

// ids are those of a node, oldest first.
func (t *ngramCounts) ids(node int32) []int32 {
	list := make([]int32, t.nodes[node].length)
	for i := len(list) - 1; i >= 0; i-- {
		list[i] = t.nodes[node].id
		node = t.nodes[node].front
	}
	return list
}

// mostFrequent is the keys, (rows, length), of the n-grams of two ids and more that were counted most often, as model.NewNGrams
// wants them. Among those as frequent as the rarest that is taken, the first in that order are.
func (t *ngramCounts) mostFrequent(rows, length int) ([]int32, error) {
	var counts []int32
	for _, n := range t.nodes {
		if n.length >= 2 {
			counts = append(counts, n.count)
		}
	}
	if len(counts) < rows {
		return nil, fmt.Errorf("train: the text has %d n-grams of 2 to %d, want at least the %d of the table: choose fewer", len(counts), length, rows)
	}
	slices.Sort(counts)
	least := counts[len(counts)-rows]
	type candidate struct {
		ids   []int32
		count int32
	}
	var list []candidate
	for node, n := range t.nodes {
		if n.length >= 2 && n.count >= least {
			list = append(list, candidate{t.ids(int32(node)), n.count})
		}
	}
	order := func(a, b candidate) int {
		return cmp.Or(cmp.Compare(len(a.ids), len(b.ids)), slices.Compare(a.ids, b.ids))
	}
	slices.SortFunc(list, func(a, b candidate) int { return cmp.Or(cmp.Compare(b.count, a.count), order(a, b)) })
	list = list[:rows]
	slices.SortFunc(list, order)
	keys := slices.Repeat([]int32{-1}, rows*length)
	for r, c := range list {
		copy(keys[r*length:], c.ids)
	}
	return keys, nil
}
