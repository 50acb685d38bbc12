package lmz_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lmz"
)

// failing fails after so many bytes.
type failing struct {
	left int
	err  error
}

func (w *failing) Write(p []byte) (int, error) {
	if len(p) > w.left {
		n := w.left
		w.left = 0
		return n, w.err
	}
	w.left -= len(p)
	return len(p), nil
}

// newWriter is lmz.NewWriter with the tiny model.
func newWriter(t testing.TB, w io.Writer, o lmz.Options) *lmz.Writer {
	t.Helper()
	o.Model = tiny()
	z, err := lmz.NewWriter(w, o)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// TestWriteErrors: the first error of the writer beneath is that of every call that follows, and
// nothing more is written.
func TestWriteErrors(t *testing.T) {
	raw := text(20, 200)
	size := len(compress(t, lmz.Options{Model: tiny()}, raw, raw))
	full := errors.New("disk full")
	for left := range size {
		beneath := &failing{left, full}
		w := newWriter(t, beneath, lmz.Options{})
		var first error
		for i, call := range []func() error{
			func() error { _, err := w.Write(raw); return err },
			w.Flush,
			func() error { _, err := w.Write(raw); return err },
			w.Close,
			w.Close,
			func() error { _, err := w.Write(raw); return err },
			func() error { _, err := w.Write(nil); return err },
			w.Flush,
		} {
			err := call()
			if first == nil && err != nil {
				first = err
				beneath.left += 1000 // what follows would succeed
			}
			if (i >= 3 || first != nil) && !errors.Is(err, full) {
				t.Fatalf("space of %d bytes of %d, call %d: error %v, want %v", left, size, i, err, full)
			}
		}
		if beneath.left < 1000 {
			t.Errorf("space of %d bytes: written to after an error", left)
		}
	}
}

func TestWriteCountsAccepted(t *testing.T) {
	w := newWriter(t, &failing{0, io.ErrShortWrite}, lmz.Options{})
	if n, err := w.Write(make([]byte, 100)); n != 100 || err != nil {
		t.Errorf("first Write: %d, %v; want 100 bytes kept", n, err)
	}
	if n, err := w.Write(make([]byte, lmz.FrameSize)); n != lmz.FrameSize-100 || err != io.ErrShortWrite {
		t.Errorf("Write that fails: %d, %v; want what filled the frame", n, err)
	}
	if n, err := w.Write([]byte("more")); n != 0 || err != io.ErrShortWrite {
		t.Errorf("Write after an error: %d, %v", n, err)
	}
}

func TestClose(t *testing.T) {
	for _, raw := range [][]byte{nil, text(21, 100)} {
		var file bytes.Buffer
		w := newWriter(t, &file, lmz.Options{})
		if err := write(w, raw, 10); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		size := file.Len()
		if err := w.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
		if n, err := w.Write([]byte("more")); n != 0 || err == nil || !strings.Contains(err.Error(), "after Close") {
			t.Errorf("Write after Close: %d, %v", n, err)
		}
		if err := w.Close(); err != nil {
			t.Errorf("Close after a Write after Close: %v", err)
		}
		if file.Len() != size {
			t.Errorf("%d bytes, %d when closed first", file.Len(), size)
		}
		mustDecompress(t, lmz.Options{Model: tiny()}, file.Bytes(), raw)
	}
}

// TestCloseOnClosed writes to a Writer that is closed: the error of the one beneath is no Close of the one above.
func TestCloseOnClosed(t *testing.T) {
	beneath := newWriter(t, io.Discard, lmz.Options{})
	if err := beneath.Close(); err != nil {
		t.Fatal(err)
	}
	w := newWriter(t, beneath, lmz.Options{})
	if _, err := w.Write([]byte("lost")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Close(); err == nil {
			t.Error("Close: no error, though nothing was written")
		}
	}
}

func TestRawSize(t *testing.T) {
	raw := text(22, 100)
	for _, c := range []struct {
		size int64
		want string // in the error of Close
	}{
		{0, ""}, {100, ""},
		{99, "header says 99"}, {101, "header says 101"}, {1, "header says 1"}, {1 << 60, "header says 1152921504606846976"},
	} {
		w := newWriter(t, io.Discard, lmz.Options{RawSize: c.size})
		if _, err := w.Write(raw); err != nil {
			t.Errorf("raw size %d: Write: %v", c.size, err)
		}
		for range 2 {
			if err := w.Close(); c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("raw size %d: Close: %v, want %q", c.size, err, c.want)
			}
		}
	}
	w := newWriter(t, io.Discard, lmz.Options{RawSize: 5})
	if err := w.Close(); err == nil {
		t.Error("raw size 5, nothing written: no error")
	}
}

func TestOptionsPanic(t *testing.T) {
	for name, o := range map[string]lmz.Options{
		"raw size": {RawSize: -1},
		"policy":   {Policy: 2},
	} {
		func() {
			defer func() {
				if got, ok := recover().(string); !ok || !strings.Contains(got, name) {
					t.Errorf("%+v: panic %q, want one about the %s", o, got, name)
				}
			}()
			newWriter(t, io.Discard, o)
		}()
	}
}

// TestBound: no input grows by more than a thousandth and 64 bytes.
func TestBound(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 8, 16, 64, 127, 128, 129, 1000, 16383, 16384} {
		for kind, raw := range map[string][]byte{"noise": noise(23, n), "text": text(23, n), "zeros": make([]byte, n)} {
			if file := compress(t, lmz.Options{Model: tiny(), RawSize: int64(n)}, raw); len(file) > bound(n) {
				t.Errorf("%d bytes of %s: %d bytes, want at most %d", n, kind, len(file), bound(n))
			}
		}
	}
	// Frames that look like noise to whoever counts bytes, and are none: half a frame twice.
	raw := bytes.Repeat(noise(24, 40<<10), 2)
	file := compress(t, lmz.Options{Model: tiny()}, raw)
	if len(file) > bound(len(raw)) {
		t.Errorf("%d bytes of noise twice: %d bytes, want at most %d", len(raw), len(file), bound(len(raw)))
	}
	mustDecompress(t, lmz.Options{Model: tiny()}, file, raw)
}

// TestProgress: what is reported adds up to the raw bytes, and within a frame it comes in parts.
func TestProgress(t *testing.T) {
	pieces := [][]byte{text(25, 3000), noise(25, 300), make([]byte, 1000), noise(26, 70<<10), []byte("Q")}
	var done, calls atomic.Int64
	o := lmz.Options{Model: tiny(), Threads: 2, Progress: func(n int) {
		if n <= 0 {
			t.Errorf("progress of %d bytes", n)
		}
		done.Add(int64(n))
		calls.Add(1)
	}}
	raw := slices.Concat(pieces...)
	for _, phase := range []string{"compress", "decompress"} {
		done.Store(0)
		calls.Store(0)
		var file []byte
		if phase == "compress" {
			file = compress(t, o, pieces...)
		} else {
			mustDecompress(t, o, compress(t, lmz.Options{Model: tiny()}, pieces...), raw)
		}
		if got := done.Load(); got != int64(len(raw)) {
			t.Errorf("%s: progress %d, want %d; file of %d bytes", phase, got, len(raw), len(file))
		}
		if calls.Load() < 20 {
			t.Errorf("%s: %d calls, want many", phase, calls.Load())
		}
	}
}

// noGoroutines tests that no more of them are left than before.
func noGoroutines(t *testing.T, before int) {
	t.Helper()
	for range 1000 { // those that have ended take a moment to go
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

// TestContext ends the context before and within a frame: the work stops soon, with the context's error
// from then on, and leaves nothing behind.
func TestContext(t *testing.T) {
	before := runtime.NumGoroutine()
	raw := text(27, 2*32<<10)
	file := compress(t, lmz.Options{Model: tiny()}, raw)
	for name, run := range map[string]func(o lmz.Options) (call func() error){
		"Flush": func(o lmz.Options) func() error {
			w := newWriter(t, io.Discard, o)
			w.Write(raw)
			return w.Flush
		},
		"Close": func(o lmz.Options) func() error {
			w := newWriter(t, io.Discard, o)
			w.Write(raw)
			return w.Close
		},
		"Read": func(o lmz.Options) func() error {
			r, err := lmz.NewReader(bytes.NewReader(file), o)
			if err != nil {
				t.Fatal(err)
			}
			return func() error {
				n, err := r.Read(make([]byte, 10))
				if n != 0 {
					t.Errorf("Read: %d bytes of a frame cut short", n)
				}
				return err
			}
		},
	} {
		for _, after := range []int{0, 1, 2000} { // bytes coded
			ctx, cancel := context.WithCancel(context.Background())
			if after == 0 {
				cancel()
			}
			var done atomic.Int64
			call := run(lmz.Options{Model: tiny(), Threads: 2, Context: ctx, Progress: func(n int) {
				if done.Add(int64(n)) >= int64(after) {
					cancel()
				}
			}})
			for i := range 3 {
				if err := call(); !errors.Is(err, context.Canceled) {
					t.Errorf("%s, cancelled after %d bytes, call %d: error %v, want %v", name, after, i, err, context.Canceled)
				}
			}
			if n := done.Load(); n > int64(after)+1000 {
				t.Errorf("%s, cancelled after %d bytes: %d coded", name, after, n)
			}
			cancel()
		}
	}
	noGoroutines(t, before)
}

// TestContextPlain: frames that take no model end with the context too.
func TestContextPlain(t *testing.T) {
	for name, raw := range map[string][]byte{"noise": noise(29, 100), "zeros": make([]byte, 100)} {
		file := compress(t, lmz.Options{Model: tiny()}, raw)
		ctx, cancel := context.WithCancel(context.Background())
		w := newWriter(t, io.Discard, lmz.Options{Context: ctx})
		r, err := lmz.NewReader(bytes.NewReader(file), lmz.Options{Model: tiny(), Context: ctx})
		if err != nil {
			t.Fatal(err)
		}
		w.Write(raw)
		cancel()
		if err := w.Close(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: Close: %v, want %v", name, err, context.Canceled)
		}
		if n, err := r.Read(make([]byte, 1000)); n != 0 || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: Read: %d bytes, %v, want %v", name, n, err, context.Canceled)
		}
	}
}

// TestContextCause: the error is the one cause that the context names, whether it ends between frames or within one.
func TestContextCause(t *testing.T) {
	cause := errors.New("the user has left")
	for _, within := range []bool{false, true} {
		ctx, cancel := context.WithCancelCause(context.Background())
		w := newWriter(t, io.Discard, lmz.Options{Context: ctx, Progress: func(int) { cancel(cause) }})
		if !within {
			cancel(cause)
		}
		w.Write(text(28, 1000))
		if err := w.Close(); !errors.Is(err, cause) {
			t.Errorf("within a frame %t: error %v, want %v", within, err, cause)
		}
		cancel(nil)
	}
}
