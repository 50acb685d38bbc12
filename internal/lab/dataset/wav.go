package dataset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Encodings of a WAV file's samples.
const (
	wavPCM        = 1
	wavExtensible = 0xfffe // the first two bytes of a GUID say which
)

// wavGUID is what follows the first two bytes of an extensible file's GUID.
var wavGUID = []byte("\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71")

// OpenWAV reads the header of a WAV file (RIFF, WAVE_FORMAT_PCM or WAVE_FORMAT_EXTENSIBLE with PCM) up
// to its samples and returns a reader of these, as they are in the file: as many as its header says, and whole ones, or
// an error.
func OpenWAV(r io.Reader) (io.Reader, AudioFormat, error) {
	var header [12]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, AudioFormat{}, damagedWAV(err)
	}
	if string(header[:4]) != "RIFF" || string(header[8:]) != "WAVE" {
		return nil, AudioFormat{}, fmt.Errorf("no WAV: it begins with %q, want RIFF and WAVE", header)
	}
	var format AudioFormat
	for {
		var chunk [8]byte
		if _, err := io.ReadFull(r, chunk[:]); err != nil {
			return nil, AudioFormat{}, damagedWAV(fmt.Errorf("no samples: %w", noEOF(err)))
		}
		size := int64(binary.LittleEndian.Uint32(chunk[4:]))
		switch id := string(chunk[:4]); {
		case id == "fmt ":
			var err error
			if format, err = readWAVFormat(r, size); err != nil {
				return nil, AudioFormat{}, err
			}
		case id == "data" && format == AudioFormat{}:
			return nil, AudioFormat{}, damagedWAV(errors.New("samples before their format"))
		case id == "data":
			return &wavSamples{r: r, size: size, frame: int64(format.Channels * ((format.Bits + 7) / 8))}, format, nil
		default: // of no interest
			if _, err := io.CopyN(io.Discard, r, size+size&1); err != nil {
				return nil, AudioFormat{}, damagedWAV(err)
			}
		}
	}
}

// readWAVFormat reads the body of a chunk "fmt " of size bytes, and what pads it.
func readWAVFormat(r io.Reader, size int64) (AudioFormat, error) {
	if size < 16 || size > 1<<10 {
		return AudioFormat{}, damagedWAV(fmt.Errorf("a format of %d bytes, want 16, 18 or 40", size))
	}
	b := make([]byte, size+size&1)
	if _, err := io.ReadFull(r, b); err != nil {
		return AudioFormat{}, damagedWAV(err)
	}
	encoding := binary.LittleEndian.Uint16(b)
	f := AudioFormat{
		Rate:     int(binary.LittleEndian.Uint32(b[4:])),
		Channels: int(binary.LittleEndian.Uint16(b[2:])),
		Bits:     int(binary.LittleEndian.Uint16(b[14:])),
	}
	if encoding == wavExtensible && size >= 40 && bytes.Equal(b[26:40], wavGUID) {
		encoding = binary.LittleEndian.Uint16(b[24:])
	}
	if encoding != wavPCM {
		return AudioFormat{}, fmt.Errorf("WAV of encoding %#x, want PCM, encoding 1", encoding)
	}
	if f.Rate < 1 || f.Channels < 1 || f.Bits < 1 {
		return AudioFormat{}, damagedWAV(fmt.Errorf("samples of %v", f))
	}
	return f, nil
}

// wavSamples reads as many bytes of samples as the file says that there are.
type wavSamples struct {
	r     io.Reader
	size  int64 // bytes, as the file says
	read  int64
	frame int64 // bytes of a sample of each channel
}

func (s *wavSamples) Read(p []byte) (int, error) {
	if s.size%s.frame != 0 {
		return 0, damagedWAV(fmt.Errorf("%d bytes of samples of %d bytes each", s.size, s.frame))
	}
	if s.read == s.size {
		return 0, io.EOF
	}
	n, err := s.r.Read(p[:min(int64(len(p)), s.size-s.read)])
	s.read += int64(n)
	if err == io.EOF && s.read < s.size {
		err = damagedWAV(fmt.Errorf("%d bytes of samples, its header says %d: %w", s.read, s.size, io.ErrUnexpectedEOF))
	} else if err == io.EOF {
		err = nil // the next call says so
	}
	return n, err
}

func damagedWAV(err error) error { return fmt.Errorf("damaged WAV: %w", noEOF(err)) }
