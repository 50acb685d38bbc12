package cli

import (
	"context"
	"fmt"
	"io"

	"lmz/internal/codec"
	"lmz/internal/lab/train"
	"lmz/internal/lm"
)

// evaluate says what a run's model costs on held-out pieces in float32, as it is trained, and if dir is
// its directory, not "", as lmz codes with it: int8 weights, integer tables, a payload for each piece.
func evaluate(ctx context.Context, stderr io.Writer, r *train.Run, pieces []train.Piece, dir string) error {
	bitsPerByte, err := r.Evaluate(ctx, pieces)
	if err != nil {
		return err
	}
	fmt.Fprintf(stderr, "step %d  held-out %.4f bits/byte", r.Step, bitsPerByte)
	defer fmt.Fprintln(stderr)
	if dir == "" {
		return nil
	}
	m, err := lm.Open(dir, lm.Int8)
	if err != nil {
		return err
	}
	var segments [][]int32
	bytes := 0
	for _, piece := range pieces {
		segments = append(segments, piece.Symbols)
		bytes += piece.RawBytes
	}
	_, codeLengths, err := codec.Encode(ctx, m.Predictor(lm.Fresh), segments, codec.Options{Threads: r.Options.Threads})
	if err != nil {
		return err
	}
	var bits float64
	for _, b := range codeLengths {
		bits += b
	}
	fmt.Fprintf(stderr, ", %.4f as coded in int8 (%+.2f%%)", bits/float64(bytes), 100*(bits/float64(bytes)/bitsPerByte-1))
	return nil
}
