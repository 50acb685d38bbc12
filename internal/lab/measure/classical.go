package measure

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"lmz/internal/lab/store"
)

// compressor is a classical compressor: baseline.Compressor.
type compressor interface {
	Compress(ctx context.Context, raw []byte) ([]byte, error)
	Decompress(ctx context.Context, coded []byte, rawSize int) ([]byte, error)
}

// classicalCoder compresses chunks by a classical compressor, and decompresses them.
type classicalCoder struct {
	compressor compressor
	header     int // bytes that each chunk but the first has for free
	options    options
}

func (c *classicalCoder) code(ctx context.Context, chunks [][]byte, first int, progress func(int)) ([]store.Chunk, error) {
	rows := make([]store.Chunk, len(chunks))
	err := parallel(ctx, len(chunks), c.options.threads, func(ctx context.Context, i int) error {
		row, err := c.chunk(ctx, chunks[i])
		if err != nil {
			return fmt.Errorf("measure: chunk %d: %w", first+i, err)
		}
		row.Index = first + i
		if row.Index > 0 {
			row.HeaderBytes = int64(c.header)
		}
		row.CountedBits = float64(8 * (row.CodedBytes - row.HeaderBytes))
		rows[i] = row
		progress(len(chunks[i]))
		return nil
	})
	return rows, err
}

func (c *classicalCoder) chunk(ctx context.Context, chunk []byte) (row store.Chunk, err error) {
	row.RawBytes, row.CoveredBytes = int64(len(chunk)), int64(len(chunk))
	begun := time.Now()
	coded, err := c.compressor.Compress(ctx, chunk)
	if err != nil {
		return row, err
	}
	row.CodedBytes, row.EncodeSeconds = int64(len(coded)), time.Since(begun).Seconds()
	if !c.options.verified {
		return row, nil
	}
	begun = time.Now()
	raw, err := c.compressor.Decompress(ctx, coded, len(chunk))
	if err != nil {
		return row, err
	}
	row.DecodeSeconds = time.Since(begun).Seconds()
	if !bytes.Equal(raw, chunk) {
		return row, errors.New("other bytes came back than had been compressed")
	}
	return row, nil
}
