package surprisal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"lmz"
	"lmz/internal/container"
	"lmz/internal/lab/dataset"
)

// errBroken is of a profile that is not the stream's.
var errBroken = errors.New("surprisal: other payloads came out than in the stream: lmz is broken")

// File compresses raw, bytes of kind Text or Bytes, by a Writer, and profiles what it wrote. rawSize is that of the whole of which
// raw is the beginning, -1 if not known.
func File(ctx context.Context, raw []byte, kind dataset.Kind, rawSize int64, o Options) (*Lens, error) {
	l := o.begin()
	l.Kind, l.RawSize = kind, rawSize
	progress := o.half()
	var stream bytes.Buffer
	w, err := lmz.NewWriter(&stream, lmz.Options{Model: lmz.ModelOf(o.Model), Threads: o.Threads, Policy: o.policy(), RawSize: int64(len(raw)),
		Context: ctx, Progress: progress})
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(raw); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	size := stream.Len()
	r := container.NewReader(&stream)
	h, err := r.NextMember()
	if err != nil {
		return nil, err
	}
	o.mixed = h.Mixed
	for {
		f, err := r.NextFrame()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		part := raw[len(l.Raw):][:f.RawLen]
		if err := l.frame(ctx, o, f, o.split(part, len(f.Payloads)), f.RawLen, progress); err != nil {
			return nil, err
		}
		if err := r.Verify(f, part); err != nil {
			return nil, err
		}
	}
	l.Headers = int64(size) - l.CodedSize()
	return l, nil
}

// split gives the symbols of the segments of a coded frame.
func (o Options) split(raw []byte, segments int) [][]int32 {
	list := make([][]int32, segments)
	for i := range list {
		begin, end := container.Segment(i, segments, len(raw))
		list[i] = o.Model.Tokenizer().Encode(nil, raw[begin:end])
	}
	return list
}

// frame adds a frame of a stream: of one not coded the first raw bytes, as many as most; of a coded one the first segments,
// whose symbols these are.
func (l *Lens) frame(ctx context.Context, o Options, f *container.Frame, symbols [][]int32, most int, progress func(int)) error {
	switch f.Kind {
	case container.Stored:
		part := f.Stored[:min(most, len(f.Stored))]
		l.addPlain(part, Stored, 8, len(part))
		progress(len(part))
		return nil
	case container.Fill:
		part := bytes.Repeat([]byte{f.Fill}, min(most, f.RawLen))
		l.addPlain(part, Fill, 0, 1)
		progress(len(part))
		return nil
	}
	payloads, err := l.code(ctx, o, symbols, progress)
	if err != nil {
		return err
	}
	if !slices.EqualFunc(payloads, f.Payloads[:len(payloads)], bytes.Equal) {
		return fmt.Errorf("%w (the frame at offset %d)", errBroken, f.Offset)
	}
	return nil
}
