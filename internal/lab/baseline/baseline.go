// Package baseline holds the classical compressors that models are measured against (Deletang et al.
// 2023, arXiv 2309.10668, Table 1): general ones, and those made for images and for audio.
//
// Start at Open and Compressor; Names lists them, Header is what "header counted once" subtracts.
//
// A bar that is too low flatters what is measured against it, so each is the reference implementation
// at its best setting, or gives the same size as that. Encoders of xz, zstd, bzip2 and FLAC in Go are
// 10 to 26% weaker: those run the reference programs, which must be installed. They are run by pipes,
// in some milliseconds a chunk; to call their C libraries in the process would save about half of that,
// and cost a binding for each library, platform and version of them, so it is not done. gzip, brotli and PNG
// are in the process.
package baseline

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Signal says what the bytes are, for the compressors that are made for it. The others do without.
type Signal struct {
	// Width is how many pixels of 8 bits a row of an image has. 0 is for bytes that are no image: then a
	// picture of them has the two factors of their number that are closest to each other, the smaller
	// one for its width. Deletang et al. 2023 have it so even for image patches: 2048 bytes are
	// 32 pixels wide and 64 high. The last row is filled by zeros.
	Width int

	// SampleBytes is 2 for signed little-endian samples of 16 bits, 1 for unsigned ones of 8, and 0 for
	// bytes that are no samples: those are taken for 8-bit samples. An odd byte at the end is filled by a zero.
	SampleBytes int

	// SampleRate is in Hz; 0 is 16000. It changes no size, but stands in FLAC's header.
	SampleRate int
}

// Compressor is a classical compressor at one setting. It may be used by several goroutines at once.
type Compressor interface {
	// Name is what it is called in tables, with its setting: xz -9e.
	Name() string

	// Version is the version of the implementation, whose output another one may not equal: xz 5.4.1.
	Version() string

	// Compress is raw as a complete file of the format, headers and all.
	Compress(ctx context.Context, raw []byte) ([]byte, error)

	// Decompress is the raw bytes of what Compress made, of which there are rawSize. Any other number is
	// an error.
	Decompress(ctx context.Context, coded []byte, rawSize int) ([]byte, error)
}

// inProcess are the compressors that need no program.
var inProcess = []struct {
	name string
	open func(Signal) Compressor
}{
	{"gzip", func(Signal) Compressor { return gzipCompressor{} }},
	{"brotli", func(Signal) Compressor { return brotliCompressor{} }},
	{"png", func(s Signal) Compressor { return pngCompressor{s.Width} }},
}

// Names are the compressors, as Open takes them, whether or not their programs are installed.
func Names() []string {
	var names []string
	for _, c := range inProcess {
		names = append(names, c.name)
	}
	for _, p := range programs {
		names = append(names, p.name)
	}
	return names
}

// Available is nil if a compressor can be opened, else it says why not: which program is missing, and
// how to install it.
func Available(name string) error {
	_, err := Open(name, Signal{})
	return err
}

// Open is the compressor of a name for bytes that are s. Its error says which program is missing and
// how to install it.
func Open(name string, s Signal) (Compressor, error) {
	switch {
	case s.Width < 0:
		return nil, fmt.Errorf("baseline: %d pixels in a row, want 0 or more", s.Width)
	case s.SampleBytes < 0 || s.SampleBytes > 2:
		return nil, fmt.Errorf("baseline: samples of %d bytes, want 0, 1 or 2", s.SampleBytes)
	case s.SampleRate < 0 || s.SampleRate > maxSampleRate:
		return nil, fmt.Errorf("baseline: %d samples in a second, want 0 to %d", s.SampleRate, maxSampleRate)
	}
	for _, c := range inProcess {
		if c.name == name {
			return c.open(s), nil
		}
	}
	i := slices.IndexFunc(programs, func(p program) bool { return p.name == name })
	if i < 0 {
		return nil, fmt.Errorf("baseline: no compressor %q, there are %s", name, strings.Join(Names(), ", "))
	}
	return openProgram(&programs[i], s)
}

// Header is how many bytes c makes of one zero byte. Deletang et al. 2023 take it for the size of a
// header, and count it once for all chunks.
func Header(ctx context.Context, c Compressor) (int, error) {
	coded, err := c.Compress(ctx, []byte{0})
	return len(coded), err
}

// readRaw reads the raw bytes of name's decoder, which must be rawSize.
func readRaw(name string, r io.Reader, rawSize int) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, int64(rawSize)+1))
	if err == nil {
		err = checkSize(len(raw), rawSize)
	}
	if err != nil {
		return nil, fmt.Errorf("baseline: %s: %w", name, err)
	}
	return raw, nil
}

// checkSize is an error unless a decoder made as many bytes as there were. It may have been stopped
// after the first that is too many.
func checkSize(size, want int) error {
	switch {
	case size > want:
		return fmt.Errorf("more than %d bytes decoded, want %d", want, want)
	case size < want:
		return fmt.Errorf("%d bytes decoded, want %d", size, want)
	}
	return nil
}
