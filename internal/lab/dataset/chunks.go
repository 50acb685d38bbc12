package dataset

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
)

// cut cuts the bytes that read makes of a source's files into chunks. They are those of all files one after
// another, and the last chunk may be shorter; with Spec.PerFile, chunks are of one file each, and the rest of a
// file that is shorter than a chunk is left out. read returns nil for a file that it skips.
func cut(ctx context.Context, spec Spec, from *source, emit func([]byte) error, read func(*file) (io.Reader, error)) error {
	var part []byte
	err := from.walk(ctx, func(f *file) error {
		r, err := read(f)
		if r == nil || err != nil {
			return err
		}
		chunks := 0
		for spec.PerFile == 0 || chunks < spec.PerFile {
			if part == nil {
				part = make([]byte, 0, spec.Chunk)
			}
			n, err := io.ReadFull(r, part[len(part):spec.Chunk])
			part = part[:len(part)+n]
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				break
			}
			if err != nil {
				return err
			}
			if err := emit(part); err != nil {
				return err
			}
			chunks++
			part = nil
		}
		if spec.PerFile == 0 {
			return nil
		}
		if chunks == 0 {
			f.skip(fmt.Sprintf("%d bytes, a chunk is %d", len(part), spec.Chunk))
		}
		part = part[:0]
		return nil
	})
	if err != nil || len(part) == 0 {
		return err
	}
	return emit(part)
}

// makePlain makes chunks of the files' bytes as they are.
func makePlain(ctx context.Context, spec Spec, from *source, emit func([]byte) error) (Signal, error) {
	return Signal{}, cut(ctx, spec, from, emit, func(f *file) (io.Reader, error) { return f, nil })
}

// makeRandom makes Spec.Count chunks of the ChaCha8 generator whose key is Spec.Seed, little-endian, and zeros.
func makeRandom(ctx context.Context, spec Spec, _ *source, emit func([]byte) error) (Signal, error) {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], spec.Seed)
	generator := rand.NewChaCha8(key)
	for range spec.Count {
		if err := ctx.Err(); err != nil {
			return Signal{}, err
		}
		chunk := make([]byte, spec.Chunk)
		generator.Read(chunk)
		if err := emit(chunk); err != nil {
			return Signal{}, err
		}
	}
	return Signal{}, nil
}

// ignoreEnd is err, or nil if that is io.EOF.
func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
