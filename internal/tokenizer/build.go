package tokenizer

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// newByteLevel makes a tokenizer of byte-level BPE. With ignoreMerges a word that is a token as it stands is not merged.
func newByteLevel(l *lexicon, rules []merge, splits []splitter, added []*addedTokens, ignoreMerges bool) (Tokenizer, error) {
	bytes, rules, err := l.bytes(rules)
	if err != nil {
		return nil, err
	}
	isAdded := make(map[int]bool, len(l.added))
	for _, id := range l.added {
		isAdded[int(id)] = true
	}
	t := &byteLevel{
		vocabulary: newVocabulary(l.text, func(id int) bool { return isAdded[id] }, 0),
		added:      added,
		splits:     splits,
		bytes:      bytes,
		merges:     newMerges(rules),
	}
	if len(added) == 0 && slices.Equal(t.ids, byteIDs) && slices.Equal(bytes[:], byteIDs) {
		return Bytes{}, nil
	}
	if ignoreMerges {
		t.whole = make(map[string]int32, len(l.text))
		for id, s := range l.text {
			if s != "" && !isAdded[id] {
				t.whole[s] = int32(id)
			}
		}
	}
	return t, nil
}

// newSentencePiece makes a tokenizer of SentencePiece's BPE, which must have a token for each of the 256 bytes.
func newSentencePiece(l *lexicon, rules []merge, lead int, cut bool) (Tokenizer, error) {
	t := &sentencePiece{runes: make(map[rune]int32), cut: cut}
	for i := range t.ascii {
		t.ascii[i] = -1
	}
	byteTokens := make(map[int]bool, 256)
	for b := range t.bytes {
		name := fmt.Sprintf("<0x%02X>", b)
		id, ok := l.names[name]
		if !ok || l.text[id] == "" {
			return nil, fmt.Errorf("there is no token %s, want one for each byte", name)
		}
		t.bytes[b] = int32(id)
		l.text[id] = string([]byte{byte(b)})
		byteTokens[id] = true
	}
	for _, r := range rules {
		if byteTokens[int(r.left)] || byteTokens[int(r.right)] || byteTokens[int(r.result)] {
			return nil, fmt.Errorf("merge %d has to do with the token of a byte, want merges of text only", r.rank)
		}
		left, right := l.text[r.left], l.text[r.right]
		t.joins[left[len(left)-1]][right[0]] = true
	}
	for id, s := range l.text {
		if r, n := utf8.DecodeRuneInString(s); n == len(s) && s != "" && !byteTokens[id] {
			if r < utf8.RuneSelf {
				t.ascii[r] = int32(id)
			} else {
				t.runes[r] = int32(id)
			}
		}
	}
	t.vocabulary = newVocabulary(l.text, func(id int) bool { return !byteTokens[id] }, lead)
	t.merges = newMerges(rules)
	return t, nil
}

// spaced is the text of a token of SentencePiece's, which writes U+2581 for a space: "" if it is no UTF-8 or has
// spaces of its own, so that no text is cut into it.
func spaced(token string) string {
	if strings.Contains(token, " ") || !utf8.ValidString(token) {
		return ""
	}
	return strings.ReplaceAll(token, metaspace, " ")
}
