package baseline

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"hash/crc32"
	"image"
	"image/png"
)

// pngCompressor writes 8-bit grey PNG (ISO 15948) with the filters and the zlib strategy that make it
// smallest, tried one after the other as optipng -o7 does.
type pngCompressor struct {
	width int // Signal.Width
}

func (pngCompressor) Name() string    { return "PNG" }
func (pngCompressor) Version() string { return "lmz PNG 1, " + deflateVersion }

func (c pngCompressor) Compress(ctx context.Context, raw []byte) ([]byte, error) {
	w, h := shape(len(raw), c.width)
	if err := checkDeflate(c.Name(), (w+1)*h); err != nil {
		return nil, err
	}
	pixels := append(raw[:len(raw):len(raw)], make([]byte, w*h-len(raw))...)
	var best, rows []byte
	for _, f := range filterings {
		filtered := filter(pixels, w, f)
		for _, s := range []strategy{anyMatch, longMatch, noMatch, previousByte} {
			for _, memLevel := range memLevels(len(filtered)) {
				stream, err := deflate(ctx, filtered, s, memLevel)
				if err != nil {
					return nil, err
				}
				if best == nil || len(stream) < len(best) {
					best, rows = stream, filtered
				}
			}
		}
	}
	return pngFile(w, h, best, rows), nil
}

// pngFile is a picture of w by h pixels whose filtered rows are given, and their deflate stream.
func pngFile(w, h int, stream, rows []byte) []byte {
	data := append([]byte{0x78, 0xda}, stream...) // zlib: deflate, a window of 32 KiB, best compression
	data = binary.BigEndian.AppendUint32(data, adler32.Checksum(rows))

	coded := []byte("\x89PNG\r\n\x1a\n")
	header := binary.BigEndian.AppendUint32(nil, uint32(w))
	header = binary.BigEndian.AppendUint32(header, uint32(h))
	coded = appendChunk(coded, "IHDR", append(header, 8, 0, 0, 0, 0)) // 8 bits, grey, deflate, filters, not interlaced
	coded = appendChunk(coded, "IDAT", data)
	return appendChunk(coded, "IEND", nil)
}

// memLevels are those that are tried on n bytes: below one block they differ only in chance.
func memLevels(n int) []uint {
	if n < 1<<14-1 {
		return []uint{9}
	}
	return []uint{8, 9}
}

// appendChunk adds a PNG chunk: its length, type, data, and CRC.
func appendChunk(p []byte, name string, data []byte) []byte {
	p = binary.BigEndian.AppendUint32(p, uint32(len(data)))
	begin := len(p)
	p = append(append(p, name...), data...)
	return binary.BigEndian.AppendUint32(p, crc32.ChecksumIEEE(p[begin:]))
}

func (c pngCompressor) Decompress(ctx context.Context, coded []byte, rawSize int) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	config, err := png.DecodeConfig(bytes.NewReader(coded))
	if err != nil {
		return nil, fmt.Errorf("baseline: %s: %w", c.Name(), err)
	}
	if w, h := shape(rawSize, c.width); config.Width != w || config.Height != h {
		return nil, fmt.Errorf("baseline: %s: a picture of %dx%d pixels, want %dx%d for %d bytes", c.Name(), config.Width, config.Height, w, h, rawSize)
	}
	picture, err := png.Decode(bytes.NewReader(coded))
	if err != nil {
		return nil, fmt.Errorf("baseline: %s: %w", c.Name(), err)
	}
	grey, ok := picture.(*image.Gray)
	if !ok {
		return nil, fmt.Errorf("baseline: %s: pixels are %T, want 8-bit grey", c.Name(), picture)
	}
	return grey.Pix[:rawSize:rawSize], nil // image/png leaves no gap between rows
}
