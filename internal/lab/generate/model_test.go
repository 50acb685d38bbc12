package generate

import (
	"bytes"
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"lmz/internal/codec"
	"lmz/internal/lm"
	"lmz/internal/tokenizer"
)

func carriedModel(t *testing.T) *lm.Model {
	t.Helper()
	m, err := lm.Default()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestModelRepeats has a model that expects what stood three symbols ago. That of lmz is too small to be sure of any pattern.
func TestModelRepeats(t *testing.T) {
	g := &sampler{tokenizer.Bytes{}, echo{}, 2048}
	list, err := g.Continue(t.Context(), [][]byte{[]byte(strings.Repeat("abc", 50)), []byte("xyz"), []byte("quick brown fox")}, 8, Options{Seed: 1, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"abcabcab", "xyzxyzxy", "foxfoxfo"} {
		if got := string(list[i].Bytes); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// echo is a model of bytes that gives the symbol before the one before the last e^40 times the weight of others.
type echo struct{}

func (echo) Symbols() int { return 256 }
func (echo) Start() int32 { return 256 }
func (echo) Window() int  { return 0 }
func (echo) Lanes() int   { return 2 }

func (echo) NewSession(lanes, _ int) codec.Session { return make(echoes, lanes) }

// echoes are the contexts of an echo.
type echoes [][]int32

func (s echoes) Reset(lane int) { s[lane] = nil }

func (s echoes) Advance(rows []codec.Row, logits []float32) {
	for i, r := range rows {
		s[r.Lane] = append(s[r.Lane], r.Symbol)
		row := logits[256*i : 256*(i+1)]
		clear(row)
		if n := len(s[r.Lane]); n > 3 {
			row[s[r.Lane][n-3]] = 40
		}
	}
}

// TestModelSeed pins what the model that lmz carries writes: on all machines the same.
func TestModelSeed(t *testing.T) {
	prompts := [][]byte{nil, []byte("The city of Vienna is "), []byte("\x00\xff"), []byte(strings.Repeat("Long ago. ", 70))}
	g := FromModel(carriedModel(t), 2048)
	list, err := g.Continue(t.Context(), prompts, 40, Options{Seed: 1, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"oroverhaps in the incident of his sovere",
		"prerogated as a free big material histor",
		"ular service) is the workingger had been",
		"Long ago. Locals. Long ago. Long is Loca",
	} {
		if got := string(list[i].Bytes); got != want {
			t.Errorf("prompt %d: %q, want %q", i, got, want)
		}
	}

	// The other prompts, the lanes abreast and the threads change nothing.
	many := [][]byte{[]byte("something else"), prompts[1]}
	for range 20 {
		many = append(many, nil)
	}
	var emitted []byte
	again, err := g.Continue(t.Context(), many, 40, Options{Seed: 1, Threads: 1, Emit: func(i int, b []byte) error {
		if i == 1 {
			emitted = append(emitted, b...)
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again[1].Bytes, list[1].Bytes) || !bytes.Equal(emitted, list[1].Bytes) {
		t.Errorf("%q among others, %q emitted, want %q", again[1].Bytes, emitted, list[1].Bytes)
	}
	if bytes.Equal(again[0].Bytes, again[2].Bytes) || bytes.Equal(again[2].Bytes, again[3].Bytes) {
		t.Error("equal prompts draw the same")
	}
}

// TestModelIsRho wants the bits of what was drawn to be what the codec codes it with: l(xs) - l(x).
func TestModelIsRho(t *testing.T) {
	m := carriedModel(t)
	for _, size := range []int{0, 20, 700} { // the window is 512
		prompt := []byte(strings.Repeat("It was a dark and stormy night. ", 30))[:size]
		list, err := FromModel(m, 2048).Continue(t.Context(), [][]byte{prompt}, 30, Options{Seed: 4, Threads: 2})
		if err != nil {
			t.Fatal(err)
		}
		segments := [][]int32{m.Tokenizer().Encode(nil, prompt), m.Tokenizer().Encode(nil, append(prompt[:size:size], list[0].Bytes...))}
		_, codeLengths, err := codec.Encode(t.Context(), m.Predictor(lm.Carry), segments, codec.Options{Threads: 2})
		if err != nil {
			t.Fatal(err)
		}
		if want := codeLengths[1] - codeLengths[0]; math.Abs(list[0].CodeLength-want) > 1e-6 {
			t.Errorf("after %d bytes: %v bits, the codec takes %v", size, list[0].CodeLength, want)
		}
	}
}

// TestModelWindow wants nothing of what the window leaves out to matter.
func TestModelWindow(t *testing.T) {
	run := func(prompt string) string {
		list, err := FromModel(carriedModel(t), 20).Continue(t.Context(), [][]byte{[]byte(prompt)}, 20, Options{Seed: 2, Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		return string(list[0].Bytes)
	}
	const end = "of the last 20 bytes" // 20 of them
	if a, b, c := run("Much ado about "+end), run(end), run(end[1:]); a != b || b == c {
		t.Errorf("%q, %q and %q, want the first two to be equal", a, b, c)
	}
}

func TestModelInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := Options{Threads: 1, Emit: func(int, []byte) error { cancel(); return nil }}
	list, err := FromModel(carriedModel(t), 2048).Continue(ctx, [][]byte{nil}, 1<<20, o)
	if !errors.Is(err, context.Canceled) || list != nil {
		t.Errorf("%v, error %v", list, err)
	}
	full := errors.New("disk full")
	o.Emit = func(int, []byte) error { return full }
	if _, err := FromModel(carriedModel(t), 2048).Continue(t.Context(), [][]byte{nil}, 9, o); !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
	if list, err := FromModel(carriedModel(t), 2048).Continue(t.Context(), [][]byte{nil, nil}, 0, o); err != nil || len(list) != 2 {
		t.Errorf("no bytes: %v, error %v", list, err)
	}
}
