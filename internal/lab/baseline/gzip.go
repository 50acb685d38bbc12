package baseline

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// deflateVersion names deflate.go. It changes whenever the bytes of that may.
const deflateVersion = "lmz deflate 1"

// gzipCompressor gives the sizes of gzip -9, of chunks exactly: its blocks have up to 32767 symbols, as
// those of the program, which ends some sooner, and its header has no name and no time.
type gzipCompressor struct{}

func (gzipCompressor) Name() string    { return "gzip -9" }
func (gzipCompressor) Version() string { return deflateVersion }

func (c gzipCompressor) Compress(ctx context.Context, raw []byte) ([]byte, error) {
	if err := checkDeflate(c.Name(), len(raw)); err != nil {
		return nil, err
	}
	stream, err := deflate(ctx, raw, anyMatch, 9)
	if err != nil {
		return nil, err
	}
	coded := append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 0xff}, stream...) // 2: best compression; 0xff: no known system
	coded = binary.LittleEndian.AppendUint32(coded, crc32.ChecksumIEEE(raw))
	return binary.LittleEndian.AppendUint32(coded, uint32(len(raw))), nil
}

func (c gzipCompressor) Decompress(ctx context.Context, coded []byte, rawSize int) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r, err := gzip.NewReader(bytes.NewReader(coded))
	if err != nil {
		return nil, fmt.Errorf("baseline: %s: %w", c.Name(), err)
	}
	return readRaw(c.Name(), r, rawSize)
}

// checkDeflate is an error if deflate does not take that many bytes.
func checkDeflate(name string, rawBytes int) error {
	if rawBytes > maxDeflate {
		return fmt.Errorf("baseline: %s: %d bytes at once, %d at most: measure them in chunks", name, rawBytes, maxDeflate)
	}
	return nil
}
