package train

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// TestPieces: what is evaluated is a multiple of what a shard takes, evenly spread, or an error.
func TestPieces(t *testing.T) {
	r := &Run{Options: Options{Length: 10, Tokenizer: Bytes()}, shardSequences: 4}
	text := make([]byte, 1000)
	for i := range text {
		text[i] = byte(i / 10)
	}
	for _, c := range []struct{ text, most, want int }{{1000, 1000, 100}, {1000, 139, 12}, {40, 1000, 4}, {79, 1000, 4}, {39, 1000, 0}, {1000, 39, 0}, {0, 0, 0}} {
		pieces, err := r.Pieces(text[:c.text], c.most)
		if (err != nil) != (c.want == 0) || len(pieces) != c.want {
			t.Errorf("%d of %d bytes: %d pieces, error %v, want %d", c.most, c.text, len(pieces), err, c.want)
		}
		for i, p := range pieces {
			if len(p.Symbols) != 10 || p.RawBytes != 10 || int(p.Symbols[0]) != i*(c.text/10)/c.want {
				t.Errorf("%d of %d bytes: piece %d has %d symbols, %d bytes and begins with %d", c.most, c.text, i, len(p.Symbols), p.RawBytes, p.Symbols[0])
			}
		}
	}
}

// TestPiecesOfTokens: the bytes of a piece are those of its tokens, and together they are as many as wanted.
func TestPiecesOfTokens(t *testing.T) {
	tok := words(t)
	r := &Run{Options: Options{Length: 10, Tokenizer: tok, Threads: 2}, shardSequences: 4}
	text := []byte(strings.Repeat(fox, 100))
	pieces, err := r.Pieces(text, 2000)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for i, p := range pieces {
		raw := tok.Decode(nil, p.Symbols)
		if len(p.Symbols) != 10 || len(raw) != p.RawBytes || !strings.Contains(string(text), string(raw)) {
			t.Errorf("piece %d: %d symbols, %d bytes, of %q", i, len(p.Symbols), p.RawBytes, raw)
		}
		sum += p.RawBytes
	}
	if len(pieces)%4 != 0 || sum < 1500 || sum > 2000 {
		t.Errorf("%d pieces of %d bytes, want some 2000", len(pieces), sum)
	}
}

// TestBitsPerByte: nats a token x tokens / (bytes ln 2), in training and held out, against a model that knows nothing:
// each token costs log2 of the rows, however many bytes it has.
func TestBitsPerByte(t *testing.T) {
	o := wordOptions(t)
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	clear(r.weights) // all logits are 0
	pieces, err := r.Pieces([]byte(strings.Repeat(fox, 300)), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	tokens, rawBytes := 0, 0
	for _, p := range pieces {
		tokens += len(p.Symbols)
		rawBytes += len(o.Tokenizer.Decode(nil, p.Symbols))
	}
	if rawBytes < 2*tokens {
		t.Fatalf("%d tokens of %d bytes: want a vocabulary of words", tokens, rawBytes)
	}
	want := math.Log2(float64(o.Model.Vocab)) * float64(tokens) / float64(rawBytes)
	got, err := r.Evaluate(t.Context(), pieces)
	if err != nil || math.Abs(got-want) > 1e-6*want {
		t.Errorf("%.6f bits/byte held out, error %v, want %.6f", got, err, want)
	}
	m := steps(t, r, 1)
	want = math.Log2(float64(o.Model.Vocab)) * float64(o.Batch*o.Length) / float64(m.Bytes)
	if math.Abs(m.BitsPerByte-want) > 1e-6*want || m.Bytes < 2*o.Batch*o.Length {
		t.Errorf("%.6f bits/byte of %d bytes, want %.6f", m.BitsPerByte, m.Bytes, want)
	}
}

// TestMetricsCountBytes: a batch has the bytes of the tokens that it draws.
func TestMetricsCountBytes(t *testing.T) {
	o := wordOptions(t)
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	inputs, targets := make([]int32, o.Length), make([]int32, o.Length)
	rawBytes := 0
	for i := range o.Batch {
		r.corpus.sample(inputs, targets, int32(o.Model.Start), o.Seed, uint64(i))
		if inputs[0] != int32(o.Tokenizer.Start) || !slices.Equal(inputs[1:], targets[:o.Length-1]) {
			t.Fatalf("inputs %v, targets %v", inputs, targets)
		}
		rawBytes += len(o.Tokenizer.Decode(nil, targets)) // ids are symbols here
	}
	if m := steps(t, r, 1); m.Bytes != rawBytes {
		t.Errorf("%d bytes, want %d", m.Bytes, rawBytes)
	}
}
