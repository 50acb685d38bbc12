package dataset

import (
	"crypto/md5"
	"fmt"
	"hash"
	"io"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
)

// flacReader reads the samples of a FLAC stream (RFC 9639) as interleaved 16-bit integers, signed,
// little-endian. At the end it checks their number and their MD5 against the stream's header.
type flacReader struct {
	stream  *flac.Stream
	pending []byte    // decoded, not yet read
	buffer  []byte    // of pending, reused
	samples uint64    // decoded, of each channel
	md5     hash.Hash // of their bytes
	err     error     // the end
}

// openFLAC reads a FLAC stream's header. It allocates nothing that depends on it.
func openFLAC(r io.Reader) (*flacReader, AudioFormat, error) {
	stream, err := flac.New(r)
	if err != nil {
		return nil, AudioFormat{}, damagedFLAC(err)
	}
	i := stream.Info
	return &flacReader{stream: stream, md5: md5.New()}, AudioFormat{int(i.SampleRate), int(i.NChannels), int(i.BitsPerSample)}, nil
}

func (f *flacReader) Read(p []byte) (n int, err error) {
	for len(f.pending) == 0 {
		if f.err != nil {
			return 0, f.err
		}
		f.err = f.decode()
	}
	n = copy(p, f.pending)
	f.pending = f.pending[n:]
	return n, nil
}

// decode decodes one frame. It returns io.EOF at the end of a stream that is as its header says.
func (f *flacReader) decode() error {
	info := f.stream.Info
	next, err := f.stream.Next()
	if err == io.EOF {
		return f.check()
	}
	if err != nil {
		return damagedFLAC(err)
	}
	if next.BitsPerSample == 0 { // as in the stream's header
		next.BitsPerSample = info.BitsPerSample
	}
	if next.BitsPerSample != info.BitsPerSample || next.Channels.Count() != int(info.NChannels) || next.SampleRate != 0 && next.SampleRate != info.SampleRate {
		return damagedFLAC(fmt.Errorf("a frame of %v in a stream of %v",
			AudioFormat{int(next.SampleRate), next.Channels.Count(), int(next.BitsPerSample)}, AudioFormat{int(info.SampleRate), int(info.NChannels), int(info.BitsPerSample)}))
	}
	if err := next.Parse(); err != nil { // at most 65,535 samples a channel
		return damagedFLAC(err)
	}
	f.buffer = appendSamples(f.buffer[:0], next)
	f.md5.Write(f.buffer)
	f.samples += uint64(next.BlockSize)
	f.pending = f.buffer
	return nil
}

// check compares what was decoded with the stream's header, which may leave out the number of samples and the MD5.
func (f *flacReader) check() error {
	info := f.stream.Info
	if info.NSamples != 0 && f.samples != info.NSamples {
		return damagedFLAC(fmt.Errorf("%d samples, its header says %d: %w", f.samples, info.NSamples, io.ErrUnexpectedEOF))
	}
	if got := [md5.Size]byte(f.md5.Sum(nil)); info.MD5sum != [md5.Size]byte{} && got != info.MD5sum {
		return damagedFLAC(fmt.Errorf("MD5 of the samples %x, its header says %x", got, info.MD5sum))
	}
	return io.EOF
}

// appendSamples appends the samples of a frame of 16 bits at most, the channels interleaved.
func appendSamples(b []byte, f *frame.Frame) []byte {
	for i := range int(f.BlockSize) {
		for _, channel := range f.Subframes {
			s := channel.Samples[i]
			b = append(b, byte(s), byte(s>>8))
		}
	}
	return b
}

func damagedFLAC(err error) error { return fmt.Errorf("damaged FLAC: %w", noEOF(err)) }
