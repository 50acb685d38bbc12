package mix

import "slices"

// match follows the segment from where its last bytes stood before. A long one goes on after bytes that differ, as fields of
// records do.
type match struct {
	bytes     []byte  // of the segment so far
	recent    uint64  // the last eight of them
	ends      []int32 // by the hash of minMatch bytes, where they ended last, 0 for nowhere: 2^endsBits
	endsBits  int
	at        int // bytes[at] is expected next, if there is a match
	length    int // how many bytes before agree
	missed    int // how many differed since the match was long; if this and length are 0, there is no match
	estimates [maxMatch + 1 + longMatch]estimate
}

const (
	minMatch = 6
	maxMatch = 31 // longer ones count as this one

	// From longMatch bytes on a match goes on after one that differs, until more than maxMissed have; after longMatch that agree
	// again none counts as missed. So logs and JSON are 1 to 4% smaller.
	longMatch = 16
	maxMissed = 8
)

// reset begins a segment, of which 2^endsBits ends are kept.
func (m *match) reset(endsBits int) {
	m.bytes, m.recent, m.length, m.missed = m.bytes[:0], 0, 0, 0
	m.ends, m.endsBits = slices.Grow(m.ends[:0], 1<<endsBits)[:1<<endsBits], endsBits
	clear(m.ends)
	for i := range m.estimates {
		length := min(i, maxMatch)
		m.estimates[i] = begin(length+2, length+3)
	}
}

// expect is the bit that the match says comes next in a byte, and its kind, which is the number of its estimate: 0 if there is no
// match or the byte has begun otherwise. prefix is a one and the bits of the byte so far, bits is how many these are.
func (m *match) expect(prefix uint32, bits int) (bit, kind int) {
	if m.length == 0 && m.missed == 0 {
		return 0, 0
	}
	expected := 256 | uint32(m.bytes[m.at])
	if expected>>(8-bits) != prefix {
		return 0, 0
	}
	kind = min(m.length, maxMatch)
	if m.missed > 0 {
		kind = maxMatch + 1 + min(m.length, longMatch-1)
	}
	return int(expected>>(7-bits)) & 1, kind
}

// append tells m of a byte.
func (m *match) append(b byte) {
	if m.length > 0 || m.missed > 0 {
		m.follow(b)
	}
	m.bytes = append(m.bytes, b)
	m.recent = m.recent<<8 | uint64(b)
	if len(m.bytes) < minMatch {
		return
	}
	end := &m.ends[m.recent<<(64-8*minMatch)*0x9e3779b97f4a7c15>>(64-m.endsBits)]
	if m.length == 0 {
		if n := m.agree(int(*end)); n >= minMatch {
			m.at, m.length, m.missed = int(*end), n, 0
		}
	}
	*end = int32(len(m.bytes))
}

// follow goes on with the match after a byte.
func (m *match) follow(b byte) {
	switch {
	case m.bytes[m.at] == b:
		if m.length++; m.length >= longMatch {
			m.missed = 0
		}
	case m.missed < maxMissed && (m.missed > 0 || m.length >= longMatch):
		m.length, m.missed = 0, m.missed+1
	default:
		m.length, m.missed = 0, 0
	}
	m.at++
}

// agree is how many bytes before a position are those at the end, at most maxMatch.
func (m *match) agree(at int) int {
	n := 0
	for n < min(at, maxMatch) && m.bytes[at-1-n] == m.bytes[len(m.bytes)-1-n] {
		n++
	}
	return n
}
