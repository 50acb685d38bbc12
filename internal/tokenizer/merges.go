package tokenizer

import "math/bits"

// merge is a rule of byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909): the neighbours left and right become
// result. All are ids. Of the rules that apply the one of lowest rank goes first, the leftmost pair of equals.
type merge struct {
	left, right, result int32
	rank                uint32 // below 2^31
}

// merges is a set of rules as a hash table: a power of two of slots, at most half of them used, and
// a rule in the first free slot from its hash on.
type merges struct {
	slots []slot
	shift int
}

type slot struct {
	pair uint64 // left and right, in 32 bits each
	rule uint64 // rank and result, in 32 bits each; none where the slot is free
}

// none is the rule of pairs that do not merge: it ranks behind all others.
const none = ^uint64(0)

func pairOf(left, right int32) uint64 { return uint64(uint32(left))<<32 | uint64(uint32(right)) }

// newMerges makes the table. Of two rules for a pair the later one holds.
func newMerges(rules []merge) *merges {
	size := bits.Len(uint(2*len(rules) + 1)) // a power of two above twice the number
	m := &merges{slots: make([]slot, 1<<size), shift: 64 - size}
	for i := range m.slots {
		m.slots[i].rule = none
	}
	for _, r := range rules {
		s := m.find(pairOf(r.left, r.right))
		*s = slot{pairOf(r.left, r.right), uint64(r.rank)<<32 | uint64(uint32(r.result))}
	}
	return m
}

// find is the slot of a pair, or the free one where it would be.
func (m *merges) find(pair uint64) *slot {
	i := int(pair * 0x9E3779B97F4A7C15 >> m.shift) // Fibonacci hashing: the golden ratio of 2^64
	for {
		s := &m.slots[i]
		if s.pair == pair || s.rule == none {
			return s
		}
		i = (i + 1) & (len(m.slots) - 1)
	}
}

// rule is rank and result of a pair, none if it does not merge.
func (m *merges) rule(left, right int32) uint64 { return m.find(pairOf(left, right)).rule }

// longWord is the number of ids from which a heap finds the next merge sooner than a search does.
const longWord = 64

// apply merges the ids of a word, in place, until no rule applies, and returns what they became.
func (m *merges) apply(ids []int32, scratch *mergeScratch) []int32 {
	if len(ids) < 2 {
		return ids
	}
	if len(ids) >= longWord {
		return m.applyLong(ids, scratch)
	}
	var rules [longWord]uint64 // of the pair that begins at each id
	for i := range len(ids) - 1 {
		rules[i] = m.rule(ids[i], ids[i+1])
	}
	for {
		n := len(ids)
		best, at := none, 0
		for i, r := range rules[:n-1] {
			if r>>32 < best>>32 {
				best, at = r, i
			}
		}
		if best == none {
			return ids
		}
		ids[at] = int32(uint32(best))
		copy(ids[at+1:], ids[at+2:])
		copy(rules[at:n-2], rules[at+1:n-1])
		ids = ids[:n-1]
		if at > 0 {
			rules[at-1] = m.rule(ids[at-1], ids[at])
		}
		if at < len(ids)-1 {
			rules[at] = m.rule(ids[at], ids[at+1])
		}
	}
}

// mergeScratch is the memory of applyLong.
type mergeScratch struct {
	next, previous []int32  // links between the ids that are left
	rules          []uint64 // of the pair that begins at each id
	heap           []uint64 // rank and place of pairs, the least first
}

// applyLong is apply in n log n steps: links join the ids that are left, and a heap finds the next pair. A pair that
// has changed since it came on the heap is passed over.
func (m *merges) applyLong(ids []int32, s *mergeScratch) []int32 {
	n := int32(len(ids))
	s.next, s.previous = grown(s.next, int(n)), grown(s.previous, int(n))
	s.rules, s.heap = grown(s.rules, int(n)), s.heap[:0]
	next, previous, rules := s.next, s.previous, s.rules
	for i := range n {
		next[i], previous[i], rules[i] = i+1, i-1, none
		if i+1 < n {
			if rules[i] = m.rule(ids[i], ids[i+1]); rules[i] != none {
				s.heap = append(s.heap, rules[i]>>32<<32|uint64(i))
			}
		}
	}
	for i := len(s.heap)/2 - 1; i >= 0; i-- {
		s.sink(i)
	}
	for len(s.heap) > 0 {
		top := s.heap[0]
		at := int32(uint32(top))
		if rules[at] == none || rules[at]>>32 != top>>32 {
			s.pop()
			continue
		}
		ids[at] = int32(uint32(rules[at]))
		gone := next[at]
		rules[gone] = none
		next[at] = next[gone]
		if next[at] < n {
			previous[next[at]] = at
			rules[at] = m.rule(ids[at], ids[next[at]])
		} else {
			rules[at] = none
		}
		if rules[at] != none {
			s.heap[0] = rules[at]>>32<<32 | uint64(at)
			s.sink(0)
		} else {
			s.pop()
		}
		if p := previous[at]; p >= 0 {
			if rules[p] = m.rule(ids[p], ids[at]); rules[p] != none {
				s.push(rules[p]>>32<<32 | uint64(p))
			}
		}
	}
	left := ids[:0]
	for i := int32(0); i < n; i = next[i] {
		left = append(left, ids[i])
	}
	return left
}

// grown is a slice of n values, s itself where it has room.
func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// pop removes the first of the heap.
func (s *mergeScratch) pop() {
	last := len(s.heap) - 1
	s.heap[0] = s.heap[last]
	s.heap = s.heap[:last]
	s.sink(0)
}

// push adds x to the heap.
func (s *mergeScratch) push(x uint64) {
	s.heap = append(s.heap, x)
	i := len(s.heap) - 1
	for i > 0 && s.heap[(i-1)/2] > x {
		s.heap[i] = s.heap[(i-1)/2]
		i = (i - 1) / 2
	}
	s.heap[i] = x
}

// sink moves the value at i down to its place in the heap.
func (s *mergeScratch) sink(i int) {
	h := s.heap
	if i >= len(h) {
		return
	}
	x := h[i]
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1] < h[child] {
			child++
		}
		if h[child] >= x {
			break
		}
		h[i] = h[child]
		i = child
	}
	h[i] = x
}
