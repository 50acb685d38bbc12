package bpe

import (
	"context"
	"fmt"
	"slices"
)

// pair is two neighbouring tokens: the left id in the upper 32 bits, the right one in the lower.
type pair uint64

func pairOf(left, right int32) pair { return pair(left)<<32 | pair(right) }

func (p pair) ids() (left, right int32) { return int32(p >> 32), int32(p) }

// occurrences is where a pair occurs.
type occurrences struct {
	count int64   // in the text
	at    []int32 // in merger.ids, where the left token begins; also where the pair was once and is no more
	round int     // in which the count last rose
}

// merger holds the distinct words, cut into tokens, and where each pair of neighbours occurs in them.
type merger struct {
	ids    []int32 // by byte of all words: the id where a token begins and where it ends, inside inside, between words gap
	word   []int32 // by byte of all words: the word that it is of
	counts []int64 // of each word in the text
	tokens [][]byte

	pairs map[pair]*occurrences
	queue queue
	round int    // number of merges so far, and one
	risen []pair // whose counts rose in this round
}

const (
	gap    = -1
	inside = -2
)

// newMerger cuts the words into bytes.
func newMerger(c *counter) *merger {
	m := &merger{counts: c.counts, pairs: map[pair]*occurrences{}}
	size := c.size + len(c.words) + 1
	m.ids, m.word = make([]int32, 0, size), make([]int32, 0, size)
	m.ids, m.word = append(m.ids, gap), append(m.word, 0)
	for i, w := range c.words {
		for j := range len(w) {
			m.ids, m.word = append(m.ids, byteID[w[j]]), append(m.word, int32(i))
		}
		m.ids, m.word = append(m.ids, gap), append(m.word, int32(i))
	}
	m.tokens = make([][]byte, 256)
	for b, id := range byteID {
		m.tokens[id] = []byte{byte(b)}
	}
	for i := range len(m.ids) - 1 {
		if m.ids[i] != gap && m.ids[i+1] != gap {
			m.rise(pairOf(m.ids[i], m.ids[i+1]), int32(i))
		}
	}
	m.endRound()
	return m
}

// train merges until there are as many tokens as wanted, and returns the merges by rank. It tells add of each.
//
// No two merges make a token of the same bytes. No merge crosses the ends of what becomes a token, so that inside them
// all goes as in a word of these bytes alone, in which the last merge is one and the same.
func (m *merger) train(ctx context.Context, vocab int, add func(int)) (merges [][2]int32, err error) {
	for len(m.tokens) < vocab {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p, ok := m.next()
		if !ok {
			return nil, fmt.Errorf("bpe: the text has enough pairs that occur twice for a vocabulary of %d, want %d: give more text or want a smaller one",
				len(m.tokens), vocab)
		}
		left, right := p.ids()
		m.tokens = append(m.tokens, slices.Concat(m.tokens[left], m.tokens[right]))
		merges = append(merges, [2]int32{left, right})
		m.merge(p, int32(len(m.tokens)-1))
		add(1)
	}
	return merges, nil
}

// next is the pair that occurs most often, at least twice, of those that are not too long for a token.
func (m *merger) next() (p pair, ok bool) {
	for {
		top, ok := m.queue.pop()
		if !ok {
			return 0, false
		}
		o := m.pairs[top.pair]
		left, right := top.pair.ids()
		switch {
		case o == nil || len(m.tokens[left])+len(m.tokens[right]) > maxToken:
		case o.count != top.count: // it fell since
			m.queue.push(entry{o.count, top.pair})
		case o.count >= 2:
			return top.pair, true
		}
	}
}

// merge replaces the pair by the token id, wherever it occurs, from left to right.
func (m *merger) merge(p pair, id int32) {
	left, right := p.ids()
	leftSize, rightSize := int32(len(m.tokens[left])), int32(len(m.tokens[right]))
	o := m.pairs[p]
	delete(m.pairs, p)
	slices.Sort(o.at)
	for _, begin := range o.at {
		middle := begin + leftSize
		if m.ids[begin] != left || m.ids[middle] != right {
			continue // one of them was merged with its other neighbour
		}
		end := middle + rightSize
		if before := m.ids[begin-1]; before != gap {
			m.fall(pairOf(before, left), begin)
			m.rise(pairOf(before, id), begin-int32(len(m.tokens[before])))
		}
		if after := m.ids[end]; after != gap {
			m.fall(pairOf(right, after), begin)
			m.rise(pairOf(id, after), begin)
		}
		m.ids[middle-1], m.ids[middle] = inside, inside
		m.ids[begin], m.ids[end-1] = id, id
	}
	m.endRound()
}

// rise counts an occurrence of a pair more.
func (m *merger) rise(p pair, at int32) {
	o := m.pairs[p]
	if o == nil {
		o = &occurrences{round: -1}
		m.pairs[p] = o
	}
	if o.round != m.round {
		o.round = m.round
		m.risen = append(m.risen, p)
	}
	o.count += m.counts[m.word[at]]
	o.at = append(o.at, at)
}

// fall counts an occurrence of a pair less, in the word that has the place at.
func (m *merger) fall(p pair, at int32) {
	o := m.pairs[p]
	if o == nil {
		return // the pair that is being merged
	}
	if o.count -= m.counts[m.word[at]]; o.count == 0 {
		delete(m.pairs, p)
	}
}

// endRound puts the pairs whose counts rose on the queue. Those whose counts fell are there, too far in front.
func (m *merger) endRound() {
	for _, p := range m.risen {
		if o := m.pairs[p]; o != nil {
			m.queue.push(entry{o.count, p})
		}
	}
	m.risen = m.risen[:0]
	m.round++
}
