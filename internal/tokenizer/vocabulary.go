package tokenizer

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// vocabulary is the table of a decoder: the bytes and the row of the model's vocabulary of each symbol.
// Symbols are in the order of rows.
type vocabulary struct {
	ids    []int32 // (Symbols), ascending
	bytes  []byte  // those of all symbols, one after another
	ends   []int   // (Symbols) where those of each end in bytes
	lead   int     // 1 if symbols stand for a space before the text, else 0
	name   string
	symbol []int32 // (V) by id: the symbol that codes the bytes of the id, -1 if the id stands for none
}

// newVocabulary makes the table from the bytes that each id stands for, (V), "" for none. Of ids that stand for the
// same bytes one is coded, the first of those that the encoder prefers, and the others are given its symbol.
func newVocabulary(text []string, prefer func(id int) bool, lead int) *vocabulary {
	v := &vocabulary{lead: lead, symbol: make([]int32, len(text))}
	coded := make(map[string]int32)   // the id that codes these bytes
	coder := make([]int32, len(text)) // the same by id
	for _, preferred := range []bool{true, false} {
		for id, s := range text {
			if s == "" || prefer(id) != preferred {
				continue
			}
			var ok bool
			if coder[id], ok = coded[s]; !ok {
				coded[s], coder[id] = int32(id), int32(id)
			}
		}
	}
	for id, s := range text {
		if s != "" && int(coder[id]) == id {
			v.symbol[id] = int32(len(v.ids))
			v.ids = append(v.ids, int32(id))
			v.bytes = append(v.bytes, s...)
			v.ends = append(v.ends, len(v.bytes))
		}
	}
	for id, s := range text {
		v.symbol[id] = v.symbol[coder[id]]
		if s == "" {
			v.symbol[id] = -1
		}
	}
	v.name = v.hash()
	return v
}

// hash is "vocabulary " and, in hexadecimal, SHA-256 over the table: the 15 bytes "lmz vocabulary\n", the lead and the
// number of symbols, then for each symbol in order its id, the number of its bytes, and these. All numbers
// are 32 bits, least significant byte first.
func (v *vocabulary) hash() string {
	table := []byte("lmz vocabulary\n")
	number := func(n int) { table = binary.LittleEndian.AppendUint32(table, uint32(n)) }
	number(v.lead)
	number(len(v.ids))
	for s, id := range v.ids {
		number(int(id))
		b := v.at(int32(s))
		number(len(b))
		table = append(table, b...)
	}
	return fmt.Sprintf("vocabulary %x", sha256.Sum256(table))
}

// at is the bytes of a symbol.
func (v *vocabulary) at(symbol int32) []byte {
	if uint32(symbol) >= uint32(len(v.ends)) {
		panic(fmt.Sprintf("tokenizer: symbol %d, want 0 to %d", symbol, len(v.ends)-1))
	}
	begin := 0
	if symbol > 0 {
		begin = v.ends[symbol-1]
	}
	return v.bytes[begin:v.ends[symbol]]
}

// Name is "vocabulary " and the hash of the table: how the encoder cuts a text into symbols is its own affair.
func (v *vocabulary) Name() string { return v.name }

// Decode appends the bytes of the symbols t, all those of a text, to dst, without the lead.
func (v *vocabulary) Decode(dst []byte, t []int32) []byte {
	for i, s := range t {
		b := v.at(s)
		if i == 0 {
			b = b[v.lead:]
		}
		dst = append(dst, b...)
	}
	return dst
}

// Symbols is how many symbols there are.
func (v *vocabulary) Symbols() int { return len(v.ids) }

// Size is how many bytes a symbol stands for.
func (v *vocabulary) Size(symbol int32) int { return len(v.at(symbol)) }

// Lead is 1 if the symbols of a text stand for a space before it.
func (v *vocabulary) Lead() int { return v.lead }

// IDs is the row of the model's vocabulary of each symbol.
func (v *vocabulary) IDs() []int32 { return v.ids }
