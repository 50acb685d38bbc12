package train

import (
	"bytes"
	"context"
	"fmt"
	"math"

	"lmz/internal/lab/gemm"
)

// Piece is held-out text of a sequence's length.
type Piece struct {
	Symbols  []int32 // (T)
	RawBytes int     // that they stand for
}

// Pieces cuts up to maxBytes out of text for Evaluate: pieces of the training length, evenly spread, as
// many as shards can take. Where a token is several bytes, maxBytes is kept on average.
func (r *Run) Pieces(text []byte, maxBytes int) (list []Piece, err error) {
	t, length := r.Options.Tokenizer, r.Options.Length
	all := newSymbols(t.Symbols())
	if _, err := all.encode(t, bytes.NewReader(text), r.Options.Threads); err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	available := all.len() / length
	most := int64(maxBytes) * int64(all.len()) / int64(max(1, len(text))) / int64(length)
	count := min(available, int(most)) / r.shardSequences * r.shardSequences
	if count == 0 {
		return nil, fmt.Errorf("train: up to %d of %d bytes of held-out text, want at least %d %s: %d pieces of %d",
			maxBytes, len(text), length*r.shardSequences, t.Unit(), r.shardSequences, length)
	}
	for i := range count {
		p := Piece{Symbols: make([]int32, length)}
		all.copyTo(p.Symbols, i*available/count*length)
		for _, s := range p.Symbols {
			p.RawBytes += t.Size(s)
		}
		list = append(list, p)
	}
	return list, nil
}

// Evaluate returns the bits a byte of the float32 model over what Pieces cut, each predicted from
// start-of-text: nats a token x tokens / (bytes ln 2). Products are float32, also where training's are not.
func (r *Run) Evaluate(ctx context.Context, list []Piece) (bitsPerByte float64, err error) {
	o := r.Options
	jobs := len(list) / r.shardSequences
	if jobs == 0 || len(list)%r.shardSequences != 0 {
		panic(fmt.Sprintf("train: Evaluate: %d pieces, want a multiple of %d", len(list), r.shardSequences))
	}
	w := newView(o.Model, r.weights)
	nats := make([]float64, jobs)
	r.parallel(jobs, func(thread, job int) {
		if ctx.Err() != nil {
			return
		}
		s := r.shards[thread]
		inputs, targets := make([]int32, s.sequences*o.Length), make([]int32, s.sequences*o.Length)
		for i := range s.sequences {
			begin, end := i*o.Length, (i+1)*o.Length
			copy(targets[begin:end], list[job*s.sequences+i].Symbols)
			shift(inputs[begin:end], targets[begin:end], r.corpus.ids, int32(o.Model.Start))
		}
		s.mul = gemm.Mul
		nats[job] = s.Forward(w, inputs, targets)
		s.mul = r.mul
	})
	var sum float64
	for _, x := range nats {
		sum += x
	}
	rawBytes := 0
	for _, p := range list {
		rawBytes += p.RawBytes
	}
	return sum / math.Ln2 / float64(rawBytes), ctx.Err()
}
