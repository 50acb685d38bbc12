// Package tokenizer turns bytes into the symbols that a language model predicts, and back.
//
// A Tokenizer here is lossless for any bytes: Decode(Encode(b)) is b for text, for invalid UTF-8 and
// for noise. It never normalises. Start with Bytes, the tokenizer of the byte-level models; byte-pair
// encoding gets a file of its own beside it.
//
// The package does not know which model uses which tokenizer: lm does.
package tokenizer

// Tokenizer maps bytes to symbols and back. Implementations are immutable and safe for concurrent use.
type Tokenizer interface {
	// Name stands for what the tokenizer does in the identity of a model.
	Name() string

	// Encode appends the symbols of b to dst. The segmentation is canonical: equal bytes give
	// equal symbols.
	Encode(dst []int32, b []byte) []int32

	// Decode appends the bytes of the symbols t to dst. Every symbol in 0..Symbols()-1 stands for
	// at least one byte; any other is a bug of the caller and panics.
	Decode(dst []byte, t []int32) []byte

	// Start is the id of start-of-text, the context of the first symbol. It need not be below
	// Symbols: it is fed to the model and never coded.
	Start() int32

	// Symbols is how many ids may be coded, 0..Symbols()-1.
	Symbols() int
}
