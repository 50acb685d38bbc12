package dataset

import (
	"bytes"
	"context"
	"io"
)

// makeDNA makes chunks of the sequences of FASTA files, one after another: header lines and line ends are left
// out, letters keep their case, and those that are no base (N and the like) stay.
func makeDNA(ctx context.Context, spec Spec, from *source, emit func([]byte) error) (Signal, error) {
	return Signal{}, cut(ctx, spec, from, emit, func(f *file) (io.Reader, error) {
		begin, err := f.Peek(1)
		if err != nil && err != io.EOF {
			return nil, err
		}
		if len(begin) == 0 || begin[0] != '>' {
			f.skip("no FASTA: it does not begin with >")
			return nil, nil
		}
		return &fasta{f: f, line: 1}, nil
	})
}

// fasta reads the sequences of a FASTA file.
type fasta struct {
	f      *file
	line   int  // from 1
	inside bool // a line, beyond its first byte
	header bool // the line is one
}

func (r *fasta) Read(p []byte) (int, error) {
	for {
		n, err := r.f.Read(p)
		kept := p[:0]
		for _, b := range p[:n] {
			switch {
			case b == '\n':
				r.line++
				r.inside, r.header = false, false
				continue
			case b == '\r' || r.header:
			case b == '>' && !r.inside:
				r.header = true
			case isBase(b):
				kept = append(kept, b)
			default:
				return 0, r.f.errorf("line %d: byte %q in a sequence, want letters, * or -", r.line, b)
			}
			r.inside = true
		}
		if len(kept) > 0 || err != nil {
			return len(kept), err
		}
	}
}

// isBase reports whether a byte may stand in a sequence: letters, * for a stop, - for a gap.
func isBase(b byte) bool {
	return 'A' <= b&^0x20 && b&^0x20 <= 'Z' || b == '*' || b == '-'
}

// isFASTA reports whether a file that begins so is FASTA: after a line that begins with > comes one of
// letters. Mail that quotes mail begins with > too, and has spaces.
func isFASTA(begin []byte) bool {
	header, rest, ok := bytes.Cut(begin, []byte("\n"))
	if !ok || !bytes.HasPrefix(header, []byte(">")) {
		return false
	}
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	for _, b := range line {
		if !isBase(b) {
			return false
		}
	}
	return len(line) > 0
}
