package lmz

import (
	"bufio"
	"io"

	"lmz/internal/codec"
	"lmz/internal/container"
)

// A Reader decompresses a file: one or more members, as several Writers one after another make them.
// It keeps a frame in memory and, for each thread, the contexts of the segments at work.
//
// What Read returns has been confirmed by its frame's checksum. That the whole file is sound, and not cut
// short, is known when Read returns io.EOF.
type Reader struct {
	options   Options
	predictor codec.Predictor
	mixed     bool // as the header says
	container *container.Reader
	source    *counter
	buffer    *bufio.Reader // of source, what the container reads: with it, offsets are known
	raw       []byte        // a frame
	unread    []byte        // the end of raw
	err       error         // of all that follows
}

// NewReader makes a Reader of r, having read and checked the first header. It reads ahead: r is used up
// to its end. The error is a *FormatError for bytes that no Writer writes, an *UnsupportedError or a
// *ModelError for a file that needs another version or model, and wraps io.ErrUnexpectedEOF for one cut
// short, as an empty one is; so are those of Read.
func NewReader(r io.Reader, o Options) (*Reader, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	z := &Reader{options: o, source: &counter{r: r}}
	z.buffer = bufio.NewReaderSize(z.source, 32<<10) // the container adds no other to one of this size
	z.container = container.NewReader(z.buffer)
	if err := z.nextMember(); err != nil {
		return nil, err
	}
	return z, nil
}

// nextMember begins the next member, or returns io.EOF.
func (r *Reader) nextMember() error {
	offset := r.source.n - int64(r.buffer.Buffered())
	h, err := r.container.NextMember()
	if err != nil {
		return err
	}
	if err := r.options.Model.Check(h, offset); err != nil {
		return err
	}
	r.predictor, r.mixed = r.options.predictor(h.Policy), h.Mixed
	return nil
}

// Read reads decompressed bytes.
func (r *Reader) Read(p []byte) (int, error) {
	for len(r.unread) == 0 {
		if r.err == nil {
			r.err = r.nextFrame()
		}
		if r.err != nil {
			return 0, r.err
		}
	}
	n := copy(p, r.unread)
	r.unread = r.unread[n:]
	return n, nil
}

// nextFrame decodes the next frame to r.unread, or begins the next member.
func (r *Reader) nextFrame() error {
	f, err := r.container.NextFrame()
	if err == io.EOF {
		return r.nextMember()
	}
	if err != nil {
		return err
	}
	if err := r.decodeFrame(f); err != nil {
		return err
	}
	if err := r.container.Verify(f, r.raw); err != nil {
		return err
	}
	r.unread = r.raw
	return nil
}

// decodeFrame decodes f to r.raw.
func (r *Reader) decodeFrame(f *container.Frame) (err error) {
	r.raw, err = r.options.decodeFrame(r.raw[:0], r.predictor, f, r.mixed)
	return err
}

// counter counts the bytes that are read from r.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
