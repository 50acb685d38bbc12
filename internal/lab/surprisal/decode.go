package surprisal

import (
	"context"
	"errors"
	"io"

	"lmz"
	"lmz/internal/codec"
	"lmz/internal/container"
	"lmz/internal/lab/dataset"
	"lmz/internal/lm"
)

// Decode decodes an .lmz file of size bytes and profiles it, to the end of the segment in which its first most raw bytes end. The errors
// are those of an lmz.Reader.
func Decode(ctx context.Context, file io.ReaderAt, size, most int64, o Options) (*Lens, error) {
	members, err := container.ReadIndex(file, size)
	if err != nil {
		return nil, err
	}
	l := o.begin()
	l.decoded = true
	for _, m := range members {
		l.RawSize += m.RawSize
	}
	d := &decoder{Lens: l, options: o, most: most, progress: o.half(), r: container.NewReader(io.NewSectionReader(file, 0, size))}
	end := size
	for _, m := range members {
		if err := d.member(ctx, m); err == errEnough {
			end = d.end
			break
		} else if err != nil {
			return nil, err
		}
	}
	if d.end == 0 {
		if _, err := d.r.NextMember(); err != io.EOF { // all was read: nothing may follow
			return nil, err
		}
	}
	l.Headers = end - l.CodedSize()
	l.Kind = KindOf(l.Raw)
	if l.Kind != dataset.Text {
		l.Kind = dataset.Bytes
	}
	return l, nil
}

// errEnough ends the work: as many bytes were profiled as were asked for.
var errEnough = errors.New("surprisal: enough")

// decoder is a file on its way into a Lens.
type decoder struct {
	*Lens
	options  Options
	r        *container.Reader
	most     int64
	progress func(int)
	end      int64 // where in the file the work ended, if errEnough
}

// member adds the frames of the next member, which the index lists as m.
func (c *decoder) member(ctx context.Context, m container.Member) error {
	h, err := c.r.NextMember()
	if err != nil {
		return err
	}
	if err := lmz.ModelOf(c.options.Model).Check(h, m.Offset); err != nil {
		return err
	}
	o := c.options
	o.Carry, o.mixed = h.Policy == container.Carry, h.Mixed
	c.Carry = o.Carry
	for {
		left := int(min(c.most-int64(len(c.Raw)), container.MaxFrame))
		f, err := c.r.NextFrame()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if left <= 0 {
			c.end = f.Offset
			return errEnough
		}
		begin := len(c.Raw)
		var symbols [][]int32
		if f.Kind == container.Coded {
			if symbols, err = c.decode(ctx, o, f, left); err != nil {
				return err
			}
		}
		if err := c.frame(ctx, o, f, symbols, left, c.progress); err != nil {
			return err
		}
		if raw := c.Raw[begin:]; len(raw) < f.RawLen {
			c.end = f.Offset + int64(head(f).size())
			for _, s := range c.Segments {
				if s.Begin >= begin {
					c.end += int64(s.Payload)
				}
			}
			return errEnough
		}
		if err := c.r.Verify(f, c.Raw[begin:]); err != nil {
			return err
		}
	}
}

// decode decodes the segments of a coded frame in which its first most raw bytes are.
func (c *decoder) decode(ctx context.Context, o Options, f *container.Frame, most int) ([][]int32, error) {
	t := o.Model.Tokenizer()
	var lengths []int
	for i := range f.Payloads {
		begin, end := container.Segment(i, len(f.Payloads), f.RawLen)
		if begin >= most {
			break
		}
		lengths = append(lengths, end-begin+t.Lead())
	}
	symbols, _, err := codec.Decode(ctx, o.Model.Predictor(lm.Policy(o.policy())), f.Payloads[:len(lengths)], lengths,
		codec.Options{Threads: o.Threads, Size: t.Size, Progress: c.progress, Mixed: o.mixed})
	if format := (*codec.FormatError)(nil); errors.As(err, &format) {
		return nil, &lmz.FormatError{Offset: f.Offset, Msg: format.Error()}
	}
	return symbols, err
}
