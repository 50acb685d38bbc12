package baseline

import (
	"encoding/binary"
	"math/bits"
)

// The symbols of a block and how they are written, as in zlib's trees.c (RFC 1951, section 3.2).

const (
	endOfBlock    = 256
	literalCodes  = 286 // literals, end of block, 29 lengths
	distanceCodes = 30
	lengthCodes   = 19 // symbols in which code lengths are coded

	repeatPrevious = 16 // 3-6 times, 2 bits
	repeatZero     = 17 // 3-10 times, 3 bits
	repeatZeroLong = 18 // 11-138 times, 7 bits
)

var (
	lengthExtra   = [29]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distanceExtra = [30]uint8{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
	codeExtra     = [lengthCodes]uint8{repeatPrevious: 2, repeatZero: 3, repeatZeroLong: 7}

	// codeOrder is the order in which the lengths of the code for code lengths stand.
	codeOrder = [lengthCodes]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

	lengthBase, lengthCode = lengthTables()
	distanceBase           = distanceTable()

	fixedLiterals, fixedDistances = fixedCodes()
)

// lengthTables are the smallest length of each code, and the code of each length less 3.
func lengthTables() (base [29]uint16, code [256]uint8) {
	length := 0
	for c, extra := range lengthExtra {
		base[c] = uint16(length)
		for range 1 << extra {
			if length < len(code) {
				code[length] = uint8(c)
				length++
			}
		}
	}
	base[28], code[255] = 255, 28 // 258 has a code of its own
	return base, code
}

// distanceTable is the smallest distance less 1 of each code.
func distanceTable() (base [30]uint16) {
	distance := uint16(0)
	for c, extra := range distanceExtra {
		base[c] = distance
		distance += 1 << extra
	}
	return base
}

// distanceCode is the code of a distance less 1.
func distanceCode(distance uint32) int {
	if distance < 4 {
		return int(distance)
	}
	n := bits.Len32(distance) - 1 // two codes for each power of two
	return 2*n + int(distance>>(n-1)&1)
}

// fixedCodes are those of RFC 1951, section 3.2.6.
func fixedCodes() (literals, distances code) {
	literals, distances = newCode(literalCodes+2), newCode(distanceCodes)
	for i := range literals.length {
		switch {
		case i < 144, i >= 280:
			literals.length[i] = 8
		case i < 256:
			literals.length[i] = 9
		default:
			literals.length[i] = 7
		}
	}
	for i := range distances.length {
		distances.length[i] = 5
	}
	literals.assign(literalCodes + 1)
	distances.assign(distanceCodes - 1)
	return literals, distances
}

// symbol is a literal, or a match where distance is not 0.
type symbol struct {
	distance uint16
	value    uint8 // the literal, or the length less 3
}

// block gathers the symbols of one block and counts them.
type block struct {
	symbols   []symbol
	capacity  int
	literals  tree
	distances tree
	lengths   tree // of the two codes' lengths
}

func newBlock(capacity int) *block {
	b := &block{
		capacity:  capacity,
		literals:  newTree(literalCodes, 15),
		distances: newTree(distanceCodes, 15),
		lengths:   newTree(lengthCodes, 7),
	}
	b.literals.extra, b.literals.extraFrom, b.literals.fixed = lengthExtra[:], endOfBlock+1, fixedLiterals.length
	b.distances.extra, b.distances.fixed = distanceExtra[:], fixedDistances.length
	b.lengths.extra = codeExtra[:]
	b.reset()
	return b
}

func (b *block) reset() {
	b.symbols = b.symbols[:0]
	clear(b.literals.freq)
	clear(b.distances.freq)
	clear(b.lengths.freq)
	b.literals.freq[endOfBlock] = 1
}

// literal adds one byte; full says that the block must be written.
func (b *block) literal(v byte) (full bool) {
	b.symbols = append(b.symbols, symbol{value: v})
	b.literals.freq[v]++
	return len(b.symbols) == b.capacity
}

// match adds a copy of length bytes from distance back; full says that the block must be written.
func (b *block) match(length, distance int) (full bool) {
	b.symbols = append(b.symbols, symbol{uint16(distance), uint8(length - minMatch)})
	b.literals.freq[endOfBlock+1+int(lengthCode[length-minMatch])]++
	b.distances.freq[distanceCode(uint32(distance-1))]++
	return len(b.symbols) == b.capacity
}

// write writes the block, which stands for raw, in the shortest of the three ways, and empties it.
func (b *block) write(w *bitWriter, raw []byte, last bool) {
	bitsBest, bitsFixed := b.literals.build()
	d, dFixed := b.distances.build()
	bitsBest, bitsFixed = bitsBest+d, bitsFixed+dFixed
	b.scan(b.literals.lengths(), func(code, _ int) { b.lengths.freq[code]++ })
	b.scan(b.distances.lengths(), func(code, _ int) { b.lengths.freq[code]++ })
	d, _ = b.lengths.build()
	codes := lengthCodes
	for codes > 4 && b.lengths.length[codeOrder[codes-1]] == 0 {
		codes--
	}
	bitsBest += d + 3*codes + 5 + 5 + 4

	best, fixed := (bitsBest+3+7)/8, (bitsFixed+3+7)/8
	final := uint32(0)
	if last {
		final = 1
	}
	switch {
	case len(raw)+4 <= min(best, fixed) && len(raw) <= 0xffff:
		w.write(final, 3)
		w.align()
		w.bytes = binary.LittleEndian.AppendUint16(w.bytes, uint16(len(raw)))
		w.bytes = binary.LittleEndian.AppendUint16(w.bytes, ^uint16(len(raw)))
		w.bytes = append(w.bytes, raw...)
	case fixed <= best:
		w.write(1<<1|final, 3)
		b.writeSymbols(w, fixedLiterals, fixedDistances)
	default:
		w.write(2<<1|final, 3)
		b.writeCodes(w, codes)
		b.writeSymbols(w, b.literals.code, b.distances.code)
	}
	if last {
		w.align()
	}
	b.reset()
}

// scan tells the symbols in which the lengths of a code are coded, and how often each repeats.
func (b *block) scan(lengths []uint8, tell func(code, repeat int)) {
	for i := 0; i < len(lengths); {
		n := 1
		for i+n < len(lengths) && lengths[i+n] == lengths[i] {
			n++
		}
		v := int(lengths[i])
		i += n
		if v == 0 {
			for ; n >= 11; n -= min(n, 138) {
				tell(repeatZeroLong, min(n, 138))
			}
			if n >= 3 {
				tell(repeatZero, n)
				n = 0
			}
		} else {
			tell(v, 0)
			for n--; n >= 3; n -= min(n, 6) {
				tell(repeatPrevious, min(n, 6))
			}
		}
		for ; n > 0; n-- {
			tell(v, 0)
		}
	}
}

// writeCodes writes the codes of the block, those of their lengths before them.
func (b *block) writeCodes(w *bitWriter, codes int) {
	literals, distances := b.literals.lengths(), b.distances.lengths()
	w.write(uint32(len(literals)-257), 5)
	w.write(uint32(len(distances)-1), 5)
	w.write(uint32(codes-4), 4)
	for _, c := range codeOrder[:codes] {
		w.write(uint32(b.lengths.length[c]), 3)
	}
	send := func(code, repeat int) {
		b.lengths.send(w, code)
		switch code {
		case repeatPrevious, repeatZero:
			w.write(uint32(repeat-3), uint(codeExtra[code]))
		case repeatZeroLong:
			w.write(uint32(repeat-11), uint(codeExtra[code]))
		}
	}
	b.scan(literals, send)
	b.scan(distances, send)
}

// writeSymbols writes the symbols of the block and its end.
func (b *block) writeSymbols(w *bitWriter, literals, distances code) {
	for _, s := range b.symbols {
		if s.distance == 0 {
			literals.send(w, int(s.value))
			continue
		}
		c := int(lengthCode[s.value])
		literals.send(w, endOfBlock+1+c)
		w.write(uint32(uint16(s.value)-lengthBase[c]), uint(lengthExtra[c]))
		c = distanceCode(uint32(s.distance - 1))
		distances.send(w, c)
		w.write(uint32(s.distance-1-distanceBase[c]), uint(distanceExtra[c]))
	}
	literals.send(w, endOfBlock)
}

// bitWriter writes the bits of a deflate stream, the lowest of a byte first.
type bitWriter struct {
	bytes []byte
	word  uint64
	used  uint // bits of word, below 8 between calls
}

func (w *bitWriter) write(v uint32, n uint) {
	w.word |= uint64(v) << w.used
	for w.used += n; w.used >= 8; w.used -= 8 {
		w.bytes = append(w.bytes, byte(w.word))
		w.word >>= 8
	}
}

// align fills the last byte by zeros.
func (w *bitWriter) align() {
	if w.used > 0 {
		w.write(0, 8-w.used)
	}
}
