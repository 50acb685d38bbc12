package baseline

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// zlibStreams is what testdata/zlib.py writes.
//
//go:embed testdata/zlib.txt
var zlibStreams string

// generator is that of zlib.py.
func generator(seed int) func() byte {
	x := uint32(seed)
	return func() byte {
		x = x*1664525 + 1013904223
		return byte(x >> 24)
	}
}

// inputs are those of zlib.py.
var inputs = map[string]func(n int) []byte{
	"noise": func(n int) []byte {
		p, next := make([]byte, n), generator(n)
		for i := range p {
			p[i] = next()
		}
		return p
	},
	"text": func(n int) (p []byte) {
		words := strings.Fields("the compression of language is prediction zip entropy")
		for next := generator(n); len(p) < n; {
			p = append(append(p, words[int(next())%len(words)]...), ' ')
		}
		return p[:n]
	},
	"walk": func(n int) []byte {
		p, next := make([]byte, n), generator(n)
		v := byte(128)
		for i := range p {
			v += next()%7 - 3
			p[i] = v
		}
		return p
	},
	"fibonacci": func(n int) (p []byte) {
		for a, b, v := 1, 1, byte(0); len(p) < n; a, b, v = b, a+b, v+1 {
			p = append(p, bytes.Repeat([]byte{v}, a)...)
		}
		return p[:n]
	},
	"bytes": func(n int) []byte { return make([]byte, n) },
}

// TestZlib: streams equal those of zlib byte for byte, for each strategy, in one block and in several.
func TestZlib(t *testing.T) {
	lines := 0
	for line := range strings.Lines(zlibStreams) {
		if line[0] == '#' {
			continue
		}
		lines++
		var name, sum string
		var n, s, size int
		var memLevel uint
		if _, err := fmt.Sscan(line, &name, &n, &s, &memLevel, &size, &sum); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		stream, err := deflate(t.Context(), inputs[name](n), strategy(s), memLevel)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%x", sha256.Sum256(stream))[:16]; len(stream) != size || got != sum {
			t.Errorf("%s of %d bytes, strategy %d, memLevel %d: %d bytes, SHA-256 %s, want %d, %s", name, n, s, memLevel, len(stream), got, size, sum)
		}
	}
	if lines != 352 {
		t.Errorf("%d streams, want 352", lines)
	}
}

// TestDeflateRoundTrip: all that deflate makes, compress/flate reads: pieces of all inputs, joined.
func TestDeflateRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		var raw []byte
		for range r.IntN(6) {
			for _, make := range inputs {
				if r.IntN(3) == 0 {
					raw = append(raw, make(r.IntN(1<<r.IntN(15)))...)
				}
			}
		}
		s, memLevel := strategy(r.IntN(4)), 8+uint(r.IntN(2))
		stream, err := deflate(t.Context(), raw, s, memLevel)
		if err != nil {
			t.Fatal(err)
		}
		in := bytes.NewReader(stream)
		got, err := io.ReadAll(flate.NewReader(in))
		if err != nil || !bytes.Equal(got, raw) || in.Len() != 0 {
			t.Fatalf("%d bytes, strategy %d, memLevel %d: %d bytes come back, %d are left over: %v", len(raw), s, memLevel, len(got), in.Len(), err)
		}
	}
}

// TestDeflateCancelled: deflate ends at the first block after its context has.
func TestDeflateCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for s := anyMatch; s <= previousByte; s++ {
		if _, err := deflate(ctx, inputs["noise"](1<<20), s, 8); !errors.Is(err, context.Canceled) {
			t.Errorf("strategy %d: %v", s, err)
		}
	}
}
