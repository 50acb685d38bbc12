package surprisal

import (
	"encoding/hex"
	"fmt"

	"lmz/internal/lab/dataset"
)

// Account is what is told of a file: of its content, and of an .lmz file its parts. It is also what lmz explain --json prints.
type Account struct {
	File    string       `json:"file"`
	Kind    dataset.Kind `json:"kind"`              // Archive if nothing but parts is told
	Parts   *Parts       `json:"parts,omitempty"`   // of an .lmz file
	Content *Content     `json:"content,omitempty"` // nil of an .lmz file that was not decoded
}

// Content is what is told of bytes that a model coded.
type Content struct {
	Lens  *Lens  `json:"-"`
	Coded string `json:"coded"` // what was coded, and how, in words

	Model     string `json:"model"`
	Identity  string `json:"identity"` // hex
	Precision string `json:"precision"`
	Window    int    `json:"window"` // positions
	Policy    string `json:"policy"` // fresh or carry

	RawBytes    int64    `json:"rawBytes"`
	LeftOut     int64    `json:"leftOut"` // bytes that were not coded, -1 for some
	Tokens      int      `json:"tokens"`  // that the model coded
	CodeLength  float64  `json:"codeLength"`
	CodedSize   int64    `json:"codedSize"` // bytes
	Headers     int64    `json:"headers"`   // of it, beside payloads
	BitsPerByte *float64 `json:"bitsPerByte,omitempty"`
	Ratio       *float64 `json:"ratio,omitempty"` // coded size / raw bytes

	HalfOfBits float64 `json:"halfOfBits"` // the share of the tokens, the costliest, that have half of the bits

	Histogram []Bin     `json:"histogram"`
	Positions []Stretch `json:"positions"`
	Classes   []Class   `json:"classes,omitempty"` // not of pixels and samples
	Costliest []Costly  `json:"costliest"`
	Segments  []Segment `json:"segments"`
	Profile   []Token   `json:"profile"`
}

// NewAccount sums up a Lens of a file of this name.
func NewAccount(file string, l *Lens, costliest []Costly) *Account {
	c := &Content{
		Lens: l, Coded: l.coded(),
		Model: l.Model, Identity: hex.EncodeToString(l.Identity[:]), Precision: l.Precision, Window: l.Window, Policy: "fresh",
		RawBytes: int64(len(l.Raw)), LeftOut: l.LeftOut(), Tokens: l.CodedTokens(), CodeLength: l.CodeLength(), CodedSize: l.CodedSize(), Headers: l.Headers,
		HalfOfBits: l.HalfOfBits(), Histogram: l.Histogram(), Positions: l.ByPosition(), Costliest: costliest, Segments: l.Segments, Profile: l.Tokens,
	}
	if l.Carry {
		c.Policy = "carry"
	}
	if l.IsText() {
		c.Classes = l.ByClass()
	}
	if len(l.Raw) > 0 {
		ratio := float64(c.CodedSize) / float64(c.RawBytes)
		rate := 8 * ratio
		c.Ratio, c.BitsPerByte = &ratio, &rate
	}
	return &Account{File: file, Kind: l.Kind, Content: c}
}

// IsText reports whether Raw is to be shown as characters: it is no pixels and no samples.
func (l *Lens) IsText() bool { return l.Kind == dataset.Text || l.Kind == dataset.Bytes }

// coded says what was coded.
func (l *Lens) coded() string {
	switch l.Kind {
	case dataset.Image:
		return fmt.Sprintf("The grey pixels of an image of %d x %d, not the bytes of its file: 8 bits each, in tiles of %d x %d, each tile coded by itself, row by row.",
			l.Picture.Width, l.Picture.Height, tileWidth, tileHeight)
	case dataset.Speech:
		return fmt.Sprintf("Samples of 16 bits, %d a second, not the bytes of the file: in chunks of %d bytes, each coded by itself.", l.Rate, dataset.DefaultChunk)
	}
	if l.decoded {
		return "The content of the file, as its frames hold it."
	}
	return "The bytes of the file, as lmz compresses them."
}
