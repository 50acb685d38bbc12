package codec

import (
	"context"
	"fmt"

	"lmz/internal/coder"
	"lmz/internal/cumfreq"
)

// FormatError reports a payload that Encode would not have written.
type FormatError struct {
	Segment int // its index
	Err     error
}

func (e *FormatError) Error() string { return fmt.Sprintf("codec: segment %d: %v", e.Segment, e.Err) }

// Unwrap is the error of the coder, if it was the coder that noticed.
func (e *FormatError) Unwrap() error { return e.Err }

// Decode is the inverse of Encode: payloads[i] becomes lengths[i] symbols. A payload that Encode would
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
		lanes[i] = lane{segment: i, payload: b, length: lengths[i]}
	}
	o = o.withDefaults()
	err = o.forEach(ctx, lanes, func(ctx context.Context, group []lane) error {
		return decodeGroup(ctx, p, group, o)
	})
	if err != nil {
		return nil, nil, err
	}
	for _, l := range lanes {
		segments = append(segments, l.symbols)
		codeLengths = append(codeLengths, l.codeLength)
	}
	return segments, codeLengths, nil
}

// decodeGroup decodes lanes abreast, one position of every lane that has not ended in a batch.
func decodeGroup(ctx context.Context, p Predictor, lanes []lane, o Options) error {
	var (
		v        = p.Symbols()
		session  = p.NewSession(len(lanes))
		decoders = make([]*coder.Decoder, len(lanes))
		table    cumfreq.Table
		rows     []Row
		logits   = make([]float32, len(lanes)*v)
	)
	for i, l := range lanes {
		decoders[i] = coder.NewDecoder(l.payload)
	}
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		rows = rows[:0]
		for i, l := range lanes {
			if len(l.symbols) < l.length {
				rows = append(rows, Row{i, previous(p, l.symbols)})
			}
		}
		if len(rows) == 0 {
			break
		}
		session.Advance(rows, logits[:len(rows)*v])
		for r, row := range rows {
			i := row.Lane
			l := &lanes[i]
			table.Set(logits[r*v : (r+1)*v])
			symbol := table.Find(decoders[i].Target(table.Total()))
			lo, hi := table.Interval(symbol)
			decoders[i].Advance(lo, hi, table.Total())
			if err := decoders[i].Err(); err != nil {
				return &FormatError{l.segment, fmt.Errorf("symbol %d: %w", len(l.symbols), err)}
			}
			l.codeLength += table.CodeLength(symbol)
			l.symbols = append(l.symbols, int32(symbol))
		}
		o.Progress(len(rows))
	}
	for i, l := range lanes {
		if err := decoders[i].Finish(); err != nil {
			return &FormatError{l.segment, err}
		}
	}
	return nil
}
