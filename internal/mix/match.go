package mix

// match follows the segment from where its last bytes stood before.
type match struct {
	bytes     []byte               // of the segment so far
	recent    uint64               // the last eight of them
	ends      [1 << endsBits]int32 // by the hash of minMatch bytes, where they ended last, 0 for nowhere
	at        int                  // bytes[at] is expected next, if length is not 0
	length    int                  // how many bytes before agree, 0 if there is no match
	estimates [maxMatch + 1]estimate
}

const (
	endsBits = 14
	minMatch = 6
	maxMatch = 31 // longer ones count as this one
)

func (m *match) reset() {
	m.bytes, m.recent, m.length = m.bytes[:0], 0, 0
	clear(m.ends[:])
	for length := range m.estimates {
		m.estimates[length] = begin(length+2, length+3)
	}
}

// expect is the bit that the match says comes next, of a byte that begins as prefix, and the length of the match, or 0
// if there is none or the byte has begun otherwise. prefix is a one and the bits so far.
func (m *match) expect(prefix uint32, bits int) (bit, length int) {
	if m.length == 0 {
		return 0, 0
	}
	expected := 256 | uint32(m.bytes[m.at])
	if expected>>(8-bits) != prefix {
		return 0, 0
	}
	return int(expected>>(7-bits)) & 1, min(m.length, maxMatch)
}

// append tells m of a byte.
func (m *match) append(b byte) {
	if m.length > 0 && m.bytes[m.at] == b {
		m.length++
		m.at++
	} else {
		m.length = 0
	}
	m.bytes = append(m.bytes, b)
	m.recent = m.recent<<8 | uint64(b)
	if len(m.bytes) < minMatch {
		return
	}
	end := &m.ends[m.recent<<(64-8*minMatch)*0x9e3779b97f4a7c15>>(64-endsBits)]
	if m.length == 0 {
		m.at = int(*end)
		m.length = m.agree()
	}
	*end = int32(len(m.bytes))
}

// agree is how many bytes before m.at are those at the end, from minMatch to maxMatch, or 0.
func (m *match) agree() int {
	n := 0
	for n < min(m.at, maxMatch) && m.bytes[m.at-1-n] == m.bytes[len(m.bytes)-1-n] {
		n++
	}
	if n < minMatch {
		return 0
	}
	return n
}
