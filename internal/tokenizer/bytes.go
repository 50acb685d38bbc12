package tokenizer

import "fmt"

// Bytes is the tokenizer of byte-level models: symbol i is the byte i.
type Bytes struct{}

var _ Tokenizer = Bytes{}

// Name is "bytes".
func (Bytes) Name() string { return "bytes" }

// Encode appends the bytes of b to dst, one symbol a byte.
func (Bytes) Encode(dst []int32, b []byte) []int32 {
	for _, c := range b {
		dst = append(dst, int32(c))
	}
	return dst
}

// Decode appends the symbols t, each 0..255, to dst as bytes.
func (Bytes) Decode(dst []byte, t []int32) []byte {
	for _, s := range t {
		if uint32(s) > 255 {
			panic(fmt.Sprintf("tokenizer: symbol %d, want 0 to 255", s))
		}
		dst = append(dst, byte(s))
	}
	return dst
}

// Symbols is 256.
func (Bytes) Symbols() int { return 256 }

// Size is 1.
func (Bytes) Size(int32) int { return 1 }

// Lead is 0.
func (Bytes) Lead() int { return 0 }

// IDs are the bytes themselves.
func (Bytes) IDs() []int32 { return byteIDs }

// byteIDs is 0..255.
var byteIDs = func() []int32 {
	ids := make([]int32, 256)
	for i := range ids {
		ids[i] = int32(i)
	}
	return ids
}()
