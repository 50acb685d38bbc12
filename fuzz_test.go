package lmz_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"lmz"
)

// FuzzReader: no bytes make a Reader panic or return more than the frames that are there claim, and what it
// returns without an error, a Writer takes.
func FuzzReader(f *testing.F) {
	file, _, _ := small(f)
	f.Add(file)
	f.Add(append(file, file...))
	f.Add(file[:len(file)-1])
	f.Add(compress(f, lmz.Options{Model: tiny()}))
	f.Add(compress(f, lmz.Options{Model: tiny(), Policy: lmz.Carry}, text(60, 100)))
	f.Add(compress(f, lmz.Options{Model: tiny()}, make([]byte, 100)))
	f.Add(append(compress(f, lmz.Options{Model: tiny()})[:28], "\x03\x80\x80\x80\x08\x01\x00\x00\x00\x00\x00"...))
	f.Add([]byte("\xcclmz\x01\x01"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, file []byte) {
		const most = 20000 // bytes coded, lest payloads of no bytes take minutes
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		coded := 0
		o := lmz.Options{Model: tiny(), Threads: 1, Context: ctx, Progress: func(n int) {
			if coded += n; coded > most {
				cancel()
			}
		}}
		r, err := lmz.NewReader(bytes.NewReader(file), o)
		if err != nil {
			return
		}
		raw, err := io.ReadAll(r)
		if len(raw) > coded {
			t.Errorf("%d bytes, %d of them decoded", len(raw), coded)
		}
		var format *lmz.FormatError
		var unsupported *lmz.UnsupportedError
		var model *lmz.ModelError
		switch {
		case err == nil, errors.As(err, &format), errors.As(err, &unsupported), errors.As(err, &model):
		case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, context.Canceled) && coded > most:
		default:
			t.Errorf("error %T %v, want one of those NewReader names", err, err)
		}
	})
}

// FuzzRoundTrip: any bytes, in Writes and frames of any size and under either policy, come back.
func FuzzRoundTrip(f *testing.F) {
	for _, raw := range inputs() {
		if len(raw) != 1 {
			f.Add(raw, uint16(len(raw)/2), uint16(0), false)
		}
	}
	f.Add(text(61, 300), uint16(7), uint16(50), true)
	f.Add([]byte("x"), uint16(1), uint16(1), true)
	f.Fuzz(func(t *testing.T, raw []byte, size, flush uint16, carry bool) {
		raw = raw[:min(len(raw), 300)] // of ten windows; under the fuzzer models are slow
		o := lmz.Options{Model: tiny(), Threads: 1, RawSize: int64(len(raw))}
		if carry {
			o.Policy = lmz.Carry
		}
		var pieces [][]byte
		rest := raw
		for flush > 0 && len(rest) > int(flush) && len(pieces) < 10 {
			pieces = append(pieces, rest[:flush])
			rest = rest[flush:]
		}
		file := compress(t, o, append(pieces, rest)...)
		mustDecompress(t, lmz.Options{Model: tiny()}, file, raw)
		if most := bound(len(raw)) + 20*len(pieces); len(file) > most {
			t.Errorf("%d bytes for %d raw in %d frames, want at most %d", len(file), len(raw), 1+len(pieces), most)
		}

		var same bytes.Buffer
		w := newWriter(t, &same, o)
		if err := write(w, raw, max(1, int(size))); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if len(pieces) == 0 && !bytes.Equal(same.Bytes(), file) {
			t.Errorf("in Writes of %d bytes, another file", size)
		}
	})
}
