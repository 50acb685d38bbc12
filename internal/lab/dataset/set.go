package dataset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
)

// Set is the chunks of a Spec, one after another.
type Set struct {
	next  func() ([]byte, error, bool)
	stop  func()
	first []byte // read by Open
	err   error  // that ended the set
}

// Open opens what spec says and makes the first chunk, so that what is missing is found out here.
// A source without a single chunk is an error.
func Open(ctx context.Context, spec Spec) (*Set, error) {
	spec, from, err := open(ctx, spec)
	if err != nil {
		return nil, err
	}
	next, stop := iter.Pull2(func(yield func([]byte, error) bool) {
		_, err := makeChunks(ctx, spec, from, func(chunk []byte) error {
			if !yield(chunk, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil {
			yield(nil, err)
		}
	})
	s := &Set{next: next, stop: stop}
	if s.first, err = s.Next(); err != nil {
		stop()
		return nil, err
	}
	return s, nil
}

// Next returns the next chunk, which is the caller's to keep: Spec.Chunk bytes, but the last of the data may be
// shorter. At the end it returns io.EOF. An error names the file, and is returned ever after.
func (s *Set) Next() ([]byte, error) {
	if s.first != nil {
		chunk := s.first
		s.first = nil
		return chunk, nil
	}
	if s.err != nil {
		return nil, s.err
	}
	chunk, err, ok := s.next()
	if !ok {
		err = io.EOF
	}
	s.err = err
	return chunk, err
}

// Close closes the files. Next returns an error after it.
func (s *Set) Close() error {
	s.stop()
	s.first, s.err = nil, errors.New("dataset: the set is closed")
	return nil
}

// open completes spec and finds its kind.
func open(ctx context.Context, spec Spec) (Spec, *source, error) {
	spec = spec.Complete()
	if err := spec.Validate(); err != nil {
		return spec, nil, err
	}
	from := newSource(spec.Source)
	if spec.Kind != "" {
		return spec, from, nil
	}
	kind, err := findKind(ctx, from)
	if err != nil {
		return spec, nil, err
	}
	spec.Kind = kind
	if err := spec.Validate(); err != nil {
		return spec, nil, fmt.Errorf("%w (the kind was found out from %s)", err, spec.Source)
	}
	return spec, from, nil
}

// makeChunks gives the chunks of spec to emit, Spec.Count at most. None at all is an error.
func makeChunks(ctx context.Context, spec Spec, from *source, emit func([]byte) error) (Signal, error) {
	make, ok := makers[spec.Kind]
	if !ok {
		return Signal{}, fmt.Errorf("dataset: no chunks can be made of kind %q", spec.Kind)
	}
	chunks := 0
	signal, err := make(ctx, spec, from, func(chunk []byte) error {
		chunks++
		if err := emit(chunk); err != nil {
			return err
		}
		if chunks == spec.Count {
			return errEnough
		}
		return nil
	})
	switch {
	case err != nil && !errors.Is(err, errEnough):
		return signal, err
	case chunks == 0:
		return signal, from.nothing(spec)
	}
	return signal, nil
}

// nothing is the error of a source that holds no chunk.
func (s *source) nothing(spec Spec) error {
	found := fmt.Errorf("no chunk of kind %s, of %d files", spec.Kind, s.files)
	if len(s.skipped) > 0 {
		found = fmt.Errorf("%w: %d skipped, the first is %s: %s", found, len(s.skipped), s.skipped[0].Name, s.skipped[0].Reason)
	}
	return &FileError{s.root, found}
}
