package measure

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"lmz/internal/codec"
	"lmz/internal/lab/store"
	"lmz/internal/tokenizer"
)

// modelCoder codes chunks by a model, each in a context of its own, and decodes what it wrote.
type modelCoder struct {
	predictor codec.Predictor
	tokenizer tokenizer.Tokenizer
	context   contextPolicy
	mapping   mapping
	seed      uint64
	options   options
}

// options are what a coder takes from its Job.
type options struct {
	threads  int
	profile  bool
	verified bool
}

func (m *modelCoder) code(ctx context.Context, chunks [][]byte, first int, progress func(int)) ([]store.Chunk, error) {
	rows := make([]store.Chunk, len(chunks))
	mapped := make([][]byte, len(chunks))
	given, coded := make([][]int32, len(chunks)), make([][]int32, len(chunks))
	lengths := make([]int, len(chunks)) // of what is coded, as the tokens' sizes tell them
	var sizes [][]int
	for i, chunk := range chunks {
		row := &rows[i]
		mapped[i], row.LostBits = m.mapping.apply(chunk)
		k := tokenize(m.tokenizer, m.context, mapped[i], m.seed, first+i)
		given[i], coded[i] = k.given, k.coded
		sizes = append(sizes, k.sizes)
		for _, symbol := range k.coded {
			lengths[i] += m.tokenizer.Size(symbol)
		}
		row.Index, row.Tokens = first+i, int64(len(k.coded))
		row.RawBytes, row.CoveredBytes = int64(k.bytes), int64(k.bytes)
	}
	o := codec.Options{Threads: m.options.threads, Size: m.tokenizer.Size, Progress: m.options.progress(progress), Given: given}
	if m.options.profile {
		o.Profile = func(segment int, codeLengths []float64) { rows[segment].Profile = profile(sizes[segment], codeLengths) }
	}
	begun := time.Now()
	payloads, codeLengths, err := codec.Encode(ctx, m.predictor, coded, o)
	if err != nil {
		return nil, err
	}
	share(rows, time.Since(begun), func(c *store.Chunk) *float64 { return &c.EncodeSeconds })
	for i := range rows {
		rows[i].CodeLength, rows[i].CodedBytes = codeLengths[i], int64(len(payloads[i]))
		rows[i].CountedBits = float64(8*rows[i].CodedBytes + rows[i].LostBits)
	}
	if !m.options.verified {
		return rows, nil
	}
	begun = time.Now()
	decoded, _, err := codec.Decode(ctx, m.predictor, payloads, lengths, o)
	if err != nil {
		return nil, err
	}
	share(rows, time.Since(begun), func(c *store.Chunk) *float64 { return &c.DecodeSeconds })
	for i, symbols := range decoded {
		if err := m.check(symbols, coded[i], chunks[i], mapped[i]); err != nil {
			return nil, fmt.Errorf("measure: chunk %d: %w", first+i, err)
		}
	}
	return rows, nil
}

// check is an error unless the decoded symbols give back the chunk, or, where the mapping has no inverse, what it made of it.
func (m *modelCoder) check(symbols, coded []int32, chunk, mapped []byte) error {
	if !slices.Equal(symbols, coded) {
		return fmt.Errorf("other symbols were decoded than had been coded: lmz is broken")
	}
	if m.context != chunkAlone {
		return nil // the bytes are those of half a chunk
	}
	raw := m.tokenizer.Decode(nil, symbols)
	want := mapped
	if original, ok := m.mapping.invert(raw, chunk); ok {
		raw, want = original, chunk
	}
	if !bytes.Equal(raw, want) {
		return fmt.Errorf("other bytes were decoded than had been coded: the tokenizer is broken")
	}
	return nil
}

// progress tells half of what the encoder and half of what the decoder has done, so that both together are the bytes.
func (o options) progress(report func(int)) func(int) {
	if !o.verified {
		return report
	}
	var done atomic.Int64
	return func(n int) {
		before := done.Add(int64(n)) - int64(n)
		report(int((before+int64(n))/2 - before/2))
	}
}

// profile pairs tokens' sizes with their code lengths.
func profile(sizes []int, codeLengths []float64) []store.Token {
	list := make([]store.Token, len(sizes))
	for i := range list {
		list[i] = store.Token{Size: sizes[i], Bits: float32(codeLengths[i])}
	}
	return list
}

// share divides the time that rows took together among them, by their raw bytes.
func share(rows []store.Chunk, took time.Duration, field func(*store.Chunk) *float64) {
	var all int64
	for _, r := range rows {
		all += r.RawBytes
	}
	for i := range rows {
		*field(&rows[i]) = took.Seconds() * float64(rows[i].RawBytes) / float64(max(all, 1))
	}
}
