package store

import (
	"encoding/binary"
	"fmt"
	"math"
)

// profile is a chunk's row in the table tokens.
type profile struct {
	Cell  string `json:"cell"`
	Index int    `json:"chunk"`
	Coded []byte `json:"profile"` // 8 bytes a token: its size as uint32 and its bits as float32, little-endian; numpy's [("size", "<u4"), ("bits", "<f4")]
}

const tokenBytes = 8

func encodeProfile(tokens []Token) ([]byte, error) {
	coded := make([]byte, 0, tokenBytes*len(tokens))
	for i, t := range tokens {
		if t.Size < 0 || int64(t.Size) > math.MaxUint32 {
			return nil, fmt.Errorf("store: token %d has size %d", i, t.Size)
		}
		if bits := float64(t.Bits); math.IsNaN(bits) || math.IsInf(bits, 0) {
			return nil, fmt.Errorf("store: token %d has %v bits, want a finite number", i, bits)
		}
		coded = binary.LittleEndian.AppendUint32(coded, uint32(t.Size))
		coded = binary.LittleEndian.AppendUint32(coded, math.Float32bits(t.Bits))
	}
	return coded, nil
}

func decodeProfile(coded []byte) ([]Token, error) {
	if len(coded)%tokenBytes != 0 {
		return nil, fmt.Errorf("a profile of %d bytes, want %d a token", len(coded), tokenBytes)
	}
	tokens := make([]Token, len(coded)/tokenBytes)
	for i := range tokens {
		tokens[i].Size = int(binary.LittleEndian.Uint32(coded[tokenBytes*i:]))
		tokens[i].Bits = math.Float32frombits(binary.LittleEndian.Uint32(coded[tokenBytes*i+4:]))
	}
	return tokens, nil
}
