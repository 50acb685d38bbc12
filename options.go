package lmz

import (
	"context"
	"fmt"

	"lmz/internal/codec"
	"lmz/internal/container"
	"lmz/internal/lm"
)

// Options of Writers and Readers. The zero value is right for most.
type Options struct {
	// Model predicts; nil is DefaultModel. A Reader needs the model that the file was made with.
	Model *Model

	// Threads is how many goroutines code at once; 0 or less is runtime.GOMAXPROCS(0). The bytes do not
	// depend on it. No more than 64 are started, or GOMAXPROCS if that is more. In decoding, each has
	// segments of its own: a frame below 32 KiB has one.
	Threads int

	// Policy is a Writer's. A Reader finds it in the file.
	Policy Policy

	// RawSize is the number of bytes that a Writer will be given, kept in the header for those who
	// list or decode the file; 0 if it is not known. To write another number is an error, of Close at last.
	RawSize int64

	// Context, if not nil, ends long work: Write, Flush, Close and Read return its cause soon
	// after it ends.
	Context context.Context

	// Progress, if not nil, is called with the number of raw bytes coded since its last call, often
	// within a frame. Several goroutines may call it at once.
	Progress func(rawBytes int)
}

// withDefaults fills in what was left zero.
func (o Options) withDefaults() (Options, error) {
	if o.Model == nil {
		m, err := DefaultModel()
		if err != nil {
			return o, err
		}
		o.Model = m
	}
	if o.Context == nil {
		o.Context = context.Background()
	}
	if o.Progress == nil {
		o.Progress = func(int) {}
	}
	return o, nil
}

// predictor is the model under a policy.
func (o Options) predictor(p Policy) codec.Predictor { return o.Model.lm.Predictor(lm.Policy(p)) }

// codec is how the codec is to work: lengths are in bytes.
func (o Options) codec(mixed bool) codec.Options {
	return codec.Options{Threads: o.Threads, Size: o.Model.lm.Tokenizer().Size, Progress: o.Progress, Mixed: mixed}
}

// FormatError reports a file that no Writer writes: damaged, or no lmz file at all. Its Offset, an int64, is
// that of the field in error, in bytes from the start of the file; its Msg says what was found and wanted.
type FormatError = container.FormatError

// UnsupportedError reports a file of a format or numerics version that this package does not have. It has
// the fields of FormatError.
type UnsupportedError = container.UnsupportedError

// ModelError reports a file that was made with another model.
type ModelError struct {
	Need ModelID
	Have *Model
}

func (e *ModelError) Error() string {
	return fmt.Sprintf("lmz: made with model %v, have %v (%s)", e.Need, e.Have.ID(), e.Have.Name())
}
