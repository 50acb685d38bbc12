package tokenizer

import "unicode/utf8"

// sentencePiece is BPE as SentencePiece does it with byte fallback (Kudo and Richardson 2018, arXiv 1808.06226): the
// characters of the whole text, before which a space is put, are merged. A character without a token is as
// many bytes, each a token of its own that merges with nothing.
//
// The vocabulary writes U+2581 for a space. Here that character is a space in tokens, and in a text it is coded
// by its bytes.
type sentencePiece struct {
	*vocabulary
	ascii  [utf8.RuneSelf]int32 // ids of characters, -1 where one has none
	runes  map[rune]int32       // the others
	bytes  [256]int32           // ids of the bytes that are no characters
	merges *merges
	joins  [256][256]bool // by the last byte of a merge's left token and the first of its right one
	cut    bool           // each space begins a word, by Metaspace's split

	states encodeStates
}

// Encode appends the symbols of b to dst.
func (t *sentencePiece) Encode(dst []int32, b []byte) []int32 {
	if len(b) == 0 {
		return dst
	}
	s := t.states.get()
	if t.lead > 0 {
		b = append(append(make([]byte, 0, len(b)+1), ' '), b...)
	}
	for len(b) > 0 {
		n := t.first(b)
		dst = t.word(dst, b[:n], s)
		b = b[n:]
	}
	t.states.put(s)
	return dst
}

// first is the size of the first word of b. It ends where no merge joins the tokens on the two sides, so that cutting
// there changes nothing, and where the file says that a space begins a word.
func (t *sentencePiece) first(b []byte) int {
	i := 0
	for {
		if b[i] < utf8.RuneSelf {
			i++
		} else {
			_, n := utf8.DecodeRune(b[i:])
			i += n
		}
		if i == len(b) || !t.joins[b[i-1]][b[i]] || t.cut && b[i] == ' ' {
			return i
		}
	}
}

// word encodes a word.
func (t *sentencePiece) word(dst []int32, word []byte, s *encodeState) []int32 {
	if dst, ok := s.cache.find(dst, word); ok {
		return dst
	}
	s.ids = s.ids[:0]
	for i := 0; i < len(word); {
		r, n := utf8.DecodeRune(word[i:])
		if id := t.character(r, n); id >= 0 {
			s.ids = append(s.ids, id)
		} else {
			for _, c := range word[i : i+n] {
				s.ids = append(s.ids, t.bytes[c])
			}
		}
		i += n
	}
	begin := len(dst)
	for _, id := range t.merges.apply(s.ids, &s.merge) {
		dst = append(dst, t.symbol[id])
	}
	s.cache.keep(word, dst[begin:])
	return dst
}

// character is the id of the character r of n bytes, or -1.
func (t *sentencePiece) character(r rune, n int) int32 {
	if r < utf8.RuneSelf {
		return t.ascii[r]
	}
	if id, ok := t.runes[r]; ok && n > 1 { // a byte of invalid UTF-8 is no U+FFFD
		return id
	}
	return -1
}
