package bench

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"

	"lmz"
	"lmz/internal/codec"
	"lmz/internal/container"
	"lmz/internal/lm"
)

// Of a frame of lmz of 1 MiB or more, these are the segments where symbols are bytes, whose predictions are mixed, and where they are not.
const (
	mixedSegments   = 8
	unmixedSegments = 64
)

// Coding is the whole way from symbols to bits and back.
type Coding struct {
	Unit         string  `json:"unit"` // what a symbol is: bytes or tokens
	Symbols      int     `json:"symbols"`
	Segments     int     `json:"segments,omitempty"` // of a shape; a file is cut as lmz does it
	CodedSize    int     `json:"codedSize"`          // in bytes
	MeanContext  float64 `json:"meanContext"`        // in positions
	MultiplyAdds float64 `json:"multiplyAdds"`       // of a symbol, see multiplyAdds

	Compress             Coded   `json:"compress"`
	Decompress           Coded   `json:"decompress"`
	DecompressOfCompress float64 `json:"decompressOfCompress"` // ratio of rates
}

// Coded is one direction. Its rates are a second's.
type Coded struct {
	Time
	Symbols         float64 `json:"symbolsPerSecond"`
	MultiplyAdds    float64 `json:"multiplyAddsPerSecond"`
	OfPeak          float64 `json:"ofPeak"`                    // of all threads
	OfPeakProcessor float64 `json:"ofPeakProcessor,omitempty"` // multiply-adds of a second of one processor's time, of the peak of one thread
}

// rate derives what follows from the seconds.
func (c Coding) rate(took Time) Coded {
	perSecond := float64(c.Symbols) / took.Elapsed
	return Coded{Time: took, Symbols: perSecond, MultiplyAdds: perSecond * c.MultiplyAdds}
}

// compare fills in the ratios.
func (c *Coded) compare(peak Rates) {
	c.OfPeak = c.MultiplyAdds / peak.AllThreads
	if c.Processor > 0 {
		c.OfPeakProcessor = c.MultiplyAdds * c.Elapsed / c.Processor / peak.OneThread
	}
}

// code measures both directions.
func (s *subject) code(ctx context.Context, o Options) (Coding, error) {
	if s.model == nil {
		return s.codeSymbols(ctx, o)
	}
	return s.codeText(ctx, o)
}

// codeText codes text with a Writer and a Reader, from the first byte to the last.
func (s *subject) codeText(ctx context.Context, o Options) (c Coding, err error) {
	raw := o.Text
	if raw == nil {
		raw = drawText(o.Symbols)
	}
	raw = raw[:min(o.Symbols, len(raw))]
	mean := meanContext([]int{len(raw)}, s.config.Window)
	c = Coding{Unit: "bytes", Symbols: len(raw), MeanContext: mean, MultiplyAdds: multiplyAdds(s.config, s.symbols, mean)}

	options := lmz.Options{Model: s.model, Threads: o.Threads, Context: ctx, RawSize: int64(len(raw))}
	var file bytes.Buffer
	options.Progress = o.Stage("compressing", c.Unit, len(raw))
	watch := start()
	w, err := lmz.NewWriter(&file, options)
	if err != nil {
		return c, err
	}
	if _, err := w.Write(raw); err != nil {
		return c, err
	}
	if err := w.Close(); err != nil {
		return c, err
	}
	c.Compress = c.rate(watch.stop())
	c.CodedSize = file.Len()
	if err := predicted(file.Bytes()); err != nil {
		return c, err
	}

	options.Progress = o.Stage("decompressing", c.Unit, len(raw))
	watch = start()
	r, err := lmz.NewReader(&file, options)
	if err != nil {
		return c, err
	}
	back, err := io.ReadAll(r)
	if err != nil {
		return c, err
	}
	c.Decompress = c.rate(watch.stop())
	if !bytes.Equal(back, raw) {
		return c, mismatch("%d bytes, want %d", len(back), len(raw))
	}
	return c, nil
}

// ErrNotPredicted says that there is nothing to measure: lmz keeps what does not shrink, or is one byte repeated,
// without asking the model.
var ErrNotPredicted = errors.New("bench: some of the text is not coded by the model")

// predicted is an error unless the model coded all frames of a file.
func predicted(file []byte) error {
	members, err := container.ReadIndex(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return err
	}
	const fill = 10 // bytes of a frame that is one byte repeated, at most (docs/format.md)
	for _, m := range members {
		for _, f := range m.Frames {
			if f.Size <= fill || f.Size > f.RawLen {
				return ErrNotPredicted
			}
		}
	}
	return nil
}

// codeSymbols codes symbols drawn at random with a shape's random weights, in segments.
func (s *subject) codeSymbols(ctx context.Context, o Options) (c Coding, err error) {
	m, err := randomModel(ctx, s.config, s.symbols, o.Stage("weights", "", len(s.config.Tensors())))
	if err != nil {
		return c, err
	}
	mixed := s.symbols == 256
	switch {
	case o.Segments != 0:
	case mixed:
		o.Segments = mixedSegments
	default:
		o.Segments = unmixedSegments
	}
	segments := drawSegments(o.Symbols, min(o.Segments, o.Symbols), s.symbols)
	lengths := make([]int, len(segments))
	for i := range segments {
		lengths[i] = len(segments[i])
	}
	mean := meanContext(lengths, s.config.Window)
	c = Coding{
		Unit: "tokens", Symbols: o.Symbols, Segments: len(segments),
		MeanContext: mean, MultiplyAdds: multiplyAdds(s.config, s.symbols, mean),
	}
	if mixed {
		c.Unit = "bytes"
	}

	p := lm.NewPredictor(m, lm.Fresh)
	options := codec.Options{Threads: o.Threads, Mixed: mixed, Progress: o.Stage("compressing", c.Unit, o.Symbols)}
	watch := start()
	payloads, _, err := codec.Encode(ctx, p, segments, options)
	if err != nil {
		return c, err
	}
	c.Compress = c.rate(watch.stop())
	for _, b := range payloads {
		c.CodedSize += len(b)
	}

	options.Progress = o.Stage("decompressing", c.Unit, o.Symbols)
	watch = start()
	back, _, err := codec.Decode(ctx, p, payloads, lengths, options)
	if err != nil {
		return c, err
	}
	c.Decompress = c.rate(watch.stop())
	for i := range segments {
		if !slices.Equal(back[i], segments[i]) {
			return c, mismatch("segment %d of %d", i, len(segments))
		}
	}
	return c, nil
}

// drawSegments draws n symbols below v, and cuts them as evenly as can be.
func drawSegments(n, segments, v int) [][]int32 {
	rng := rand.New(rand.NewPCG(7, 8))
	list := make([][]int32, segments)
	for i := range list {
		list[i] = make([]int32, (i+1)*n/segments-i*n/segments)
		for j := range list[i] {
			list[i][j] = int32(rng.IntN(v))
		}
	}
	return list
}
