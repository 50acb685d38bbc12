package mix

import "math/bits"

// inputs are what is mixed: the language model, the match, and the contexts.
const inputs = 2 + contexts

// rateBits is how slowly weights learn: by 2^-rateBits of a product of an input and an error.
const rateBits = 23

// weights say how much each input counts, in units of 2^-16. They need 34 bits: each of the 2^21 bits of a segment of 256 KiB may
// change one by 2^11.
type weights [inputs]int64

// initial are those at first: the language model as it is, and a little of the others.
var initial = weights{1 << 16, 1 << 14, 1 << 12, 1 << 12, 1 << 12, 1 << 12, 1 << 12}

// Mixer predicts the bits of a segment, which Reset begins.
type Mixer struct {
	tables   [contexts]table
	meanings [contexts]meaning
	match    match

	// A decision adds up three sets of weights.
	byMatch  [7]weights   // by how many binary digits the match's kind has
	byPrefix [256]weights // by the bits of the byte so far
	byLast   [256]weights // by the byte before

	last   uint32 // four bytes, the latest in the lowest bits
	word   uint32 // a hash of the letters since the last byte that was none
	prefix uint32 // a one and the bits of the byte so far
	bits   int    // how many they are

	slots [contexts]*slot // of this half of the byte

	// Of this decision.
	histories [contexts]*history
	estimates [contexts]*estimate
	expected  int       // the bit, by the match
	matched   *estimate // that this is the bit, nil if there is no match
	sets      [3]*weights
	inputs    [inputs]int
	p         int // what was predicted
}

// Reset begins a segment that will have n bytes. It takes 0.4 MB for up to 64 KiB, growing to 1.6 MB for 256 KiB and more, and the
// segment's bytes; memory is used again.
func (m *Mixer) Reset(n int) {
	b := slotBits(n)
	for i := range m.tables {
		m.tables[i].reset(b)
		m.meanings[i].reset()
	}
	m.match.reset(b + 2)
	for i := range m.byMatch {
		m.byMatch[i] = initial
	}
	clear(m.byPrefix[:])
	clear(m.byLast[:])
	m.last, m.word, m.prefix, m.bits = 0, 0, 1, 0
}

// Predict is the probability, of One, that the next bit is a one, where the language model's has these LogOdds.
func (m *Mixer) Predict(model int) int {
	if m.bits%4 == 0 {
		m.findSlots()
	}
	m.inputs[0], m.inputs[1] = model, 0
	kind := 0
	m.matched = nil
	if m.expected, kind = m.match.expect(m.prefix, m.bits); kind > 0 {
		m.matched = &m.match.estimates[kind]
		m.inputs[1] = m.matched.logOdds()
		if m.expected == 0 {
			m.inputs[1] = -m.inputs[1]
		}
	}
	place := m.prefix - 1 // in a slot: of 1, 2 to 3, 4 to 7, 8 to 15
	if m.bits >= 4 {
		place = m.prefix&(1<<(m.bits-4)-1) | 1<<(m.bits-4) - 1
	}
	for i, s := range m.slots {
		h := &s.histories[place]
		e := &m.meanings[i][*h]
		m.histories[i], m.estimates[i] = h, e
		m.inputs[2+i] = e.logOdds()
	}
	m.sets = [3]*weights{&m.byMatch[bits.Len(uint(kind))], &m.byPrefix[m.prefix], &m.byLast[m.last&255]}
	var sum int64
	for i, x := range m.inputs {
		sum += int64(x) * (m.sets[0][i] + m.sets[1][i] + m.sets[2][i])
	}
	m.p = squash(int(max(-most, min(sum>>16, most))))
	return m.p
}

// Update tells which bit it was that Predict predicted.
func (m *Mixer) Update(bit int) {
	wrong := int64(bit*One - m.p)
	for i, x := range m.inputs {
		change := (int64(x)*wrong + 1<<(rateBits-1)) >> rateBits
		for _, w := range m.sets {
			w[i] += change
		}
	}
	if m.matched != nil {
		m.matched.update(1 ^ m.expected ^ bit)
	}
	for i, h := range m.histories {
		m.estimates[i].update(bit)
		*h = next[bit][*h]
	}
	m.prefix = m.prefix<<1 | uint32(bit)
	if m.bits++; m.bits == 8 {
		m.append(byte(m.prefix))
	}
}

// append ends a byte.
func (m *Mixer) append(b byte) {
	m.match.append(b)
	m.last = m.last<<8 | uint32(b)
	if letter := b | 0x20; 'a' <= letter && letter <= 'z' {
		m.word = (m.word + uint32(letter)) * 0x2f0b4c47
	} else {
		m.word = 0
	}
	m.prefix, m.bits = 1, 0
}

// findSlots finds the slots of the next four bits.
func (m *Mixer) findSlots() {
	for i, context := range [contexts]uint32{
		m.last & 0xff,       // the byte before
		m.last & 0xffff,     // the two before
		m.last,              // the four before
		m.last & 0xff00ff00, // the second and the fourth before, for records of two and four bytes
		m.word,              // the word so far
	} {
		m.slots[i] = m.tables[i].find(context, m.prefix)
	}
}
