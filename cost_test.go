package lmz_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"testing"

	"lmz"
	"lmz/internal/codec"
	"lmz/internal/container"
	"lmz/internal/lm"
)

// TestCost: a file has the code length of its segments, eight bits for each, and what docs/format.md lays round
// them, to the byte.
func TestCost(t *testing.T) {
	dir := modelDir(t, 1)
	opened, err := lm.Open(dir, lm.Int8)
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string][]byte{
		"short text":   text(40, 50),
		"text":         text(41, 5000),
		"two segments": text(42, 64<<10),
		"one letter":   append(bytes.Repeat([]byte("e"), 3000), 'f'),
		"half noise":   append(text(43, 1000), noise(43, 300)...),
	} {
		for _, policy := range []lmz.Policy{lmz.Fresh, lmz.Carry} {
			if policy == lmz.Carry && len(raw) > 5000 {
				continue // in twice the time
			}
			file := compress(t, lmz.Options{Model: openModel(t, dir), Policy: policy}, raw)
			r := container.NewReader(bytes.NewReader(file))
			if _, err := r.NextMember(); err != nil {
				t.Fatal(err)
			}
			f, err := r.NextFrame()
			if err != nil {
				t.Fatal(err)
			}
			if f.Kind != container.Coded {
				t.Errorf("%s: a %v frame, want a coded one", name, f.Kind)
				continue
			}
			var segments [][]int32
			for i := range f.Payloads {
				begin, end := container.Segment(i, len(f.Payloads), len(raw))
				segments = append(segments, opened.Tokenizer().Encode(nil, raw[begin:end]))
			}
			_, codeLengths, err := codec.Encode(context.Background(), opened.Predictor(lm.Policy(policy)), segments, codec.Options{Mixed: true})
			if err != nil {
				t.Fatal(err)
			}
			payloadBytes := 0
			for i, p := range f.Payloads {
				payloadBytes += len(p)
				rounding := 1e-6 * float64(len(segments[i])) // of a range of 2^56 and more by 2^28
				if bits := float64(8 * len(p)); bits > codeLengths[i]+8+rounding {
					t.Errorf("%s, policy %d, segment %d: %v bits, code length %v, want at most 8 more", name, policy, i, bits, codeLengths[i])
				}
			}
			// header; frame and its lengths; end and its two
			overhead := 28 + (1 + 4 + 2 + 4*len(f.Payloads) + 4) + (1 + 1 + 4 + 4 + 8 + 4 + 4)
			if len(file) > payloadBytes+overhead {
				t.Errorf("%s, policy %d: %d bytes, %d of them payloads, want at most %d others", name, policy, len(file), payloadBytes, overhead)
			}
		}
	}
}

// TestMemory passes many frames from a Writer to a Reader, and looks at the heap after each.
func TestMemory(t *testing.T) {
	const frames = 32
	// A frame in the Writer, one as it came and one as it goes in the Reader, what grew to them, and as much
	// again before the collector runs: far below the 128 MiB that pass.
	const most = 64 << 20
	stored := noise(50, lmz.FrameSize)
	zeros := make([]byte, lmz.FrameSize)

	runtime.GC()
	var heap runtime.MemStats
	runtime.ReadMemStats(&heap)
	before := heap.HeapInuse

	r, w := io.Pipe()
	go func() {
		z, err := lmz.NewWriter(w, lmz.Options{Model: tiny()})
		for i := 0; i < frames && err == nil; i++ {
			if i%8 == 0 {
				_, err = z.Write(stored)
			} else {
				_, err = z.Write(zeros)
			}
		}
		if err == nil {
			err = z.Close()
		}
		w.CloseWithError(err)
	}()
	z, err := lmz.NewReader(r, lmz.Options{Model: tiny()})
	if err != nil {
		t.Fatal(err)
	}
	var highest uint64
	got := make([]byte, lmz.FrameSize)
	for i := range frames {
		if _, err := io.ReadFull(z, got); err != nil {
			t.Fatal(err)
		}
		want := zeros
		if i%8 == 0 {
			want = stored
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("frame %d: other bytes", i)
		}
		runtime.ReadMemStats(&heap)
		highest = max(highest, heap.HeapInuse)
	}
	if n, err := z.Read(got); n != 0 || err != io.EOF {
		t.Errorf("after %d frames: %d bytes, %v", frames, n, err)
	}
	if highest > before+most {
		t.Errorf("the heap grew from %d MiB to %d while %d MiB passed, want at most %d more",
			before>>20, highest>>20, frames*lmz.FrameSize>>20, most>>20)
	}
	t.Logf("the heap grew from %d KiB to at most %d", before>>10, highest>>10)
}

// TestProbe: a large frame is stored at once if its bytes are spread as noise's are and slices of it do not
// shrink, and modelled if either is not so.
func TestProbe(t *testing.T) {
	const n = 128 << 10
	slices := func(raw, other []byte) []byte { // raw, with the slices that are probed from other
		for i := range 16 {
			at := i * (n - 512) / 15
			copy(raw[at:at+512], other[at:])
		}
		return raw
	}
	spread := noise(51, n) // fewer of text's bytes, so that their counts stay even when text comes in
	for i, b := range spread {
		if i%3 == 0 && b >= 'a' && b <= 'z' {
			spread[i] = b | 0x80
		}
	}
	for name, c := range map[string]struct {
		raw      []byte
		modelled bool
	}{
		"noise":                                 {noise(52, n), false},
		"text":                                  {text(52, n), true},
		"text that looks as noise to the probe": {slices(text(53, n), noise(53, n)), true},
		"noise that looks as text to the probe": {slices(spread, text(54, n)), true},
		"noise that is shorter than what is probed": {noise(55, 64<<10-1), true},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		o := lmz.Options{Context: ctx, Progress: func(done int) {
			if done < len(c.raw) {
				cancel() // that is enough to know
			}
		}}
		w := newWriter(t, io.Discard, o)
		if _, err := w.Write(c.raw); err != nil {
			t.Fatal(err)
		}
		err := w.Close()
		if modelled := errors.Is(err, context.Canceled); modelled != c.modelled || err != nil && !modelled {
			t.Errorf("%s: error %v; modelled %t, want %t", name, err, modelled, c.modelled)
		}
		cancel()
	}
}
