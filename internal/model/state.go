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
	model  *Model
	policy Policy
	lanes  []lane

	x, a, b []float32 // (maxRows, D): residual; a branch's input and the attention's output; a branch's sum
	wide    []float32 // (maxRows, max(3D, F))
	q       []int8    // (maxRows, max(D, F)) quantised input of a product; (maxRows, K) quantised queries
	scale   []float32 // (maxRows) its scales
	scratch kernels.AttendScratch
	carried []Row
}

// lane is the context of one sequence: its symbols and, for each of them, keys and values.
type lane struct {
	symbols []int32
	caches  []kernels.Cache // (L, H)
}

// NewState makes empty contexts for a number of lanes. Memory for keys and values grows with the
// contexts, to at most MemoryPerLane each.
func (m *Model) NewState(lanes int, policy Policy) *State {
	d, f := m.Hidden, m.FeedForward
	s := &State{
		model: m, policy: policy, lanes: make([]lane, lanes),
		x: make([]float32, maxRows*d), a: make([]float32, maxRows*d), b: make([]float32, maxRows*d),
		wide: make([]float32, maxRows*max(3*d, f)), q: make([]int8, maxRows*max(d, f)), scale: make([]float32, maxRows),
	}
	for i := range s.lanes {
		for range m.Layers * m.Heads {
			s.lanes[i].caches = append(s.lanes[i].caches, kernels.NewCache(m.HeadWidth()))
		}
	}
	return s
}

// MemoryPerLane is the number of bytes that a full window takes in a State.
func (m *Model) MemoryPerLane() int64 {
	return int64(m.Window)*4 + int64(m.Layers*m.Heads)*kernels.CacheSize(m.HeadWidth(), m.Window)
}

// Advance appends each row's symbol to its lane's context, rows of one lane in order, and writes to
// logits, (len(rows), Symbols), the prediction of what follows each.
func (s *State) Advance(rows []Row, logits []float32) {
	v := s.model.symbols
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
		s.carried = append(s.carried, Row{id, int32(s.model.Start)})
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
		s.evaluate([]Row{{id, int32(s.model.Start)}}, nil)
	}
}

// Reset empties the context of a lane, as it was at the beginning, and keeps its memory.
func (s *State) Reset(id int) {
	l := &s.lanes[id]
	l.symbols = l.symbols[:0]
	for i := range l.caches {
		l.caches[i].Reset()
	}
}

// evaluate is the forward pass (Black et al. 2022, section 2.1) of at most maxRows rows, none of
// which finds its window full. logits may be nil: then only keys and values are computed.
func (s *State) evaluate(rows []Row, logits []float32) {
	m, n, d := s.model, len(rows), s.model.Hidden
	x, a, b := s.x[:n*d], s.a[:n*d], s.b[:n*d]
	positions := make([]int, n)
	for r, row := range rows {
		l := &s.lanes[row.Lane]
		positions[r] = len(l.symbols)
		l.symbols = append(l.symbols, row.Symbol)
		m.embedding(x[r*d:(r+1)*d], row.Symbol)
	}
	for i := range m.layers {
		p := &m.layers[i]
		p.norm1.apply(a, x, m.NormEps)
		qkv := s.wide[:n*3*d]
		s.product(qkv, a, p.qkv, n)
		s.attend(a, qkv, rows, positions, i)
		s.product(b, a, p.out, n)
		if !m.Parallel {
			kernels.Add(x, b)
		}
		p.norm2.apply(a, x, m.NormEps)
		up := s.wide[:n*m.FeedForward]
		s.product(up, a, p.up, n)
		kernels.GELU(up)
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

// embedding writes the embedding of a symbol, (D).
func (m *Model) embedding(x []float32, symbol int32) {
	scale := m.scale[symbol]
	for i, q := range m.embed[int(symbol)*m.Hidden:][:m.Hidden] {
		x[i] = float32(q) * scale
	}
}

// apply normalises rows of width D.
func (p norm) apply(y, x []float32, eps float32) {
	d := len(p.gain)
	for i := 0; i < len(x); i += d {
		kernels.LayerNorm(y[i:i+d], x[i:i+d], p.gain, p.bias, eps)
	}
}

// product quantises n rows of x and multiplies them: y = x W^T + bias.
func (s *State) product(y, x []float32, p linear, n int) {
	i := len(x) / n
	for r := range n {
		s.scale[r] = kernels.QuantizeRow(s.q[r*i:(r+1)*i], x[r*i:(r+1)*i])
	}
	p.weight.Mul(y, s.q[:n*i], s.scale[:n], p.bias, n)
}

// attend adds the rows' keys and values to their caches in layer l, and writes to out, (n, D), what
// each row's heads read from the positions up to its own. qkv is (n, 3D), head after head q, k, v.
// Rows of one lane that follow one another read their cache together.
func (s *State) attend(out, qkv []float32, rows []Row, positions []int, l int) {
	d := s.model.Hidden
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].Lane == rows[0].Lane {
			n++
		}
		var next *kernels.Cache // of the next lane
		if n < len(rows) {
			next = &s.lanes[rows[n].Lane].caches[l*s.model.Heads]
		}
		s.attendLane(out[:n*d], qkv[:n*3*d], &s.lanes[rows[0].Lane], positions[:n], l, next)
		out, qkv, rows, positions = out[n*d:], qkv[n*3*d:], rows[n:], positions[n:]
	}
}

// attendLane is attend for rows of one lane, after which the cache next is read.
func (s *State) attendLane(out, qkv []float32, lane *lane, positions []int, l int, next *kernels.Cache) {
	m, d, k, half := s.model, s.model.Hidden, s.model.HeadWidth(), s.model.RotaryWidth/2
	n := len(positions)
	q, scale := s.q[:n*k], s.scale[:n]
	for h := range m.Heads {
		c := &lane.caches[l*m.Heads+h]
		for r, t := range positions {
			cos, sin := m.cos[t*half:][:half], m.sin[t*half:][:half]
			head := qkv[r*3*d+h*3*k:][:3*k]
			kernels.Rotate(head[:2*half], cos, sin)
			kernels.Rotate(head[k:][:2*half], cos, sin)
			scale[r] = kernels.QuantizeRow(q[r*k:(r+1)*k], head[:k])
			c.Append(head[k:2*k], head[2*k:], &s.scratch)
		}
		after := next
		if h+1 < m.Heads {
			after = &lane.caches[l*m.Heads+h+1]
		}
		c.Attend(out[h*k:], d, q, scale, after, &s.scratch)
	}
}
