package codec

import (
	"context"
	"fmt"
	"slices"

	"lmz/internal/coder"
	"lmz/internal/cumfreq"
	"lmz/internal/mix"
)

// FormatError reports a payload that Encode would not have written.
type FormatError struct {
	Segment int // its index
	Err     error
}

func (e *FormatError) Error() string { return fmt.Sprintf("codec: segment %d: %v", e.Segment, e.Err) }

// Unwrap is the error of the coder, if it was the coder that noticed.
func (e *FormatError) Unwrap() error { return e.Err }

// Decode is the inverse of Encode: payloads[i] becomes symbols whose sizes add up to lengths[i]. A payload that Encode would
// not have written is a *FormatError; the only other errors are those of Encode. Memory grows with the
// symbols really decoded, but a short payload may stand for very many: the caller bounds lengths.
func Decode(ctx context.Context, p Predictor, payloads [][]byte, lengths []int, o Options) (segments [][]int32, codeLengths []float64, err error) {
	if len(lengths) != len(payloads) {
		panic(fmt.Sprintf("codec: %d lengths for %d payloads", len(lengths), len(payloads)))
	}
	lanes := make([]lane, len(payloads))
	for i, b := range payloads {
		if lengths[i] < 0 {
			panic(fmt.Sprintf("codec: segment %d: length %d", i, lengths[i]))
		}
		given := o.given(i)
		lanes[i] = lane{segment: i, given: len(given), symbols: slices.Clone(given), payload: b, left: lengths[i]}
	}
	o = o.withDefaults(p)
	groups := o.split(lanes)
	err = o.forEach(ctx, len(groups), func() func(context.Context, int) error {
		d := decoder{predictor: p, options: o, threads: o.threadsOf(len(groups))}
		return func(ctx context.Context, job int) error { return d.decode(ctx, groups[job]) }
	})
	if err != nil {
		return nil, nil, err
	}
	for _, l := range lanes {
		segments = append(segments, l.symbols[l.given:])
		codeLengths = append(codeLengths, l.codeLength)
	}
	return segments, codeLengths, nil
}

// decoder is what a goroutine works with.
type decoder struct {
	predictor Predictor
	session   Session
	lanes     int // of the session
	threads   int // of the session
	options   Options
	table     cumfreq.Table
	rows      []Row
	logits    []float32
	mixers    []*mix.Mixer // of each lane, if predictions are mixed
}

// decode decodes lanes abreast, one position of every lane that has not ended in a batch.
func (d *decoder) decode(ctx context.Context, lanes []lane) error {
	v := d.predictor.Symbols()
	if d.lanes < len(lanes) {
		d.session, d.lanes = d.predictor.NewSession(len(lanes), d.threads), len(lanes)
		d.logits = make([]float32, len(lanes)*v)
	}
	decoders := make([]*coder.Decoder, len(lanes))
	for i, l := range lanes {
		d.session.Reset(i)
		decoders[i] = coder.NewDecoder(l.payload)
		if d.options.Mixed {
			if i == len(d.mixers) {
				d.mixers = append(d.mixers, new(mix.Mixer))
			}
			d.mixers[i].Reset(l.left)
		}
	}
	if err := d.advanceGiven(ctx, lanes); err != nil {
		return err
	}
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		d.rows = d.rows[:0]
		for i, l := range lanes {
			if l.left > 0 {
				d.rows = append(d.rows, Row{i, previous(d.predictor, l.symbols)})
			}
		}
		if len(d.rows) == 0 {
			break
		}
		d.session.Advance(d.rows, d.logits[:len(d.rows)*v])
		done := 0
		for r, row := range d.rows {
			i := row.Lane
			l := &lanes[i]
			d.table.Set(d.logits[r*v : (r+1)*v])
			symbol, codeLength := d.symbol(i, decoders[i])
			size := d.options.Size(int32(symbol))
			if size > l.left {
				return &FormatError{l.segment, fmt.Errorf("symbol %d has size %d, want at most the %d that are left", len(l.symbols)-l.given, size, l.left)}
			}
			if err := decoders[i].Err(); err != nil {
				return &FormatError{l.segment, fmt.Errorf("symbol %d: %w", len(l.symbols)-l.given, err)}
			}
			l.codeLength += codeLength
			l.symbols = append(l.symbols, int32(symbol))
			l.left -= size
			done += size
		}
		d.options.Progress(done)
	}
	for i, l := range lanes {
		if err := decoders[i].Finish(); err != nil {
			return &FormatError{l.segment, err}
		}
	}
	return nil
}

// symbol decodes the next symbol of a lane, which d.table predicts, and returns its code length in bits.
func (d *decoder) symbol(lane int, c *coder.Decoder) (symbol int, codeLength float64) {
	if d.options.Mixed {
		return decodeMixed(c, d.mixers[lane], &d.table)
	}
	symbol = d.table.Find(c.Target(cumfreq.Total))
	lo, hi := d.table.Interval(symbol)
	c.Advance(lo, hi, cumfreq.Total)
	return symbol, cumfreq.CodeLength(lo, hi)
}

// advanceGiven brings the given symbols into the lanes' contexts, all but the last of each, with which decoding begins.
func (d *decoder) advanceGiven(ctx context.Context, lanes []lane) error {
	for at := 0; ; at++ {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		d.rows = d.rows[:0]
		for i, l := range lanes {
			if l.left > 0 && at < l.given {
				d.rows = append(d.rows, Row{i, previous(d.predictor, l.symbols[:at])})
			}
		}
		if len(d.rows) == 0 {
			return nil
		}
		d.session.Advance(d.rows, d.logits[:len(d.rows)*d.predictor.Symbols()])
	}
}
