package tokenizer

import "bytes"

// addedTokens finds the tokens that a tokenizer.json adds to the vocabulary for use in text: they are cut out before
// words are looked for. It is a tree of their bytes.
type addedTokens struct {
	nodes []addedNode
	first [256]bool // bytes that one of them begins with
}

type addedNode struct {
	id    int32   // of the token that ends here, or -1
	bytes []byte  // that may come next
	nodes []int32 // where they lead
}

// next is the node that the byte c leads to, or -1.
func (n *addedNode) next(c byte) int32 {
	if i := bytes.IndexByte(n.bytes, c); i >= 0 {
		return n.nodes[i]
	}
	return -1
}

// newAddedTokens makes the tree of tokens, none of them empty, with their ids.
func newAddedTokens(text []string, ids []int32) *addedTokens {
	a := &addedTokens{nodes: []addedNode{{id: -1}}}
	for i, s := range text {
		a.first[s[0]] = true
		at := int32(0)
		for _, c := range []byte(s) {
			next := a.nodes[at].next(c)
			if next < 0 {
				next = int32(len(a.nodes))
				a.nodes = append(a.nodes, addedNode{id: -1})
				n := &a.nodes[at]
				n.bytes, n.nodes = append(n.bytes, c), append(n.nodes, next)
			}
			at = next
		}
		a.nodes[at].id = ids[i]
	}
	return a
}

// find is the place of the first token in b, the longest of those that begin there, and its id; len(b),
// len(b) and -1 where none is.
func (a *addedTokens) find(b []byte) (begin, end int, id int32) {
	for i, c := range b {
		if !a.first[c] {
			continue
		}
		id, end := int32(-1), 0
		at := int32(0)
		for j := i; j < len(b); j++ {
			if at = a.nodes[at].next(b[j]); at < 0 {
				break
			}
			if a.nodes[at].id >= 0 {
				id, end = a.nodes[at].id, j+1
			}
		}
		if id >= 0 {
			return i, end, id
		}
	}
	return len(b), len(b), -1
}
