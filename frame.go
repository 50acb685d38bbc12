package lmz

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"lmz/internal/codec"
	"lmz/internal/container"
	"lmz/internal/lm"
)

// Frames of a file are independent, so that many machines can share one: the laboratory has them coded and decoded by these functions, a
// frame at a time, and writes the file that a Writer makes.

// Header begins what a Writer with the options makes.
func (o Options) Header() (container.Header, error) {
	o, err := o.withDefaults()
	if err != nil {
		return container.Header{}, err
	}
	h := container.Header{Numerics: lm.Numerics, Policy: o.Policy, Model: o.Model.ID(), RawSize: o.RawSize, Mixed: o.Model.lm.Mixes()}
	if h.RawSize == 0 {
		h.RawSize = -1
	}
	return h, nil
}

// EncodeFrame makes the frame that a Writer makes of 1 to FrameSize raw bytes that no Flush parts. It depends on them, the model and the policy
// alone.
func EncodeFrame(raw []byte, o Options) (*container.Frame, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if len(raw) < 1 || len(raw) > FrameSize {
		return nil, fmt.Errorf("lmz: frame of %d raw bytes, want 1 to %d", len(raw), FrameSize)
	}
	f, _, _, err := o.encodeFrame(o.predictor(o.Policy), raw)
	return f, err
}

// DecodeFrame returns the raw bytes of a frame of a member that begins with h, which its checksum confirms. The errors are those of a Reader.
func DecodeFrame(h container.Header, f *container.Frame, o Options) ([]byte, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := o.Model.Check(h, 0); err != nil {
		return nil, err
	}
	raw, err := o.decodeFrame(nil, o.predictor(h.Policy), f, h.Mixed)
	if err != nil {
		return nil, err
	}
	return raw, f.Verify(raw)
}

// CheckFrame is an error unless f, which somebody else made, has the form of what EncodeFrame makes of raw with a member's header. Whether its
// payloads stand for raw only decoding tells.
func CheckFrame(h container.Header, f *container.Frame, raw []byte) error {
	if err := f.Verify(raw); err != nil {
		return err
	}
	want := container.Coded
	switch {
	case constant(raw):
		want = container.Fill
	case f.Kind == container.Stored: // the model's affair
		want = container.Stored
	}
	switch {
	case f.Kind != want:
		return &FormatError{Msg: fmt.Sprintf("a %v frame of raw bytes that make a %v one", f.Kind, want)}
	case f.Kind == container.Fill && f.Fill != raw[0], f.Kind == container.Stored && !bytes.Equal(f.Stored, raw):
		return &FormatError{Msg: fmt.Sprintf("the bytes of a %v frame are not the raw ones", f.Kind)}
	case f.Kind != container.Coded:
		return nil
	}
	if found, want := len(f.Payloads), segments(len(raw), h.Mixed); found != want {
		return &FormatError{Msg: fmt.Sprintf("%d segments of %d raw bytes, want %d", found, len(raw), want)}
	}
	if found := container.CodedSize(f.Payloads); found >= len(raw) {
		return &FormatError{Msg: fmt.Sprintf("segments of %d bytes for %d raw bytes, want fewer", found, len(raw))}
	}
	return nil
}

// encodeFrame makes the frame of raw that is smallest. bits is the sum of -log2 of the probabilities of its tokens.
func (o Options) encodeFrame(p codec.Predictor, raw []byte) (f *container.Frame, bits float64, tokens int64, err error) {
	if o.Context.Err() != nil {
		return nil, 0, 0, context.Cause(o.Context)
	}
	if constant(raw) {
		o.Progress(len(raw))
		return container.NewFill(raw), 0, 0, nil
	}
	stored := func() (*container.Frame, float64, int64, error) {
		return container.NewStored(raw), 8 * float64(len(raw)), 0, nil
	}
	store, err := incompressible(o.Context, p, o.Model, raw, o.Threads)
	if err != nil {
		return nil, 0, 0, err
	}
	if store {
		o.Progress(len(raw))
		return stored()
	}
	mixed := o.Model.lm.Mixes()
	symbols := split(o.Model.lm.Tokenizer(), raw, segments(len(raw), mixed))
	payloads, codeLengths, err := codec.Encode(o.Context, p, symbols, o.codec(mixed))
	if err != nil {
		return nil, 0, 0, err
	}
	if container.CodedSize(payloads) >= len(raw) {
		return stored()
	}
	for i, b := range codeLengths {
		bits += b
		tokens += int64(len(symbols[i]))
	}
	return container.NewCoded(raw, payloads), bits, tokens, nil
}

// decodeFrame appends the raw bytes of f, which are not verified, to dst, whose length is 0.
func (o Options) decodeFrame(dst []byte, p codec.Predictor, f *container.Frame, mixed bool) ([]byte, error) {
	if o.Context.Err() != nil {
		return dst, context.Cause(o.Context)
	}
	switch f.Kind {
	case container.Stored:
		o.Progress(f.RawLen)
		return append(dst, f.Stored...), nil
	case container.Fill:
		dst = slices.Grow(dst, f.RawLen)[:f.RawLen]
		for i := range dst {
			dst[i] = f.Fill
		}
		o.Progress(f.RawLen)
		return dst, nil
	}
	tokenizer := o.Model.lm.Tokenizer()
	lengths := make([]int, len(f.Payloads))
	for i := range lengths {
		begin, end := container.Segment(i, len(lengths), f.RawLen)
		lengths[i] = end - begin + tokenizer.Lead()
	}
	symbols, _, err := codec.Decode(o.Context, p, f.Payloads, lengths, o.codec(mixed))
	if format := (*codec.FormatError)(nil); errors.As(err, &format) {
		return dst, &FormatError{Offset: f.Offset, Msg: format.Error()}
	}
	if err != nil {
		return dst, err
	}
	for _, s := range symbols {
		dst = tokenizer.Decode(dst, s)
	}
	return dst, nil
}

// constant reports whether all bytes are the same.
func constant(raw []byte) bool {
	for _, b := range raw {
		if b != raw[0] {
			return false
		}
	}
	return true
}
