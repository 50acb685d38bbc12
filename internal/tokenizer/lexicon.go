package tokenizer

import (
	"fmt"
	"slices"
	"strings"
)

// MaxRows is how many rows a model's vocabulary may have. Parse makes the same symbols of a tokenizer.json for any number that
// has room for all of its ids and the 256 bytes.
const MaxRows = 1 << 20

const maxToken = 1 << 10 // bytes; the longest that models have are some 256

// lexicon is the vocabulary of a tokenizer as files give it, by id.
type lexicon struct {
	names   map[string]int // ids of tokens, as merges name them
	present []bool         // (V) ids that have a string
	text    []string       // (V) the bytes that each id stands for in a text; "" for none, as with special tokens
	added   []int32        // ids that are cut out of a text before words are looked for, in the file's order
}

// newLexicon is a lexicon for a model's vocabulary of so many rows, without tokens.
func newLexicon(vocab int) (*lexicon, error) {
	if vocab < 1 || vocab > MaxRows {
		return nil, fmt.Errorf("the model's vocabulary has %d rows, want 1 to %d", vocab, MaxRows)
	}
	return &lexicon{names: map[string]int{}, present: make([]bool, vocab), text: make([]string, vocab)}, nil
}

// put gives an id the string name, of which the bytes text are meant.
func (l *lexicon) put(id int, name, text string) error {
	switch {
	case id < 0 || id >= len(l.text):
		return fmt.Errorf("token %q has the id %d, want one below %d, the rows of the model's vocabulary", cut(name), id, len(l.text))
	case len(text) > maxToken:
		return fmt.Errorf("token %q has %d bytes, want at most %d", cut(name), len(text), maxToken)
	case l.present[id]:
		return fmt.Errorf("token %q has the id %d, which another token has too", cut(name), id)
	}
	l.present[id], l.text[id] = true, text
	return nil
}

// pair is a merge as files give it: the strings of two tokens.
type pair [2]string

// rules are the merges of the pairs, which files give in the order of their ranks. Those that have to do with special
// tokens are left out: these never come from a text.
func (l *lexicon) rules(pairs []pair) ([]merge, error) {
	list := make([]merge, 0, len(pairs))
	var both []byte
	for rank, p := range pairs {
		left, ok1 := l.names[p[0]]
		right, ok2 := l.names[p[1]]
		both = append(append(both[:0], p[0]...), p[1]...)
		result, ok3 := l.names[string(both)]
		if !ok1 || !ok2 || !ok3 {
			return nil, fmt.Errorf("merge %d is of %q and %q, want two tokens that together are a third", rank, cut(p[0]), cut(p[1]))
		}
		if l.text[left] == "" || l.text[right] == "" || l.text[result] == "" {
			continue
		}
		if r, ok := strings.CutPrefix(l.text[result], l.text[left]); !ok || r != l.text[right] {
			return nil, fmt.Errorf("merge %d makes %q of %q and %q", rank, cut(l.text[result]), cut(l.text[left]), cut(l.text[right]))
		}
		list = append(list, merge{int32(left), int32(right), int32(result), uint32(rank)})
	}
	return list, nil
}

// bytes are the ids of the 256 bytes, and the merges that are left. A byte without a token, of which a text in UTF-8 may
// have no need, takes the id of something that no text has: of those without a string, then of special tokens, and
// where these are too few of what the last merges make, which then is coded as its parts.
// Ascending bytes take ascending ids of each kind.
func (l *lexicon) bytes(rules []merge) (ids [256]int32, left []merge, err error) {
	for i := range ids {
		ids[i] = -1
	}
	for id, s := range l.text {
		if len(s) == 1 && (ids[s[0]] < 0 || !slices.Contains(l.added, int32(id))) {
			ids[s[0]] = int32(id)
		}
	}
	var missing []int
	for b, id := range ids {
		if id < 0 {
			missing = append(missing, b)
		}
	}
	spare, last := l.spare(rules, len(missing))
	if len(spare) < len(missing) {
		return ids, nil, fmt.Errorf("%d byte values have no token, and %d ids can be spared for them: %d are missing",
			len(missing), len(spare), len(missing)-len(spare))
	}
	for i, b := range missing {
		ids[b] = spare[i]
		l.text[spare[i]] = string([]byte{byte(b)})
	}
	gone := func(m merge) bool {
		return slices.ContainsFunc(last, func(id int32) bool { return m.left == id || m.right == id || m.result == id })
	}
	return ids, slices.DeleteFunc(rules, gone), nil
}

// spare are the first n ids that may stand for bytes, fewer if there are not so many, and those of them
// that merges made.
func (l *lexicon) spare(rules []merge, n int) (ids, last []int32) {
	for _, special := range []bool{false, true} {
		for id, s := range l.text {
			if len(ids) < n && s == "" && l.present[id] == special {
				ids = append(ids, int32(id))
			}
		}
	}
	for i := len(rules) - 1; i >= 0 && len(ids)+len(last) < n; i-- {
		id := rules[i].result
		if !slices.Contains(last, id) && !slices.Contains(l.added, id) {
			last = append(last, id)
		}
	}
	slices.Sort(last)
	return append(ids, last...), last
}

// cut is the beginning of a string, for errors.
func cut(s string) string {
	if len(s) > 64 {
		return strings.ToValidUTF8(s[:64], "") + "..."
	}
	return s
}
