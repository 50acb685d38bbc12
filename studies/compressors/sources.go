package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mewkiz/flac"
)

//go:embed message.txt
var message []byte

// own is the message, which was written for this study.
func own(_ context.Context, _ string, to io.Writer) error {
	_, err := to.Write(message)
	return err
}

// plain is a file as it is.
func plain(name string) source {
	return func(_ context.Context, data string, to io.Writer) error {
		f, err := os.Open(filepath.Join(data, name))
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(to, f)
		return err
	}
}

// through is a file of which a function makes another.
func through(name string, convert func(from io.Reader, to io.Writer) error) source {
	return func(_ context.Context, data string, to io.Writer) error {
		f, err := os.Open(filepath.Join(data, name))
		if err != nil {
			return err
		}
		defer f.Close()
		if err := convert(f, to); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
}

func gzipped(name string) source {
	return through(name, func(from io.Reader, to io.Writer) error {
		z, err := gzip.NewReader(from)
		if err == nil {
			_, err = io.Copy(to, z)
		}
		return err
	})
}

// errEnough ends a source of which more is not wanted.
var errEnough = errors.New("enough")

// prefix passes on the first left bytes.
type prefix struct {
	to   io.Writer
	left int
}

func (p *prefix) Write(b []byte) (int, error) {
	n, err := p.to.Write(b[:min(len(b), p.left)])
	p.left -= n
	if err == nil && n < len(b) {
		err = errEnough
	}
	return n, err
}

// first is the first n bytes of a source.
func first(n int, s source) source {
	return func(ctx context.Context, data string, to io.Writer) error {
		if err := s(ctx, data, &prefix{to, n}); !errors.Is(err, errEnough) {
			return err
		}
		return nil
	}
}

// tarred is one member of a .tar.gz file.
func tarred(name, member string) source {
	return through(name, func(from io.Reader, to io.Writer) error {
		z, err := gzip.NewReader(from)
		if err != nil {
			return err
		}
		for t := tar.NewReader(z); ; {
			h, err := t.Next()
			if err != nil {
				return fmt.Errorf("%s: %w", member, err)
			}
			if h.Name == member {
				_, err = io.Copy(to, t)
				return err
			}
		}
	})
}

// zipped is one member of a .zip file.
func zipped(name, member string) source {
	return func(_ context.Context, data string, to io.Writer) error {
		return unzip(filepath.Join(data, name), to, func(n string) bool { return n == member })
	}
}

// unzip writes the members of a .zip file that are wanted one after another, by name.
func unzip(name string, to io.Writer, wanted func(member string) bool) error {
	z, err := zip.OpenReader(name)
	if err != nil {
		return err
	}
	defer z.Close()
	slices.SortFunc(z.File, func(a, b *zip.File) int { return cmp.Compare(a.Name, b.Name) })
	for _, member := range z.File {
		if !wanted(member.Name) {
			continue
		}
		f, err := member.Open()
		if err == nil {
			_, err = io.Copy(to, f)
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			return fmt.Errorf("%s: %s: %w", name, member.Name, err)
		}
	}
	return nil
}

// goSource is the .go files of a module that are no tests, one after another, as the module proxy has them, but for one
// that is a copy of others' code.
func goSource(module, version, copied string) source {
	return func(ctx context.Context, _ string, to io.Writer) error {
		said, err := exec.CommandContext(ctx, "go", "mod", "download", "-json", module+"@"+version).Output()
		var d struct{ Zip, Error string }
		if parsed := json.Unmarshal(said, &d); err != nil || parsed != nil {
			return fmt.Errorf("go mod download %s@%s: %w %s", module, version, errors.Join(err, parsed), d.Error)
		}
		return unzip(d.Zip, to, func(n string) bool {
			return strings.HasSuffix(n, ".go") && !strings.HasSuffix(n, "_test.go") && path.Base(n) != copied
		})
	}
}

// pixels is an image as a PPM file: a header of 15 bytes or so, then red, green and blue of each pixel, row by row.
func pixels(name string) source {
	return through(name, func(from io.Reader, to io.Writer) error {
		img, err := png.Decode(from)
		if err != nil {
			return err
		}
		b := img.Bounds()
		if _, ok := img.(*image.RGBA); !ok {
			return fmt.Errorf("an image of %T, want 8 bits of red, green and blue", img)
		}
		out := fmt.Appendf(nil, "P6\n%d %d\n255\n", b.Dx(), b.Dy())
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				c := img.(*image.RGBA).RGBAAt(x, y)
				out = append(out, c.R, c.G, c.B)
			}
		}
		_, err = to.Write(out)
		return err
	})
}

// wave is a FLAC file of one channel of 16 bits as a WAV file: a header of 44 bytes, then the samples.
func wave(name string) source {
	return through(name, func(from io.Reader, to io.Writer) error {
		stream, err := flac.New(from)
		if err != nil {
			return err
		}
		if i := stream.Info; i.NChannels != 1 || i.BitsPerSample != 16 {
			return fmt.Errorf("%d channels of %d bits, want 1 of 16", i.NChannels, i.BitsPerSample)
		}
		var samples []byte
		for {
			frame, err := stream.ParseNext()
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
			for _, s := range frame.Subframes[0].Samples {
				samples = binary.LittleEndian.AppendUint16(samples, uint16(s))
			}
		}
		var header bytes.Buffer
		rate, size := stream.Info.SampleRate, uint32(len(samples))
		for _, field := range []any{
			[]byte("RIFF"), 36 + size, []byte("WAVEfmt "), uint32(16),
			uint16(1), uint16(1), rate, 2 * rate, uint16(2), uint16(16), // PCM, channels, Hz, bytes a second, bytes and bits a sample
			[]byte("data"), size,
		} {
			if err := binary.Write(&header, binary.LittleEndian, field); err != nil {
				return err
			}
		}
		_, err = to.Write(append(header.Bytes(), samples...))
		return err
	})
}
