package baseline

import "math/bits"

// code is a canonical Huffman code.
type code struct {
	length []uint8  // (symbols), 0 for a symbol that does not occur
	word   []uint16 // (symbols), its first bit lowest
}

func newCode(symbols int) code {
	return code{make([]uint8, symbols), make([]uint16, symbols)}
}

// assign makes the words of the lengths of symbols 0 to last: RFC 1951, section 3.2.2.
func (c code) assign(last int) {
	var count, next [16]uint16
	for _, n := range c.length[:last+1] {
		count[n]++
	}
	count[0] = 0
	for n := 1; n < len(next); n++ {
		next[n] = (next[n-1] + count[n-1]) << 1
	}
	for s, n := range c.length[:last+1] {
		if n != 0 {
			c.word[s] = bits.Reverse16(next[n] << (16 - n))
			next[n]++
		}
	}
}

func (c code) send(w *bitWriter, symbol int) {
	w.write(uint32(c.word[symbol]), uint(c.length[symbol]))
}

// tree finds the Huffman code of symbols whose frequencies are known: zlib's build_tree, whose choice
// among codes of equal cost it makes too.
type tree struct {
	code
	freq      []int // (symbols)
	last      int   // largest symbol that has a code
	maxLength int   // bits
	extra     []uint8
	extraFrom int     // symbol of the first extra bits
	fixed     []uint8 // lengths in the fixed code, nil where there is none

	// Nodes are symbols, then inner nodes in the order in which they are made.
	nodeFreq []int
	depth    []int
	parent   []int
	bits     []int
	heap     []int // from 1; the least frequent node first
	sorted   []int // nodes in the order in which they left the heap
}

func newTree(symbols, maxLength int) tree {
	nodes := 2*symbols + 1
	return tree{
		code: newCode(symbols), freq: make([]int, symbols), maxLength: maxLength,
		nodeFreq: make([]int, nodes), depth: make([]int, nodes), parent: make([]int, nodes), bits: make([]int, nodes),
	}
}

// lengths are those of symbols 0 to last.
func (t *tree) lengths() []uint8 { return t.length[:t.last+1] }

// build makes the code, and returns how many bits all symbols take in it and in the fixed code, extra
// bits included.
func (t *tree) build() (size, fixedSize int) {
	t.heap, t.sorted = append(t.heap[:0], 0), t.sorted[:0]
	t.last = -1
	clear(t.length)
	for s, f := range t.freq {
		if f != 0 {
			t.heap = append(t.heap, s)
			t.last = s
			t.nodeFreq[s], t.depth[s] = f, 0
		}
	}
	// A code has two symbols at least, so that each has a bit: decoders expect it.
	for len(t.heap) < 3 {
		s := 0
		if t.last < 2 {
			t.last++
			s = t.last
		}
		t.heap = append(t.heap, s)
		t.nodeFreq[s], t.depth[s] = 1, 0
	}
	for k := (len(t.heap) - 1) / 2; k >= 1; k-- {
		t.sink(k)
	}
	for node := len(t.freq); len(t.heap) > 2; node++ {
		n := t.heap[1]
		end := len(t.heap) - 1
		t.heap[1] = t.heap[end]
		t.heap = t.heap[:end]
		t.sink(1)
		m := t.heap[1]
		t.sorted = append(t.sorted, n, m)
		t.nodeFreq[node] = t.nodeFreq[n] + t.nodeFreq[m]
		t.depth[node] = max(t.depth[n], t.depth[m]) + 1
		t.parent[n], t.parent[m] = node, node
		t.heap[1] = node
		t.sink(1)
	}
	t.limit(t.heap[1])
	t.assign(t.last)
	for s, f := range t.freq {
		if f == 0 {
			continue
		}
		x := 0
		if s >= t.extraFrom {
			x = int(t.extra[s-t.extraFrom])
		}
		size += f * (int(t.length[s]) + x)
		if t.fixed != nil {
			fixedSize += f * (int(t.fixed[s]) + x)
		}
	}
	return size, fixedSize
}

// less orders nodes by frequency, then by depth, in which it is not strict.
func (t *tree) less(n, m int) bool {
	return t.nodeFreq[n] < t.nodeFreq[m] || t.nodeFreq[n] == t.nodeFreq[m] && t.depth[n] <= t.depth[m]
}

// sink moves the node at k down to its place in the heap.
func (t *tree) sink(k int) {
	v := t.heap[k]
	for j := 2 * k; j < len(t.heap); j *= 2 {
		if j+1 < len(t.heap) && t.less(t.heap[j+1], t.heap[j]) {
			j++
		}
		if t.less(v, t.heap[j]) {
			break
		}
		t.heap[k] = t.heap[j]
		k = j
	}
	t.heap[k] = v
}

// limit makes the lengths of the code, none above maxLength: zlib's gen_bitlen.
func (t *tree) limit(root int) {
	var count [16]int
	overflow := 0
	t.bits[root] = 0
	for i := len(t.sorted) - 1; i >= 0; i-- {
		n := t.sorted[i]
		b := t.bits[t.parent[n]] + 1
		if b > t.maxLength {
			b = t.maxLength
			overflow++
		}
		t.bits[n] = b
		if n <= t.last {
			t.length[n] = uint8(b)
			count[b]++
		}
	}
	if overflow == 0 {
		return
	}
	for ; overflow > 0; overflow -= 2 {
		b := t.maxLength - 1
		for count[b] == 0 {
			b--
		}
		count[b]-- // one leaf goes down, beside one that overflowed
		count[b+1] += 2
		count[t.maxLength]--
	}
	i := 0
	for b := t.maxLength; b > 0; b-- {
		for n := count[b]; n > 0; i++ {
			if s := t.sorted[i]; s <= t.last {
				t.length[s] = uint8(b)
				n--
			}
		}
	}
}
