package surprisal

import (
	"context"
	"io"

	"lmz/internal/lab/dataset"
)

// SampleBytes of speech: 16 bits, signed, little-endian.
const SampleBytes = 2

// speechRate is that of all speech that dataset reads.
const speechRate = 16000 // samples a second

// Speech codes the samples of the FLAC or WAV file of this name in chunks of 2048 bytes, each by itself, as lmz measure does: as many chunks as
// most bytes hold, at least one.
func Speech(ctx context.Context, name string, most int64, o Options) (*Lens, error) {
	set, err := dataset.Open(ctx, dataset.Spec{Source: name, Kind: dataset.Speech, Count: -1})
	if err != nil {
		return nil, err
	}
	defer set.Close()
	l := o.begin()
	l.Kind, l.Rate = dataset.Speech, speechRate
	var chunks [][]byte
	for {
		chunk, err := set.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		l.RawSize += int64(len(chunk))
		if len(chunks) == 0 || l.RawSize <= most {
			chunks = append(chunks, chunk)
		}
	}
	return l, l.chunks(ctx, o, chunks)
}
