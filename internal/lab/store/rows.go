package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
)

// Range is the rows First, First+1, ... First+Count-1 of a cell.
type Range struct {
	First int `json:"first"`
	Count int `json:"count"`
}

// End is the index behind the last.
func (r Range) End() int { return r.First + r.Count }

func (r Range) String() string {
	if r.Count == 1 {
		return fmt.Sprint(r.First)
	}
	return fmt.Sprintf("%d to %d", r.First, r.End()-1)
}

// Identity is the content address of rows of a cell: the hex SHA-256 over the cell and all that was measured, seconds apart, which differ
// each time. Two workers that measure the same range make the same identity, or one of them is wrong.
func Identity(cell string, rows []Chunk) string {
	h := sha256.New()
	frame(h, cell)
	var b []byte
	for _, r := range rows {
		b = b[:0]
		for _, n := range []int64{int64(r.Index), r.RawBytes, r.CoveredBytes, r.Tokens, r.CodedBytes, r.LostBits, r.HeaderBytes, int64(len(r.Profile))} {
			b = binary.LittleEndian.AppendUint64(b, uint64(n))
		}
		for _, x := range []float64{r.CodeLength, r.CountedBits} {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
		}
		for _, t := range r.Profile {
			b = binary.LittleEndian.AppendUint64(b, uint64(t.Size))
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(t.Bits))
		}
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil))
}
