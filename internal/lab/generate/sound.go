package generate

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"lmz/internal/lab/dataset"
)

// Sound is one channel of samples.
type Sound struct {
	SampleBytes int    // 1, unsigned, or 2, signed and little-endian
	SampleRate  int    // a second
	Samples     []byte // whole samples
}

// ReadSound reads a WAV file of PCM, one channel, 8 or 16 bits.
func ReadSound(r io.Reader) (*Sound, error) {
	s, err := readSound(r)
	if err != nil {
		return nil, fmt.Errorf("generate: sound: %w", err)
	}
	return s, nil
}

func readSound(r io.Reader) (*Sound, error) {
	samples, f, err := dataset.OpenWAV(r)
	switch {
	case err != nil:
		return nil, err
	case f.Channels != 1:
		return nil, fmt.Errorf("%d channels, want one", f.Channels)
	case f.Bits != 8 && f.Bits != 16:
		return nil, fmt.Errorf("%d bits a sample, want 8 or 16", f.Bits)
	case f.Rate > math.MaxInt32:
		return nil, fmt.Errorf("%d samples a second", f.Rate)
	}
	s := &Sound{SampleBytes: f.Bits / 8, SampleRate: f.Rate}
	s.Samples, err = io.ReadAll(samples) // allocates what is there
	return s, err
}

// pcm is the encoding of the WAV files that are written.
const pcm = 1

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
