package tokenizer

// byteLevel is byte-level BPE (Radford et al. 2019, GPT-2): a text is cut into words, and the bytes of each are merged.
type byteLevel struct {
	*vocabulary
	added  []*addedTokens // found in this order
	splits []splitter     // each cuts what the one before it gives
	bytes  [256]int32     // ids of the bytes
	merges *merges
	whole  map[string]int32 // words that are tokens without merging, by the file's ignore_merges

	states encodeStates
}

// Encode appends the symbols of b to dst.
func (t *byteLevel) Encode(dst []int32, b []byte) []int32 {
	s := t.states.get()
	dst = t.text(dst, b, s, t.added)
	t.states.put(s)
	return dst
}

// text encodes b, in which the tokens of added are looked for first.
func (t *byteLevel) text(dst []int32, b []byte, s *encodeState, added []*addedTokens) []int32 {
	if len(added) == 0 {
		return t.words(dst, b, s, t.splits)
	}
	for len(b) > 0 {
		begin, end, id := added[0].find(b)
		dst = t.text(dst, b[:begin], s, added[1:])
		if id >= 0 {
			dst = append(dst, t.symbol[id])
		}
		b = b[end:]
	}
	return dst
}

// words encodes b, which splits cut into words.
func (t *byteLevel) words(dst []int32, b []byte, s *encodeState, splits []splitter) []int32 {
	if len(splits) == 0 && len(b) > 0 {
		return t.word(dst, b, s)
	}
	for len(b) > 0 {
		n := splits[0](b)
		if len(splits) == 1 {
			dst = t.word(dst, b[:n], s)
		} else {
			dst = t.words(dst, b[:n], s, splits[1:])
		}
		b = b[n:]
	}
	return dst
}

// word encodes a word.
func (t *byteLevel) word(dst []int32, word []byte, s *encodeState) []int32 {
	if dst, ok := s.cache.find(dst, word); ok {
		return dst
	}
	begin := len(dst)
	if id, ok := t.whole[string(word)]; ok {
		dst = append(dst, t.symbol[id])
	} else {
		s.ids = s.ids[:0]
		for _, c := range word {
			s.ids = append(s.ids, t.bytes[c])
		}
		for _, id := range t.merges.apply(s.ids, &s.merge) {
			dst = append(dst, t.symbol[id])
		}
	}
	s.cache.keep(word, dst[begin:])
	return dst
}
