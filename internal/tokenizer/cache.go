package tokenizer

import (
	"encoding/binary"
	"sync"
)

const (
	cacheSlots   = 1 << 14 // 64 bytes each: a megabyte, and a few per cent of an English text's words miss it
	cacheBytes   = 22      // longest word that is kept
	cacheSymbols = 10      // most symbols of a word that is kept
)

// cache remembers the symbols of words that came before: the latest of those that share a slot.
type cache [cacheSlots]struct {
	size, count uint8
	word        [cacheBytes]byte
	symbols     [cacheSymbols]int32
}

// slotOf is the slot of a word: its bytes, spread over a hash's upper bits.
func slotOf(word []byte) uint32 {
	const factor = 0x9E3779B97F4A7C15 // the golden ratio of 2^64
	h := uint64(len(word))
	for ; len(word) >= 8; word = word[8:] {
		h = (h ^ binary.LittleEndian.Uint64(word)) * factor
		h ^= h >> 32
	}
	for _, c := range word {
		h = (h ^ uint64(c)) * factor
	}
	return uint32(h>>32) % cacheSlots
}

// find appends the symbols of a word to dst, if it knows them.
func (c *cache) find(dst []int32, word []byte) ([]int32, bool) {
	if len(word) > cacheBytes {
		return dst, false
	}
	s := &c[slotOf(word)]
	if string(s.word[:s.size]) != string(word) {
		return dst, false
	}
	return append(dst, s.symbols[:s.count]...), true
}

// keep remembers the symbols of a word, which is not empty, if it is short.
func (c *cache) keep(word []byte, symbols []int32) {
	if len(word) > cacheBytes || len(symbols) > cacheSymbols {
		return
	}
	s := &c[slotOf(word)]
	s.size, s.count = uint8(len(word)), uint8(len(symbols))
	copy(s.word[:], word)
	copy(s.symbols[:], symbols)
}

// encodeState is the memory of an encoder at work.
type encodeState struct {
	cache cache
	ids   []int32
	merge mergeScratch
}

// encodeStates keeps the memory of encoders that have done their work for the next ones.
type encodeStates struct{ pool sync.Pool }

func (p *encodeStates) get() *encodeState {
	if s, ok := p.pool.Get().(*encodeState); ok {
		return s
	}
	return new(encodeState)
}

func (p *encodeStates) put(s *encodeState) {
	const large = 1 << 16 // ids: what a word of more took is not kept
	if cap(s.ids) > large {
		s.ids, s.merge = nil, mergeScratch{}
	}
	p.pool.Put(s)
}
