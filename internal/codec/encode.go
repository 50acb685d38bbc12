package codec

import (
	"context"
	"fmt"

	"lmz/internal/coder"
	"lmz/internal/cumfreq"
)

// Encode codes each segment, symbols in 0..V-1, to a payload, and returns beside it the code length
// in bits: a payload has at most 8 bits more, and what the coder's own rounding costs. An empty
// segment has an empty payload. The only errors are the end of ctx and a broken model, kernels.NotFinite.
func Encode(ctx context.Context, p Predictor, segments [][]int32, o Options) (payloads [][]byte, codeLengths []float64, err error) {
	lanes := make([]lane, len(segments))
	for i, s := range segments {
		lanes[i] = lane{segment: i, symbols: s, length: len(s)}
	}
	o = o.withDefaults()
	err = o.forEach(ctx, lanes, func(ctx context.Context, group []lane) error {
		return encodeGroup(ctx, p, group, o)
	})
	if err != nil {
		return nil, nil, err
	}
	for _, l := range lanes {
		payloads = append(payloads, l.payload)
		codeLengths = append(codeLengths, l.codeLength)
	}
	return payloads, codeLengths, nil
}

// encodeGroup encodes lanes abreast. All symbols being known, a batch holds several positions of every
// lane that has not ended.
func encodeGroup(ctx context.Context, p Predictor, lanes []lane, o Options) error {
	var (
		v        = p.Symbols()
		session  = p.NewSession(len(lanes))
		encoders = make([]*coder.Encoder, len(lanes))
		encoded  = make([]int, len(lanes)) // symbols of each lane
		table    cumfreq.Table
		rows     []Row
		logits   []float32
	)
	unfinished := 0
	for i, l := range lanes {
		encoders[i] = coder.NewEncoder(nil)
		if l.length > 0 {
			unfinished++
		}
	}
	for unfinished > 0 {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		rows = rows[:0]
		share := max(1, o.rows/unfinished) // positions of each lane
		for i, l := range lanes {
			for at := encoded[i]; at < min(encoded[i]+share, l.length); at++ {
				rows = append(rows, Row{i, previous(p, l.symbols[:at])})
			}
		}
		if n := len(rows) * v; n > len(logits) {
			logits = make([]float32, n)
		}
		session.Advance(rows, logits[:len(rows)*v])
		for r, row := range rows {
			i := row.Lane
			l := &lanes[i]
			symbol := int(l.symbols[encoded[i]])
			if symbol < 0 || symbol >= v {
				panic(fmt.Sprintf("codec: segment %d: symbol %d, want 0 to %d", l.segment, symbol, v-1))
			}
			table.Set(logits[r*v : (r+1)*v])
			lo, hi := table.Interval(symbol)
			encoders[i].Encode(lo, hi, table.Total())
			l.codeLength += table.CodeLength(symbol)
			if encoded[i]++; encoded[i] == l.length {
				l.payload = encoders[i].Close()
				unfinished--
			}
		}
		o.Progress(len(rows))
	}
	return nil
}
