package measure

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"lmz"
	"lmz/internal/lab/store"
)

// streamCoder makes .lmz files. Each of its chunks, a frame long, is a member of the file that they are one after another: so
// each can be measured by itself, at the price of a header.
type streamCoder struct {
	model   *lmz.Model
	policy  lmz.Policy
	options options
}

func (s *streamCoder) code(ctx context.Context, chunks [][]byte, first int, progress func(int)) ([]store.Chunk, error) {
	rows := make([]store.Chunk, len(chunks))
	for i, chunk := range chunks {
		row, err := s.member(ctx, chunk, progress)
		if err != nil {
			return nil, fmt.Errorf("measure: frame %d: %w", first+i, err)
		}
		row.Index = first + i
		rows[i] = row
	}
	return rows, nil
}

func (s *streamCoder) member(ctx context.Context, raw []byte, progress func(int)) (row store.Chunk, err error) {
	o := lmz.Options{Model: s.model, Threads: s.options.threads, Policy: s.policy, RawSize: int64(len(raw)), Context: ctx, Progress: s.options.progress(progress)}
	row.RawBytes, row.CoveredBytes = int64(len(raw)), int64(len(raw))
	begun := time.Now()
	var file bytes.Buffer
	w, err := lmz.NewWriter(&file, o)
	if err != nil {
		return row, err
	}
	if _, err := w.Write(raw); err != nil {
		return row, err
	}
	if err := w.Close(); err != nil {
		return row, err
	}
	row.EncodeSeconds = time.Since(begun).Seconds()
	row.CodeLength, row.Tokens = w.CodeLength()
	row.CodedBytes = int64(file.Len())
	row.CountedBits = float64(8 * row.CodedBytes)
	if !s.options.verified {
		return row, nil
	}
	begun = time.Now()
	r, err := lmz.NewReader(&file, o)
	if err != nil {
		return row, err
	}
	decoded, err := io.ReadAll(r)
	if err != nil {
		return row, err
	}
	row.DecodeSeconds = time.Since(begun).Seconds()
	if !bytes.Equal(decoded, raw) {
		return row, errors.New("other bytes were decoded than had been coded: lmz is broken")
	}
	return row, nil
}
