package dataset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// AudioFormat is what the samples of a file are.
type AudioFormat struct {
	Rate     int // samples a second of each channel
	Channels int
	Bits     int // of a sample
}

// speechFormat is what Speech and Speech8 mean: LibriSpeech, and what both papers measured.
var speechFormat = AudioFormat{Rate: 16000, Channels: 1, Bits: 16}

func (f AudioFormat) String() string {
	channels := fmt.Sprintf("%d channels", f.Channels)
	switch f.Channels {
	case 1:
		channels = "mono"
	case 2:
		channels = "stereo"
	}
	return fmt.Sprintf("%d Hz, %s, %d bits", f.Rate, channels, f.Bits)
}

// makeSpeech makes chunks of the samples of FLAC and WAV files, one file after another in the order of source.walk.
// Other files are skipped, unless they are called .flac or .wav.
func makeSpeech(ctx context.Context, spec Spec, from *source, emit func([]byte) error) (Signal, error) {
	err := cut(ctx, spec, from, emit, func(f *file) (io.Reader, error) {
		samples := &checked{ctx: ctx, path: f.path}
		r, err := openSpeech(f, spec.Kind)
		if err == errNotAudio && !isCalled(f, ".flac", ".wav", ".wave") {
			f.skip(err.Error())
			return nil, nil
		}
		if err != nil {
			return nil, samples.wrap(err)
		}
		samples.r = r
		return samples, nil
	})
	if spec.Kind == Speech8 {
		return Signal{SampleBytes: 1, SampleRate: speechFormat.Rate}, err
	}
	return Signal{SampleBytes: 2, SampleRate: speechFormat.Rate}, err
}

// isCalled reports whether the name of a file has one of these endings.
func isCalled(f *file, endings ...string) bool {
	return slices.Contains(endings, strings.ToLower(path.Ext(f.plain)))
}

// peeker is a reader that shows what it will read.
type peeker interface {
	io.Reader
	Peek(n int) ([]byte, error)
}

// errNotAudio is of bytes that are no FLAC or WAV.
var errNotAudio = errors.New("no FLAC or WAV")

// openSpeech reads the header of a FLAC or WAV file, whatever it is called, and returns a reader of its
// samples: 16 bits, signed, little-endian, or for Speech8 the high byte of each plus 128. Samples of
// another rate, number of channels or bits are an error: nothing is resampled, mixed or rounded. With
// errNotAudio, nothing was read.
func openSpeech(r peeker, kind Kind) (io.Reader, error) {
	magic, err := r.Peek(12)
	if err != nil && err != io.EOF {
		return nil, err
	}
	var samples io.Reader
	var format AudioFormat
	switch {
	case len(magic) >= 4 && string(magic[:4]) == "fLaC", len(magic) >= 3 && string(magic[:3]) == "ID3":
		samples, format, err = openFLAC(r)
	case len(magic) == 12 && string(magic[:4]) == "RIFF" && string(magic[8:]) == "WAVE":
		samples, format, err = OpenWAV(r)
	default:
		return nil, errNotAudio
	}
	if err != nil {
		return nil, err
	}
	if format != speechFormat {
		return nil, fmt.Errorf("audio of %v, want %v: convert it, or measure the file itself with the kind %s", format, speechFormat, Bytes)
	}
	if kind == Speech8 {
		return &highBytes{r: samples}, nil
	}
	return samples, nil
}

// noEOF is err, or io.ErrUnexpectedEOF for an end where there must be none.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// highBytes reads the high byte plus 128 of each sample of 16 bits: Deletang et al. 2023 measured speech in this form.
type highBytes struct {
	r      io.Reader
	buffer [4096]byte // of samples
	low    int        // 1 if buffer[0] is the low byte of a sample whose high byte is yet to come
}

func (h *highBytes) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	room := min(len(h.buffer), 2*len(p)) - h.low
	read, err := h.r.Read(h.buffer[h.low : h.low+room])
	read += h.low
	for i := range read / 2 {
		p[i] = h.buffer[2*i+1] + 128
	}
	if h.low = read % 2; h.low == 1 {
		h.buffer[0] = h.buffer[read-1]
	}
	return read / 2, err
}
