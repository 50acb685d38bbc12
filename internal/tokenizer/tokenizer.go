// Package tokenizer turns bytes into the symbols that a language model predicts, and back.
//
// A Tokenizer here is lossless for any bytes: Decode(Encode(b)) is b for text, for invalid UTF-8 and
// for noise. It never normalises. Start with Bytes, the tokenizer of the byte-level models; Parse reads
// those of Hugging Face.
//
// The package does not know which model uses which tokenizer: lm does. Nor does it know start-of-text and other tokens
// that stand for no bytes: they are the model's affair.
package tokenizer

// Tokenizer maps bytes to symbols and back. Implementations are immutable and safe for concurrent use.
type Tokenizer interface {
	// Name stands for what the tokenizer does in the identity of a model.
	Name() string

	// Encode appends the symbols of b to dst. The segmentation is canonical: equal bytes give
	// equal symbols. No bytes are no symbols.
	Encode(dst []int32, b []byte) []int32

	// Decode appends the bytes of the symbols t, all those of a text, to dst. A symbol outside
	// 0..Symbols()-1 is a bug of the caller and panics.
	Decode(dst []byte, t []int32) []byte

	// Symbols is how many symbols there are: 0..Symbols()-1.
	Symbols() int

	// Size is how many bytes a symbol stands for, at least 1.
	Size(symbol int32) int

	// Lead is how many bytes the symbols of a text stand for beyond its own: the sizes of Encode(b) add up to
	// len(b) + Lead() unless b is empty. It is 1 where a text begins with a space of the vocabulary's,
	// which Decode takes away, and 0 elsewhere.
	Lead() int

	// IDs is the row of the model's vocabulary of each symbol, (Symbols). The caller must not change it.
	IDs() []int32
}
