package lmz

import (
	"errors"
	"fmt"
	"io"

	"lmz/internal/codec"
	"lmz/internal/container"
)

var errClosed = errors.New("lmz: write after Close")

// A Writer compresses what is written to it, in frames of FrameSize bytes whose segments are coded
// in parallel. It keeps one frame in memory and, for each thread, the contexts of the segments at work.
type Writer struct {
	options   Options
	predictor codec.Predictor
	container *container.Writer
	frame     []byte // raw bytes not yet written
	closed    bool
	err       error // of all that follows

	codeLength float64 // bits, of the frames so far
	tokens     int64   // coded
}

// NewWriter makes a Writer to w. The caller must Close it, and then w. It panics on an option out of range.
func NewWriter(w io.Writer, o Options) (*Writer, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if o.RawSize < 0 {
		panic(fmt.Sprintf("lmz: raw size %d, want 0 or more", o.RawSize))
	}
	h, err := o.Header()
	if err != nil {
		return nil, err
	}
	return &Writer{options: o, predictor: o.predictor(o.Policy), container: container.NewWriter(w, h)}, nil
}

// Write compresses p. It returns before all of it has been written: see Flush and Close.
func (w *Writer) Write(p []byte) (n int, err error) {
	for len(p) > 0 && w.err == nil {
		part := p[:min(len(p), FrameSize-len(w.frame))]
		w.frame = append(w.frame, part...)
		p = p[len(part):]
		n += len(part)
		if len(w.frame) == FrameSize {
			w.writeFrame()
		}
	}
	return n, w.err
}

// Flush writes what has been given so far as a frame, so that a Reader can return all of it. It costs
// some bytes, and the context: a flush every few kilobytes costs much.
func (w *Writer) Flush() error {
	if w.err == nil && len(w.frame) > 0 {
		w.writeFrame()
	}
	return w.err
}

// Close writes the last frame and what ends a file. It does not close the writer beneath. Without it, the
// file is cut short. A second Close does nothing.
func (w *Writer) Close() error {
	if w.closed {
		return nil
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := w.container.Close(); err != nil {
		w.err = err
		return err
	}
	w.closed, w.err = true, errClosed
	return nil
}

// CodeLength is the sum of -log2 of the probabilities by which the frames so far were coded, what they would have at least, and
// how many tokens these were. A stored frame has 8 bits a byte and no tokens; one of equal bytes has neither.
func (w *Writer) CodeLength() (bits float64, tokens int64) { return w.codeLength, w.tokens }

// writeFrame writes w.frame in the way that is smallest, and empties it.
func (w *Writer) writeFrame() {
	w.err = w.encodeFrame(w.frame)
	w.frame = w.frame[:0]
}

func (w *Writer) encodeFrame(raw []byte) error {
	f, bits, tokens, err := w.options.encodeFrame(w.predictor, raw)
	if err != nil {
		return err
	}
	w.codeLength += bits
	w.tokens += tokens
	return w.container.WriteFrame(f, raw)
}
