package measure

import (
	"context"
	"math"
	"time"

	"lmz/internal/codec"
	"lmz/internal/kernels"
	"lmz/internal/lab/store"
	"lmz/internal/tokenizer"
)

// publishedCoder computes the figures of Bharadwaj 2025 as its program did, faults included: nothing is coded. Every byte
// loses its highest bit; what is beyond 1,024 tokens is left out while the denominator stays; the first token is free, and no
// start-of-text stands before it; probabilities are float16, and those below 1e-10 count as that.
type publishedCoder struct {
	predictor codec.Predictor
	tokenizer tokenizer.Tokenizer
	session   codec.Session
	logits    []float32
	weights   []uint32
	sums      []uint64
	options   options
}

const (
	publishedTokens = 1024
	publishedFloor  = 1e-10
	publishedLow    = 0.01 // chunks of a ratio outside Low..High were dropped from the mean
	publishedHigh   = 10
	publishedBatch  = 64 // positions evaluated at once: no figure depends on it
)

func (p *publishedCoder) code(ctx context.Context, chunks [][]byte, first int, progress func(int)) ([]store.Chunk, error) {
	if p.session == nil {
		p.session = p.predictor.NewSession(1, p.options.threads)
		p.logits = make([]float32, publishedBatch*p.predictor.Symbols())
	}
	rows := make([]store.Chunk, len(chunks))
	for i, chunk := range chunks {
		begun := time.Now()
		mapped, _ := moduloOnly.apply(chunk)
		k := tokenize(p.tokenizer, chunkAlone, mapped, 0, 0)
		n := min(len(k.coded), publishedTokens)
		bits, err := p.codeLengths(ctx, k.coded[:n])
		if err != nil {
			return nil, err
		}
		row := store.Chunk{Index: first + i, RawBytes: int64(len(chunk)), Tokens: int64(len(bits))}
		for _, size := range k.sizes[:n] {
			row.CoveredBytes += int64(size)
		}
		for _, b := range bits {
			row.CodeLength += b
		}
		row.CountedBits = row.CodeLength
		if p.options.profile && n > 0 {
			row.Profile = profile(k.sizes[1:n], bits)
		}
		row.EncodeSeconds = time.Since(begun).Seconds()
		rows[i] = row
		progress(len(chunk))
	}
	return rows, nil
}

// codeLengths are those of all tokens but the first, in bits.
func (p *publishedCoder) codeLengths(ctx context.Context, tokens []int32) (bits []float64, err error) {
	p.session.Reset(0)
	v := p.predictor.Symbols()
	for at := 0; at+1 < len(tokens); {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		n := min(publishedBatch, len(tokens)-1-at)
		rows := make([]codec.Row, n)
		for i := range rows {
			rows[i].Symbol = tokens[at+i]
		}
		p.session.Advance(rows, p.logits[:n*v])
		for i := range n {
			probability := half(p.softmax(p.logits[i*v:(i+1)*v], tokens[at+i+1]))
			bits = append(bits, -math.Log2(max(float64(probability), publishedFloor)))
		}
		at += n
	}
	return bits, nil
}

// softmax is the probability of one symbol, to within 2^-30: far less than what float16 leaves of it.
func (p *publishedCoder) softmax(logits []float32, symbol int32) float32 {
	if p.weights == nil {
		p.weights = make([]uint32, len(logits))
		p.sums = make([]uint64, (len(logits)+kernels.SoftmaxBlock-1)/kernels.SoftmaxBlock+1)
	}
	kernels.SoftmaxWeights(p.weights, p.sums, logits)
	return float32(float64(p.weights[symbol]) / float64(p.sums[len(p.sums)-1]))
}
