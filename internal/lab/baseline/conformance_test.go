package baseline_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"lmz/internal/lab/baseline"
)

// open is a compressor; the test is skipped if its program is not installed.
func open(t testing.TB, name string, s baseline.Signal) baseline.Compressor {
	t.Helper()
	if err := baseline.Available(name); err != nil {
		t.Skip(err)
	}
	c, err := baseline.Open(name, s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// noise is n random bytes.
func noise(n int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}

// text is n bytes of words.
func text(n int) []byte {
	words := strings.Fields("the of and compression is prediction model language zip entropy which bits a an to in")
	r := rand.New(rand.NewPCG(2, uint64(n)))
	var b []byte
	for len(b) < n {
		b = append(append(b, words[r.IntN(len(words))]...), ' ')
	}
	return b[:n]
}

// gradient is a smooth picture of rows of 64 pixels with a little noise.
func gradient(rows int) []byte {
	r := rand.New(rand.NewPCG(3, uint64(rows)))
	var b []byte
	for y := range rows {
		for x := range 64 {
			b = append(b, byte(3*x+2*y+r.IntN(4)))
		}
	}
	return b
}

// tone is n samples of 16 bits of a few sines with a little noise.
func tone(n int) []byte {
	r := rand.New(rand.NewPCG(4, uint64(n)))
	var b []byte
	for i := range n {
		v := 6000*math.Sin(float64(i)/9) + 3000*math.Sin(float64(i)/31) + 20*r.NormFloat64()
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(v)))
	}
	return b
}

// tone8 is the same in unsigned samples of 8 bits.
func tone8(n int) []byte {
	b := tone(n)
	for i := range n {
		b[i] = b[2*i+1] + 128
	}
	return b[:n]
}

var (
	none    = baseline.Signal{}
	image64 = baseline.Signal{Width: 64}
	audio8  = baseline.Signal{SampleBytes: 1, SampleRate: 16000}
	audio16 = baseline.Signal{SampleBytes: 2, SampleRate: 16000}
)

// TestConformance: what each compressor makes comes back, for all kinds of bytes, and is not much larger.
func TestConformance(t *testing.T) {
	allValues := make([]byte, 256)
	for i := range allValues {
		allValues[i] = byte(i)
	}
	for _, name := range baseline.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i, test := range []struct {
				name   string
				signal baseline.Signal
				raw    []byte
			}{
				{"empty", none, nil},
				{"empty image", image64, nil},
				{"empty samples", audio16, nil},
				{"one byte", none, []byte{7}},
				{"one pixel", image64, []byte{7}},
				{"half a sample", audio16, []byte{7}},
				{"zeros", none, make([]byte, 2048)},
				{"0xff", audio16, bytes.Repeat([]byte{0xff}, 2048)},
				{"all values", none, allValues},
				{"noise", none, noise(2048)},
				{"noise as samples", audio16, noise(2048)},
				{"noise as pixels", image64, noise(2048)},
				{"a prime number of bytes", none, noise(2039)},
				{"text", none, text(2048)},
				{"more text", none, text(20000)},
				{"patch", image64, gradient(32)},
				{"patch and a part of a row", image64, gradient(32)[:2000]},
				{"less than a row", image64, gradient(1)[:10]},
				{"tone", audio16, tone(1024)},
				{"tone of 3 bytes", audio16, tone(1024)[:3]},
				{"tone of 2047 bytes", audio16, tone(1024)[:2047]},
				{"tone at 360 Hz", baseline.Signal{SampleBytes: 2, SampleRate: 360}, tone(5000)},
				{"8-bit tone", audio8, tone8(2047)},
			} {
				if name == "zpaq" && i%5 != 0 {
					continue // it takes 0.3 s for whatever it is
				}
				c := open(t, name, test.signal)
				before := slices.Clone(test.raw)
				coded, err := c.Compress(t.Context(), test.raw)
				if err != nil {
					t.Errorf("%s: %v", test.name, err)
					continue
				}
				raw, err := c.Decompress(t.Context(), coded, len(test.raw))
				switch {
				case err != nil:
					t.Errorf("%s: %d bytes coded in %d: %v", test.name, len(test.raw), len(coded), err)
				case !bytes.Equal(raw, before) || !bytes.Equal(test.raw, before):
					t.Errorf("%s: %d bytes do not come back", test.name, len(test.raw))
				case len(coded) > len(raw)+len(raw)/8+2000: // zpaq takes 1 kB for its archive
					t.Errorf("%s: %d bytes become %d", test.name, len(raw), len(coded))
				}
			}
		})
	}
}

// compressedText is a compressor, a chunk of text, and what it makes of it.
func compressedText(t *testing.T, name string) (c baseline.Compressor, raw, coded []byte) {
	t.Helper()
	raw, c = text(2048), open(t, name, none)
	coded, err := c.Compress(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	return c, raw, coded
}

// TestDamage: what is cut off, or no file at all, is an error and no panic.
func TestDamage(t *testing.T) {
	for _, name := range baseline.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, raw, coded := compressedText(t, name)
			for _, damaged := range [][]byte{nil, {0}, coded[:1], coded[:len(coded)/2], noise(500), bytes.Repeat([]byte{0xff}, 1000)} {
				if raw, err := c.Decompress(t.Context(), damaged, len(raw)); err == nil {
					t.Errorf("%d bytes that are no file became %d", len(damaged), len(raw))
				} else if !strings.HasPrefix(err.Error(), "baseline: ") {
					t.Error(err)
				}
			}
		})
	}
}

// TestWrongSize: another number of bytes than was wanted is an error, even one more or less.
func TestWrongSize(t *testing.T) {
	for _, name := range baseline.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _, coded := compressedText(t, name)
			for _, wrong := range []int{0, 2047, 2049, 100000} {
				if got, err := c.Decompress(t.Context(), coded, wrong); err == nil {
					t.Errorf("%d bytes where %d were wanted, and no error", len(got), wrong)
				}
			}
		})
	}
}

// TestHeader: one zero byte takes a header, and less than a chunk of noise does.
func TestHeader(t *testing.T) {
	for _, name := range baseline.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, s := range []baseline.Signal{none, image64, audio8, audio16} {
				c := open(t, name, s)
				n, err := baseline.Header(t.Context(), c)
				if err != nil {
					t.Fatal(err)
				}
				if n < 2 || n > 1200 {
					t.Errorf("a header of %d bytes for %+v", n, s)
				}
				if version := c.Version(); len(strings.Fields(version)) < 2 || !strings.ContainsAny(version, "0123456789") {
					t.Errorf("version %q", version)
				}
			}
		})
	}
}

// TestCancelled: a context that has ended ends the work, with its own error.
func TestCancelled(t *testing.T) {
	for _, name := range baseline.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := open(t, name, none)
			coded, err := c.Compress(t.Context(), text(2048))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := c.Compress(ctx, text(2048)); !errors.Is(err, context.Canceled) {
				t.Errorf("Compress: %v", err)
			}
			if _, err := c.Decompress(ctx, coded, 2048); !errors.Is(err, context.Canceled) {
				t.Errorf("Decompress: %v", err)
			}
		})
	}
}

// TestOpen: errors say what is wrong and what there is.
func TestOpen(t *testing.T) {
	for _, test := range []struct {
		name   string
		signal baseline.Signal
		want   string
	}{
		{"lzma", none, `no compressor "lzma", there are gzip, brotli, png, xz`},
		{"", none, `no compressor ""`},
		{"png", baseline.Signal{Width: -1}, "-1 pixels"},
		{"flac", baseline.Signal{SampleBytes: 3}, "samples of 3 bytes"},
		{"flac", baseline.Signal{SampleRate: 1 << 30}, "1073741824 samples in a second"},
	} {
		if _, err := baseline.Open(test.name, test.signal); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q, %+v: %v", test.name, test.signal, err)
		}
	}
}

// BenchmarkChunk is the cost of a chunk of 2048 bytes.
func BenchmarkChunk(b *testing.B) {
	for _, name := range baseline.Names() {
		for kind, test := range map[string]struct {
			signal baseline.Signal
			raw    []byte
		}{"text": {none, text(2048)}, "image": {image64, gradient(32)}, "speech": {audio16, tone(1024)}} {
			b.Run(fmt.Sprintf("compressor=%s/data=%s", name, kind), func(b *testing.B) {
				c := open(b, name, test.signal)
				b.SetBytes(int64(len(test.raw)))
				for b.Loop() {
					coded, err := c.Compress(b.Context(), test.raw)
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(float64(len(coded)), "bytes")
				}
			})
		}
	}
}
