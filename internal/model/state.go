package model

import (
	"fmt"

	"lmz/internal/kernels"
)

// maxRows is how many rows are evaluated together: enough that a weight once loaded is used often,
// few enough that the rows stay in the cache.
const maxRows = 64

// Policy says what becomes of a lane's context when it has filled the window.
type Policy uint8

const (
	// Fresh empties the context: it begins anew with start-of-text.
	Fresh Policy = 0
	// Carry keeps the last Window/2 - 1 symbols: the context becomes start-of-text and these.
	Carry Policy = 1
)

// Row is one symbol to append to the context of one lane.
type Row struct {
	Lane   int
	Symbol int32
}

// State holds the contexts of several independent lanes and the scratch memory of a forward pass.
// One goroutine uses it at a time.
type State struct {
	model   *Model
	policy  Policy
	threads int // goroutines that share a product or attention
	share   int // leastShare
	lanes   []lane

	x, a, b  []float32 // residual, (maxRows, D); what a product reads, (maxRows, max(D, H K)); a branch's sum, (maxRows, D)
	inner    []float32 // (maxRows, the most outputs within a layer)
	products productScratch
	attends  []attendScratch // (threads)
	carried  []Row
}

// lane is the context of one sequence: its symbols and, for each of them, keys and values.
type lane struct {
	symbols []int32
	caches  []cache // (L, KVHeads)
}

// NewState makes empty contexts for a number of lanes, which up to threads goroutines work on. Memory for keys and values grows with
// the contexts, to at most MemoryPerLane each.
func (m *Model) NewState(lanes, threads int, policy Policy) *State {
	d, heads := m.Hidden, m.Heads*m.HeadWidth
	s := &State{
		model: m, policy: policy, threads: threads, share: leastShare, lanes: make([]lane, lanes),
		x: make([]float32, maxRows*d), a: make([]float32, maxRows*max(d, heads)), b: make([]float32, maxRows*d),
		inner: make([]float32, maxRows*max(m.projections(), m.upOutputs())),
	}
	s.products = newProductScratch(max(d, heads, m.FeedForward))
	for range threads {
		s.attends = append(s.attends, newAttendScratch(m.group(), m.HeadWidth))
	}
	for i := range s.lanes {
		for range m.Layers * m.KVHeads {
			s.lanes[i].caches = append(s.lanes[i].caches, m.newCache())
		}
	}
	return s
}

// upOutputs is the number of outputs of an MLP's first product.
func (m *Model) upOutputs() int { return m.FeedForward * len(m.names.up) }

// MemoryPerLane is the number of bytes that a full window takes in a State.
func (m *Model) MemoryPerLane() int64 {
	return int64(m.Window)*4 + int64(m.Layers*m.KVHeads)*m.cacheSize(m.Window)
}

// Advance appends each row's symbol to its lane's context, rows of one lane in order, and writes to
// logits, (len(rows), Symbols), the prediction of what follows each.
func (s *State) Advance(rows []Row, logits []float32) {
	v := s.model.Symbols()
	if len(logits) != len(rows)*v {
		panic(fmt.Sprintf("model: %d logits for %d rows of %d", len(logits), len(rows), v))
	}
	for len(rows) > 0 {
		n := s.room(rows)
		if n == 0 {
			s.restart(rows[0].Lane)
			continue
		}
		s.evaluate(rows[:n], logits[:n*v])
		rows, logits = rows[n:], logits[n*v:]
	}
}

// room is how many of the first rows can be evaluated together, at most maxRows: none of them finds
// its lane's window full.
func (s *State) room(rows []Row) int {
	n := 0
	for n < min(len(rows), maxRows) {
		id := rows[n].Lane
		used := len(s.lanes[id].symbols)
		for _, r := range rows[:n] {
			if r.Lane == id {
				used++
			}
		}
		if used >= s.model.Window {
			break
		}
		n++
	}
	return n
}

// restart makes room in a lane whose window is full, by the policy.
func (s *State) restart(id int) {
	l := &s.lanes[id]
	s.carried = s.carried[:0]
	if s.policy == Carry {
		keep := l.symbols[len(l.symbols)-(s.model.Window/2-1):]
		s.carried = append(s.carried, Row{id, s.model.Start()})
		for _, symbol := range keep {
			s.carried = append(s.carried, Row{id, symbol})
		}
	}
	s.Reset(id)
	for carried := s.carried; len(carried) > 0; {
		n := min(maxRows, len(carried))
		s.evaluate(carried[:n], nil)
		carried = carried[n:]
	}
	if s.policy == Fresh {
		s.evaluate([]Row{{id, s.model.Start()}}, nil)
	}
}

// Reset empties the context of a lane, as it was at the beginning, and keeps its memory.
func (s *State) Reset(id int) {
	l := &s.lanes[id]
	l.symbols = l.symbols[:0]
	for i := range l.caches {
		l.caches[i].reset()
	}
}

// evaluate is the forward pass (docs/numerics.md, "The forward pass") of at most maxRows rows, none of
// which finds its window full. logits may be nil: then only keys and values are computed.
func (s *State) evaluate(rows []Row, logits []float32) {
	m, n, d := s.model, len(rows), s.model.Hidden
	x, a, b := s.x[:n*d], s.a[:n*d], s.b[:n*d]
	heads := s.a[:n*m.Heads*m.HeadWidth]
	positions := make([]int, n)
	for r, row := range rows {
		l := &s.lanes[row.Lane]
		positions[r] = len(l.symbols)
		l.symbols = append(l.symbols, row.Symbol)
		m.embedding(x[r*d:(r+1)*d], l.symbols)
	}
	for i := range m.layers {
		p := &m.layers[i]
		p.norm1.apply(a, x, m.NormEps)
		qkv := s.inner[:n*m.projections()]
		s.product(qkv, a, p.qkv, n)
		s.attend(heads, qkv, rows, positions, i)
		s.product(b, heads, p.out, n)
		if !m.Parallel {
			kernels.Add(x, b)
		}
		p.norm2.apply(a, x, m.NormEps)
		up := s.inner[:n*m.upOutputs()]
		s.product(up, a, p.up, n)
		up = m.activate(up, n)
		s.product(a, up, p.down, n)
		if m.Parallel {
			kernels.Add(a, b)
		}
		kernels.Add(x, a)
	}
	if logits == nil {
		return
	}
	m.norm.apply(a, x, m.NormEps)
	s.product(logits, a, m.unembed, n)
}

// embedding writes the embedding, (D), of the last symbol of a context.
func (m *Model) embedding(x []float32, context []int32) {
	last := len(context) - 1
	m.embed.row(x, int(m.ids[context[last]]))
	if m.positions.width > 0 {
		m.positions.addRow(x, last)
	}
	if m.ngrams == nil {
		return
	}
	var ids [maxNGram]int32
	var rows [maxNGram - 1]int32
	context = context[max(0, len(context)-m.NGramLength):]
	for i, symbol := range context {
		ids[i] = m.ids[symbol]
	}
	found := rows[:m.NGramLength-1]
	m.ngrams.Find(found, ids[:len(context)])
	for _, row := range found {
		if row >= 0 {
			m.ngramRows.addRow(x, int(row))
		}
	}
}

// activate applies the function between an MLP's products to n rows, and returns them, (n, F), in the memory of up.
func (m *Model) activate(up []float32, n int) []float32 {
	switch m.activation {
	case gelu:
		kernels.GELU(up)
	case geluTanh:
		kernels.GELUTanh(up)
	case swiGLU:
		f := m.FeedForward
		for r := range n {
			gate := up[r*2*f:][:f]
			kernels.SwiGLU(gate, up[r*2*f+f:][:f])
			copy(up[r*f:], gate)
		}
	}
	return up[:n*m.FeedForward]
}
