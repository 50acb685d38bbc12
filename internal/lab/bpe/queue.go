package bpe

// entry is a pair on the queue, with the count that it had when it came there.
type entry struct {
	count int64
	pair  pair
}

// before says whether e is merged before f: the higher count, then the lower ids.
func (e entry) before(f entry) bool {
	return e.count > f.count || e.count == f.count && e.pair < f.pair
}

// queue is a binary heap, the entry before all others first.
type queue []entry

func (q *queue) push(e entry) {
	h := append(*q, e)
	i := len(h) - 1
	for i > 0 && e.before(h[(i-1)/2]) {
		h[i] = h[(i-1)/2]
		i = (i - 1) / 2
	}
	h[i] = e
	*q = h
}

// pop removes the first entry; ok is false where there is none.
func (q *queue) pop() (first entry, ok bool) {
	h := *q
	if len(h) == 0 {
		return entry{}, false
	}
	first = h[0]
	e := h[len(h)-1]
	h = h[:len(h)-1]
	i := 0
	for child := 1; child < len(h); child = 2*i + 1 {
		if child+1 < len(h) && h[child+1].before(h[child]) {
			child++
		}
		if !h[child].before(e) {
			break
		}
		h[i] = h[child]
		i = child
	}
	if len(h) > 0 {
		h[i] = e
	}
	*q = h
	return first, true
}
