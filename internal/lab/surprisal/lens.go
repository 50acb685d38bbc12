package surprisal

import (
	"encoding/json"
	"image"
	"math"

	"lmz/internal/lab/dataset"
)

// Lens is where the bits of some data go. Tokens are in the order of the data, and so are segments: their sizes add up to
// len(Raw), and their tokens to len(Tokens).
type Lens struct {
	Kind     dataset.Kind // Text, Bytes, Image or Speech
	RawSize  int64        // bytes of the data in all, -1 if not known: more than len(Raw) where the data were limited
	Raw      []byte       // what was coded, the first bytes of the data
	Tokens   []Token
	Segments []Segment
	Headers  int64 // bytes of the stream beside payloads: 0 for chunks, which are counted without headers

	Model     string // its name
	Identity  [16]byte
	Precision string
	Symbols   int  // of the model's tokenizer: 256 for one of bytes
	Window    int  // of the model, in positions
	Carry     bool // half the context is carried over when the window is full

	Picture *Picture // of kind Image
	Rate    int      // samples a second, of kind Speech

	decoded bool      // it is the content of an .lmz file
	symbols [][]int32 // of each segment, nil of one that is not Coded
}

// Token is what the model codes at once.
type Token struct {
	Size     int     // raw bytes, at least 1
	Bits     float64 // its code length
	Position int     // symbols before it in its context, start-of-text not counted
}

// MarshalJSON writes a token as [size, bits, position], bits to four places: there may be a million.
func (t Token) MarshalJSON() ([]byte, error) {
	return json.Marshal([3]float64{float64(t.Size), math.Round(t.Bits*1e4) / 1e4, float64(t.Position)})
}

// Mode is how a segment is held.
type Mode string

// The modes. Bytes that the model did not code are tokens of one byte, of 8 bits if stored and none of a fill.
const (
	Coded  Mode = "coded"
	Stored Mode = "stored"
	Fill   Mode = "fill"
)

// Segment is what is coded from an empty context, to a payload of its own.
type Segment struct {
	Begin      int     `json:"begin"` // in Lens.Raw
	Size       int     `json:"size"`  // raw bytes
	Mode       Mode    `json:"mode"`
	Tokens     int     `json:"tokens"`
	CodeLength float64 `json:"codeLength"` // bits
	Payload    int     `json:"payload"`    // bytes
}

// Picture is what an image was made of: 8-bit grey, and in which tile each pixel was coded.
type Picture struct {
	Width, Height int               // of the image in the file
	Tiles         []image.Rectangle // of each segment; the pixels beyond the last were left out
}

// CodeLength is the bits of all tokens, added up segment by segment as a Writer does it.
func (l *Lens) CodeLength() (bits float64) {
	for _, s := range l.Segments {
		bits += s.CodeLength
	}
	return bits
}

// CodedSize is the bytes that hold Raw: a real stream's, its headers with it, or of chunks their payloads.
func (l *Lens) CodedSize() int64 {
	size := l.Headers
	for _, s := range l.Segments {
		size += int64(s.Payload)
	}
	return size
}

// CodedTokens is how many tokens the model coded.
func (l *Lens) CodedTokens() (n int) {
	for _, s := range l.Segments {
		if s.Mode == Coded {
			n += s.Tokens
		}
	}
	return n
}

// LeftOut is how many bytes of the data were not coded, -1 if there are some and nobody knows how many.
func (l *Lens) LeftOut() int64 {
	if l.RawSize < 0 {
		return -1
	}
	return l.RawSize - int64(len(l.Raw))
}
