package model

import "lmz/internal/kernels"

// cache holds keys and values of one head, in int8 or in float32.
type cache struct {
	int8  kernels.Cache
	float kernels.FloatCache
}

func (m *Model) newCache() (c cache) {
	if m.precision == F32 {
		c.float = kernels.NewFloatCache(m.HeadWidth)
	} else {
		c.int8 = kernels.NewCache(m.HeadWidth)
	}
	return c
}

// cacheSize is how many bytes a cache of so many positions takes.
func (m *Model) cacheSize(positions int) int64 {
	if m.precision == F32 {
		return kernels.FloatCacheSize(m.HeadWidth, positions)
	}
	return kernels.CacheSize(m.HeadWidth, positions)
}

func (c *cache) reset() {
	c.int8.Reset()
	c.float.Reset()
}

// attendScratch is memory for attention.
type attendScratch struct {
	q      []int8    // (maxRows, Group, K) quantised queries of one group
	scale  []float32 // (maxRows, Group) their scales
	float  []float32 // (maxRows, Group, K) queries in float32
	int8s  kernels.AttendScratch
	floats kernels.FloatScratch
}

func newAttendScratch(group, width int) attendScratch {
	n := maxRows * group
	return attendScratch{q: make([]int8, n*width), scale: make([]float32, n), float: make([]float32, n*width)}
}

// attend adds the rows' keys and values to their caches in layer l, and writes to out, (n, H K), what
// each row's heads read from the positions up to its own. qkv is (n, (H + 2 KVHeads) K): queries of all heads, keys, values.
// Rows of one lane that follow one another read their cache together.
func (s *State) attend(out, qkv []float32, rows []Row, positions []int, l int) {
	m := s.model
	wide, width := m.projections(), m.Heads*m.HeadWidth
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].Lane == rows[0].Lane {
			n++
		}
		var next *cache // of the next lane
		if n < len(rows) {
			next = &s.lanes[rows[n].Lane].caches[l*m.KVHeads]
		}
		caches := s.lanes[rows[0].Lane].caches[l*m.KVHeads:][:m.KVHeads]
		s.attendLane(out[:n*width], qkv[:n*wide], caches, positions[:n], next)
		out, qkv, rows, positions = out[n*width:], qkv[n*wide:], rows[n:], positions[n:]
	}
}

// attendLane is attend for rows of one lane, whose caches in the layer are given, and after which the cache next is read.
func (s *State) attendLane(out, qkv []float32, caches []cache, positions []int, next *cache) {
	m, k := s.model, s.model.HeadWidth
	parts := min(s.shares(2*len(positions)*(positions[0]+1)*m.Heads*k), len(caches))
	spread(parts, func(part int) {
		from, to := len(caches)*part/parts, len(caches)*(part+1)/parts
		for g := from; g < to; g++ {
			m.append(&caches[g], qkv, g, positions, &s.attends[part])
			after := next
			if g+1 < to {
				after = &caches[g+1]
			}
			first := g * m.group() * k // of the group's heads
			m.read(out[first:], qkv[first:], &caches[g], positions, after, &s.attends[part])
		}
	})
}

// append adds the rows' keys and values of head g to its cache.
func (m *Model) append(c *cache, qkv []float32, g int, positions []int, a *attendScratch) {
	k := m.HeadWidth
	keys, values := m.Heads*k, (m.Heads+m.KVHeads)*k // where they begin in a row
	for r, t := range positions {
		row := qkv[r*m.projections():][:m.projections()]
		key, value := row[keys+g*k:][:k], row[values+g*k:][:k]
		m.rotate(key, t)
		if m.precision == F32 {
			c.float.Append(key, value)
		} else {
			c.int8.Append(key, value, &a.int8s)
		}
	}
}

// read writes what the heads of a group read from the cache c, which they share: out and queries are the group's part of rows
// one after another.
func (m *Model) read(out, queries []float32, c *cache, positions []int, next *cache, a *attendScratch) {
	k, stride, group := m.HeadWidth, m.Heads*m.HeadWidth, m.group()
	n := 0
	for row, t := range positions {
		for h := range group {
			query := queries[row*m.projections()+h*k:][:k]
			m.rotate(query, t)
			if m.precision == F32 {
				copy(a.float[n*k:], query)
			} else {
				a.scale[n] = kernels.QuantizeRow(a.q[n*k:(n+1)*k], query)
			}
			n++
		}
	}
	if m.precision == F32 {
		c.float.Attend(out, stride, group, a.float[:n*k], n, &a.floats)
		return
	}
	var after *kernels.Cache
	if next != nil {
		after = &next.int8
	}
	c.int8.Attend(out, stride, group, a.q[:n*k], a.scale[:n], after, &a.int8s)
}

// rotate turns the rotary part of a query or key by the angles of position t.
func (m *Model) rotate(x []float32, t int) {
	half := m.RotaryWidth / 2
	if half == 0 {
		return
	}
	kernels.Rotate(x[:2*half], m.cos[t*half:][:half], m.sin[t*half:][:half])
}
