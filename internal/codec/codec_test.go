package codec_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"lmz/internal/codec"
	"lmz/internal/codec/codectest"
	"lmz/internal/kernels"
)

const v = 256

// sample makes a segment of n symbols, half structure and half noise.
func sample(seed uint64, n int) []int32 {
	r := rand.New(rand.NewPCG(seed, 7))
	s := make([]int32, n)
	for i := range s {
		if s[i] = int32(i % 5); i%2 == 0 {
			s[i] = int32(r.IntN(v))
		}
	}
	return s
}

// samples makes segments of the given lengths.
func samples(lengths []int) [][]int32 {
	segments := make([][]int32, len(lengths))
	for i, n := range lengths {
		segments[i] = sample(uint64(i), n)
	}
	return segments
}

// repeat is count times the lengths in turn.
func repeat(count int, lengths ...int) []int {
	list := make([]int, count)
	for i := range list {
		list[i] = lengths[i%len(lengths)]
	}
	return list
}

// encode is codec.Encode with nothing to go wrong.
func encode(t testing.TB, segments [][]int32, o codec.Options) (payloads [][]byte, codeLengths []float64) {
	t.Helper()
	return encodeWith(t, codectest.Counts(v, 0), segments, o)
}

func encodeWith(t testing.TB, p codec.Predictor, segments [][]int32, o codec.Options) (payloads [][]byte, codeLengths []float64) {
	t.Helper()
	payloads, codeLengths, err := codec.Encode(context.Background(), p, segments, o)
	if err != nil {
		t.Fatal(err)
	}
	return payloads, codeLengths
}

// decode is codec.Decode.
func decode(payloads [][]byte, lengths []int, o codec.Options) ([][]int32, []float64, error) {
	return codec.Decode(context.Background(), codectest.Counts(v, 0), payloads, lengths, o)
}

func TestRoundTrip(t *testing.T) {
	for _, lengths := range [][]int{
		{}, {0}, {1}, {0, 0, 0}, {0, 1, 0, 2},
		{63}, {64}, {65}, {130}, {63, 64, 65, 1, 0, 200},
		repeat(15, 9), repeat(16, 9), repeat(17, 9), repeat(33, 4, 5), repeat(64, 0, 1, 7, 33), repeat(81, 3),
	} {
		for _, o := range []codec.Options{{}, {Threads: 1}, {Threads: 2}, {Threads: 5}, {Mixed: true}, {Threads: 1, Mixed: true}, {Threads: 5, Mixed: true}} {
			segments := samples(lengths)
			payloads, encoded := encode(t, segments, o)
			got, decoded, err := decode(payloads, lengths, o)
			if err != nil {
				t.Errorf("lengths %v, threads %d, mixed %v: %v", lengths, o.Threads, o.Mixed, err)
				continue
			}
			if !slices.EqualFunc(got, segments, slices.Equal) {
				t.Errorf("lengths %v, threads %d, mixed %v: other segments", lengths, o.Threads, o.Mixed)
			}
			if !slices.Equal(decoded, encoded) {
				t.Errorf("lengths %v, threads %d, mixed %v: code lengths %v, want %v", lengths, o.Threads, o.Mixed, decoded, encoded)
			}
		}
	}
}

// TestSamePayloads: a payload depends on its segment only, not on how the work was divided.
func TestSamePayloads(t *testing.T) {
	for _, window := range []int{0, 2, 3, 32, 64, 1000} {
		samePayloads(t, window, false)
	}
	samePayloads(t, 0, true)
	samePayloads(t, 32, true)
}

func samePayloads(t *testing.T, window int, mixed bool) {
	lengths := repeat(40, 0, 1, 63, 64, 65, 150)
	segments := samples(lengths)
	p := codectest.Counts(v, window)
	var want [][]byte
	for _, s := range segments { // each by itself
		payloads, _ := encodeWith(t, p, [][]int32{s}, codec.Options{Threads: 1, Mixed: mixed})
		want = append(want, payloads...)
	}
	for _, threads := range []int{1, 2, 5, 100} {
		o := codec.Options{Threads: threads, Mixed: mixed}
		for _, rows := range []int{1, 2, 64, 1000} {
			if got, _ := encodeWith(t, p, segments, o.WithGroups(16, rows)); !slices.EqualFunc(got, want, bytes.Equal) {
				t.Errorf("window %d, threads %d, rows %d, mixed %v: other payloads", window, threads, rows, mixed)
			}
		}
		for _, lanes := range []int{1, 3, 16, 100} {
			got, _, err := codec.Decode(context.Background(), p, want, lengths, o.WithGroups(lanes, 64))
			if err != nil || !slices.EqualFunc(got, segments, slices.Equal) {
				t.Errorf("window %d, threads %d, lanes %d, mixed %v: other segments; error %v", window, threads, lanes, mixed, err)
			}
		}
	}
}

// TestMixedLengths: what a mixer remembers is as large as its segment wants, however long the one was that it had before.
func TestMixedLengths(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	lengths := []int{100, 1<<16 + 1, 1 << 16, 100}
	segments := samples(lengths)
	p := codectest.Counts(v, 32)
	for _, o := range []codec.Options{{Threads: 1, Mixed: true}, {Threads: 3, Mixed: true}} {
		payloads, _ := encodeWith(t, p, segments, o)
		for _, lanes := range []int{1, 2, 4} {
			got, _, err := codec.Decode(context.Background(), p, payloads, lengths, o.WithGroups(lanes, 64))
			if err != nil || !slices.EqualFunc(got, segments, slices.Equal) {
				t.Errorf("threads %d, lanes %d: other segments; error %v", o.Threads, lanes, err)
			}
		}
	}
}

// TestMixed: what a segment repeats costs little when predictions are mixed, though the model cannot know it.
func TestMixed(t *testing.T) {
	s := sample(1, 500)
	p := codectest.Counts(v, 32)
	lengths := func(mixed bool) (once, twice float64) {
		_, bits := encodeWith(t, p, [][]int32{s, slices.Concat(s, s)}, codec.Options{Mixed: mixed})
		return bits[0], bits[1]
	}
	if once, twice := lengths(false); twice < 1.9*once {
		t.Errorf("not mixed, %v bits once and %v twice, want twice as many: the window does not end", once, twice)
	}
	if once, twice := lengths(true); twice > 1.2*once {
		t.Errorf("mixed, %v bits once and %v twice, want hardly more", once, twice)
	}
}

// TestGiven: symbols that are given are worth what they are worth in the context of a longer segment, wherever its windows end,
// and cost nothing.
func TestGiven(t *testing.T) {
	lengths := repeat(20, 0, 1, 2, 31, 32, 33, 63, 64, 65, 150)
	for _, window := range []int{0, 2, 3, 32, 64, 1000} {
		p := codectest.Counts(v, window)
		for _, n := range []int{0, 1, 2, 31, 32, 33, 100} {
			var given, rest [][]int32
			var left []int
			whole := samples(lengths)
			for _, s := range whole {
				n := min(n, len(s))
				given, rest, left = append(given, s[:n]), append(rest, s[n:]), append(left, len(s)-n)
			}
			var profiles, parts = make([][]float64, len(whole)), make([][]float64, len(whole))
			encodeWith(t, p, whole, codec.Options{Profile: func(i int, bits []float64) { profiles[i] = bits }})
			mixed := codec.Options{Mixed: true, Given: given} // which code lengths they have, others test
			payloads, _ := encodeWith(t, p, rest, mixed)
			if got, _, err := codec.Decode(t.Context(), p, payloads, left, mixed); err != nil || !slices.EqualFunc(got, rest, slices.Equal) {
				t.Errorf("window %d, %d given, mixed: other segments; error %v", window, n, err)
			}
			for _, threads := range []int{1, 5} {
				o := codec.Options{Threads: threads, Given: given, Profile: func(i int, bits []float64) { parts[i] = bits }}
				payloads, encoded := encodeWith(t, p, rest, o)
				for i := range rest {
					if len(rest[i]) == 0 {
						if len(payloads[i]) > 0 {
							t.Fatalf("window %d: nothing has a payload of %d bytes", window, len(payloads[i]))
						}
						continue
					}
					if want := profiles[i][len(given[i]):]; !slices.Equal(parts[i], want) {
						t.Fatalf("window %d, %d given: code lengths %v, want %v", window, n, parts[i], want)
					}
				}
				got, decoded, err := codec.Decode(t.Context(), p, payloads, left, o)
				if err != nil || !slices.EqualFunc(got, rest, slices.Equal) || !slices.Equal(decoded, encoded) {
					t.Errorf("window %d, %d given, threads %d: other segments; error %v", window, n, threads, err)
				}
			}
		}
	}
}

// TestCost: coded bits are at most the code length, eight bits and the coder's rounding; and of noise no fewer
// than the code length, but for zero bytes that the coder dropped at its end.
func TestCost(t *testing.T) {
	segments := samples([]int{0, 1, 2, 10, 100, 1000, 10000})
	segments = append(segments, make([]int32, 10000)) // one symbol for ever
	for _, mixed := range []bool{false, true} {
		profiles := make([][]float64, len(segments))
		payloads, codeLengths := encode(t, segments, codec.Options{Mixed: mixed, Profile: func(i int, bits []float64) { profiles[i] = bits }})
		for i, s := range segments {
			bits := float64(8 * len(payloads[i]))
			slack := 1e-6 * float64(len(s)) // a range of 2^56 and more, divided by totals of 2^28
			if bits > codeLengths[i]+8+slack {
				t.Errorf("%d symbols, mixed %v: %v bits, code length %v: want at most 8 more", len(s), mixed, bits, codeLengths[i])
			}
			if noise := i < len(segments)-1; noise && bits < math.Floor(codeLengths[i])-8 {
				t.Errorf("%d symbols, mixed %v: %v bits, code length %v: want no fewer", len(s), mixed, bits, codeLengths[i])
			}
			var sum float64
			for _, x := range profiles[i] {
				sum += x
			}
			if len(profiles[i]) != len(s) || sum != codeLengths[i] {
				t.Errorf("%d symbols, mixed %v: a profile of %d symbols and %v bits, want %v", len(s), mixed, len(profiles[i]), sum, codeLengths[i])
			}
		}
		if n := len(payloads[len(payloads)-1]); n > 100 {
			t.Errorf("10000 equal symbols, mixed %v: %d bytes, want few", mixed, n)
		}
	}
}

func TestProgress(t *testing.T) {
	lengths := repeat(40, 0, 1, 64, 150)
	var total, done atomic.Int64
	for _, n := range lengths {
		total.Add(int64(n))
	}
	o := codec.Options{Threads: 3, Progress: func(symbols int) { done.Add(int64(symbols)) }}
	payloads, _ := encode(t, samples(lengths), o)
	if done.Load() != total.Load() {
		t.Errorf("encoding: progress %d, want %d", done.Load(), total.Load())
	}
	done.Store(0)
	if _, _, err := decode(payloads, lengths, o); err != nil || done.Load() != total.Load() {
		t.Errorf("decoding: progress %d, want %d; error %v", done.Load(), total.Load(), err)
	}
}

// TestCancel ends the context before and in the middle of the work: the error is the context's, and
// no goroutine stays.
func TestCancel(t *testing.T) {
	before := runtime.NumGoroutine()
	lengths := repeat(64, 1000)
	segments := samples(lengths)
	payloads, _ := encode(t, segments, codec.Options{})
	for _, after := range []int{0, 1, 3000} { // symbols
		for name, run := range map[string]func(context.Context, codec.Options) error{
			"encode": func(ctx context.Context, o codec.Options) error {
				_, _, err := codec.Encode(ctx, codectest.Counts(v, 0), segments, o)
				return err
			},
			"decode": func(ctx context.Context, o codec.Options) error {
				_, _, err := codec.Decode(ctx, codectest.Counts(v, 0), payloads, lengths, o)
				return err
			},
		} {
			ctx, cancel := context.WithCancel(context.Background())
			if after == 0 {
				cancel()
			}
			var done atomic.Int64
			err := run(ctx, codec.Options{Threads: 4, Progress: func(symbols int) {
				if done.Add(int64(symbols)) >= int64(after) {
					cancel()
				}
			}})
			cancel()
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s, after %d symbols: error %v, want %v", name, after, err, context.Canceled)
			}
			if n := done.Load(); n > int64(after)+4*2*64 {
				t.Errorf("%s: %d symbols coded, %d of them after the end of the context", name, n, n-int64(after))
			}
		}
	}
	for range 100 { // ended goroutines take a moment to go
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

// TestDamaged: a payload with any bit flipped, any truncation and any addition is an error, or
// decodes to something else that the frame's checksum catches: never to the same symbols.
func TestDamaged(t *testing.T) {
	for _, mixed := range []bool{false, true} {
		damage(t, codec.Options{Threads: 1, Mixed: mixed})
	}
}

func damage(t *testing.T, o codec.Options) {
	for _, n := range []int{0, 1, 40} {
		want := sample(3, n)
		payloads, _ := encode(t, [][]int32{want}, o)
		good := payloads[0]
		check := func(what string, payload []byte) {
			segments, _, err := decode([][]byte{payload}, []int{n}, o)
			var format *codec.FormatError
			if err == nil && slices.Equal(segments[0], want) {
				t.Errorf("%d symbols, mixed %v: %s: decodes to the same symbols", n, o.Mixed, what)
			} else if err != nil && !errors.As(err, &format) {
				t.Errorf("%d symbols, mixed %v: %s: error %v, want a *FormatError", n, o.Mixed, what, err)
			}
		}
		for i := range good {
			for bit := range 8 {
				payload := slices.Clone(good)
				payload[i] ^= 1 << bit
				check(fmt.Sprintf("bit %d of byte %d flipped", bit, i), payload)
			}
			check(fmt.Sprintf("cut to %d bytes", i), good[:i])
		}
		for _, extra := range [][]byte{{0}, {1}, {0xff}, {0, 0}, make([]byte, 100)} {
			check(fmt.Sprintf("%x added", extra), append(slices.Clone(good), extra...))
		}
	}
}

func TestErrorNamesSegment(t *testing.T) {
	lengths := repeat(20, 50)
	payloads, _ := encode(t, samples(lengths), codec.Options{})
	payloads[13] = append(payloads[13], 1)
	_, _, err := decode(payloads, lengths, codec.Options{Threads: 3})
	var format *codec.FormatError
	if !errors.As(err, &format) || format.Segment != 13 {
		t.Errorf("error %v, want one about segment 13", err)
	}
}

func TestPanics(t *testing.T) {
	for name, f := range map[string]func(){
		"fewer lengths than payloads": func() { decode(make([][]byte, 2), []int{1}, codec.Options{}) },
		"mixed symbols": func() {
			codec.Encode(context.Background(), codectest.Counts(255, 0), nil, codec.Options{Mixed: true})
		},
		"negative length": func() { decode(make([][]byte, 1), []int{-1}, codec.Options{}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

// FuzzDecode: no payload makes Decode panic, and one that decodes is what Encode writes.
func FuzzDecode(f *testing.F) {
	for _, mixed := range []bool{false, true} {
		f.Add([]byte{}, uint8(0), mixed)
		f.Add([]byte{}, uint8(5), mixed)
		f.Add([]byte{0}, uint8(1), mixed)
		for _, n := range []int{1, 10, 100} {
			payloads, _ := encode(f, [][]int32{sample(1, n)}, codec.Options{Mixed: mixed})
			f.Add(payloads[0], uint8(n), mixed)
			f.Add(append(payloads[0], 0xff), uint8(n), mixed)
		}
	}
	f.Fuzz(func(t *testing.T, payload []byte, length uint8, mixed bool) {
		o := codec.Options{Threads: 1, Mixed: mixed}
		segments, _, err := decode([][]byte{payload}, []int{int(length)}, o)
		if err != nil {
			return
		}
		if len(segments[0]) != int(length) {
			t.Errorf("%d symbols, want %d", len(segments[0]), length)
		}
		if again, _ := encode(t, segments, o); !bytes.Equal(again[0], payload) {
			t.Errorf("payload %x decodes to what is encoded as %x", payload, again[0])
		}
	})
}

// BenchmarkCode is the cost of everything but a model: 64 segments with a Predictor that only counts.
func BenchmarkCode(b *testing.B) {
	lengths := repeat(64, 2000)
	segments := samples(lengths)
	for _, o := range []codec.Options{{Threads: 1}, {Threads: 2}, {Threads: 1, Mixed: true}, {Threads: 2, Mixed: true}} {
		payloads, _ := encode(b, segments, o)
		axes := fmt.Sprintf("threads=%d/mixed=%v", o.Threads, o.Mixed)
		b.Run("encode/"+axes, func(b *testing.B) {
			b.SetBytes(64 * 2000)
			for b.Loop() {
				encode(b, segments, o)
			}
		})
		b.Run("decode/"+axes, func(b *testing.B) {
			b.SetBytes(64 * 2000)
			for b.Loop() {
				if _, _, err := decode(payloads, lengths, o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestSplit: every lane is in a group, whatever the number of threads.
func TestSplit(t *testing.T) {
	for _, n := range []int{0, 1, 2, 15, 16, 17, 64, 256} {
		for _, threads := range []int{-1, 1, 2, 3, 16, 1 << 27, math.MaxInt32, math.MaxInt/16 + 1, math.MaxInt} {
			total := 0
			for _, size := range (codec.Options{Threads: threads}).Split(codectest.Counts(v, 0), n) {
				if size < 1 || size > 16 {
					t.Errorf("%d lanes, %d threads: group of %d, want 1 to 16", n, threads, size)
				}
				total += size
			}
			if total != n {
				t.Errorf("%d lanes, %d threads: %d lanes in groups", n, threads, total)
			}
		}
	}
}

// breaking panics at its third row.
type breaking struct {
	codec.Predictor
	with any
}

type breakingSession struct {
	codec.Session
	with any
	rows int
}

func (p breaking) NewSession(lanes, threads int) codec.Session {
	return &breakingSession{p.Predictor.NewSession(lanes, threads), p.with, 0}
}

func (s *breakingSession) Advance(rows []codec.Row, logits []float32) {
	if s.rows += len(rows); s.rows >= 3 {
		panic(s.with)
	}
	s.Session.Advance(rows, logits)
}

// TestBroken: a broken model is an error, and a fault of the program reaches the caller's goroutine.
func TestBroken(t *testing.T) {
	segments := samples(repeat(20, 50))
	want := kernels.NotFinite("too large")
	_, _, err := codec.Encode(context.Background(), breaking{codectest.Counts(v, 0), want}, segments, codec.Options{Threads: 3})
	var broken kernels.NotFinite
	if !errors.As(err, &broken) || broken != want {
		t.Errorf("error %v, want %v", err, want)
	}
	defer func() {
		if r := recover(); r != "fault" {
			t.Errorf("panic %v, want fault", r)
		}
	}()
	codec.Encode(context.Background(), breaking{codectest.Counts(v, 0), "fault"}, segments, codec.Options{Threads: 3})
}
