package generate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Sound is one channel of samples.
type Sound struct {
	SampleBytes int    // 1, unsigned, or 2, signed and little-endian
	SampleRate  int    // a second
	Samples     []byte // whole samples
}

// ReadSound reads a WAV file of PCM, one channel, 8 or 16 bits.
func ReadSound(r io.Reader) (*Sound, error) {
	s, err := readWAV(r)
	if err != nil {
		return nil, fmt.Errorf("generate: WAV: %w", err)
	}
	return s, nil
}

func readWAV(r io.Reader) (*Sound, error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, noEOF(err)
	}
	if string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return nil, fmt.Errorf("begins with %q, want RIFF and WAVE", head)
	}
	s := &Sound{}
	for {
		var chunk [8]byte
		if _, err := io.ReadFull(r, chunk[:]); err != nil {
			return nil, fmt.Errorf("no samples: %w", noEOF(err))
		}
		size := int64(binary.LittleEndian.Uint32(chunk[4:]))
		switch id := string(chunk[:4]); {
		case id == "fmt ":
			if err := s.readFormat(r, size); err != nil {
				return nil, err
			}
		case id == "data" && s.SampleBytes == 0:
			return nil, errors.New("samples before their format")
		case id == "data":
			var err error
			s.Samples, err = io.ReadAll(io.LimitReader(r, size)) // allocates what is there
			switch {
			case err != nil:
				return nil, err
			case int64(len(s.Samples)) < size:
				return nil, fmt.Errorf("%d bytes of samples, want %d: %w", len(s.Samples), size, io.ErrUnexpectedEOF)
			case len(s.Samples)%s.SampleBytes != 0:
				return nil, fmt.Errorf("%d bytes of samples of %d bytes each", size, s.SampleBytes)
			}
			return s, nil
		default: // of no interest; a chunk of odd size is padded
			if _, err := io.CopyN(io.Discard, r, size+size&1); err != nil {
				return nil, noEOF(err)
			}
		}
	}
}

// pcm is the encoding of WAV files that this package knows.
const pcm = 1

// readFormat reads the body of a chunk "fmt " of size bytes.
func (s *Sound) readFormat(r io.Reader, size int64) error {
	const most = 1 << 10
	if size < 16 || size > most {
		return fmt.Errorf("a format of %d bytes, want 16 to %d", size, most)
	}
	f := make([]byte, size+size&1)
	if _, err := io.ReadFull(r, f); err != nil {
		return noEOF(err)
	}
	encoding, channels := binary.LittleEndian.Uint16(f), binary.LittleEndian.Uint16(f[2:])
	rate, bits := binary.LittleEndian.Uint32(f[4:]), binary.LittleEndian.Uint16(f[14:])
	switch {
	case encoding != pcm:
		return fmt.Errorf("encoding %#x, want PCM, encoding 1", encoding)
	case channels != 1:
		return fmt.Errorf("%d channels, want one", channels)
	case bits != 8 && bits != 16:
		return fmt.Errorf("%d bits a sample, want 8 or 16", bits)
	case rate < 1 || rate > math.MaxInt32:
		return fmt.Errorf("%d samples a second", rate)
	}
	s.SampleBytes, s.SampleRate = int(bits/8), int(rate)
	return nil
}

func (s *Sound) writeWAV(w io.Writer) error {
	const header = 44
	n := len(s.Samples)
	if most := int64(math.MaxUint32 - header); int64(n) > most {
		return fmt.Errorf("generate: %d bytes of samples, want at most %d in a WAV file", n, most)
	}
	little := binary.LittleEndian
	b := append(make([]byte, 0, header), "RIFF"...)
	b = little.AppendUint32(b, uint32(header-8+n+n&1))
	b = append(b, "WAVEfmt "...)
	b = little.AppendUint32(b, 16)
	b = little.AppendUint16(b, pcm)
	b = little.AppendUint16(b, 1)
	b = little.AppendUint32(b, uint32(s.SampleRate))
	b = little.AppendUint32(b, uint32(s.SampleRate*s.SampleBytes))
	b = little.AppendUint16(b, uint16(s.SampleBytes))
	b = little.AppendUint16(b, uint16(8*s.SampleBytes))
	b = append(b, "data"...)
	b = little.AppendUint32(b, uint32(n))
	b = append(b, s.Samples...)
	if n%2 == 1 {
		b = append(b, 0)
	}
	_, err := w.Write(b)
	return err
}

// noEOF says of the end of a file, where it is not wanted, that it is unexpected.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
