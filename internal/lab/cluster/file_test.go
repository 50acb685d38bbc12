//go:build unix

package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"lmz"
)

// startWorker runs a worker in this process until the test ends, or stop is called, which has it drain and waits.
func startWorker(t testing.TB, s *servers, name string) (w *Worker, stop func()) {
	t.Helper()
	w = &Worker{Name: name, Threads: 1, Cache: t.TempDir(), Log: testLog(t)}
	c, err := Dial(t.Context(), Server{URLs: s.url(), Name: name, Patient: true, Log: testLog(t)})
	if err != nil {
		t.Fatal(err)
	}
	w.Conn = c
	ctx, cancel := context.WithCancel(context.Background())
	drain, drained := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		if err := w.Run(ctx, drain); err != nil && ctx.Err() == nil {
			t.Errorf("worker %s: %v", name, err)
		}
	})
	stop = sync.OnceFunc(func() {
		drained()
		running.Wait()
		cancel()
		c.Close()
	})
	t.Cleanup(stop)
	return w, stop
}

// smallInput is some frames: text of which a part does not compress, all of one byte, noise, and an end.
func smallInput() []byte {
	raw := bytes.Repeat([]byte{'='}, 2*lmz.FrameSize) // two frames that are alike
	noise := make([]byte, lmz.FrameSize)
	rand.NewChaCha8([32]byte{7}).Read(noise)
	raw = append(raw, noise...)
	return append(raw, strings.Repeat("The end of the file is text. ", 200)...)
}

func local(t testing.TB, raw []byte, o lmz.Options) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := lmz.NewWriter(&file, o)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(raw)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func newFile(t testing.TB, c *Conn) *File {
	t.Helper()
	m, err := lmz.DefaultModel()
	if err != nil {
		t.Fatal(err)
	}
	return &File{Conn: c, Model: m, Label: t.Name(), Notice: func(s string) { t.Log(s) }}
}

// TestFile checks that a cluster makes of a file what one machine makes, byte for byte, and back; and leaves nothing on the servers.
func TestFile(t *testing.T) {
	t.Parallel()
	s := startServers(t, 3, "")
	startWorker(t, s, "one")
	startWorker(t, s, "two")
	c := s.dial(t)
	raw := smallInput()
	for _, test := range []struct {
		name   string
		raw    []byte
		policy lmz.Policy
		size   int64
	}{{"file", raw, lmz.Fresh, int64(len(raw))}, {"pipe", raw[2*lmz.FrameSize:], lmz.Carry, 0}, {"empty", nil, lmz.Fresh, 0}, {"a frame", raw[:lmz.FrameSize], lmz.Fresh, 0}} {
		want := local(t, test.raw, lmz.Options{Policy: test.policy, RawSize: test.size})
		var got, back bytes.Buffer
		f := newFile(t, c)
		f.Window = 3
		counted := 0
		f.Progress = func(n int) { counted += n }
		if err := f.Compress(t.Context(), &got, bytes.NewReader(test.raw), test.policy, test.size); err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: %d bytes, and other ones than the %d of one machine", test.name, got.Len(), len(want))
		}
		if counted != len(test.raw) {
			t.Errorf("%s: progress of %d bytes, want %d", test.name, counted, len(test.raw))
		}
		twice := append(bytes.Clone(want), want...) // two members
		f = newFile(t, c)
		if err := f.Decompress(t.Context(), &back, bytes.NewReader(twice)); err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if !bytes.Equal(back.Bytes(), append(bytes.Clone(test.raw), test.raw...)) {
			t.Errorf("%s: other bytes came back", test.name)
		}
	}
	left := c.js.StreamNames(t.Context())
	for name := range left.Name() {
		if strings.HasPrefix(name, "LMZ-") {
			t.Errorf("stream %s is left", name)
		}
	}
	if err := left.Err(); err != nil {
		t.Error(err)
	}
}

// TestFileRefused checks that damaged files are refused as one machine refuses them, and that what is written before is right.
func TestFileRefused(t *testing.T) {
	t.Parallel()
	s := startServers(t, 1, "")
	startWorker(t, s, "one")
	c := s.dial(t)
	raw := smallInput()
	file := local(t, raw, lmz.Options{RawSize: int64(len(raw))})
	cut := file[:len(file)-5]
	var out bytes.Buffer
	if err := newFile(t, c).Decompress(t.Context(), &out, bytes.NewReader(cut)); !errors.Is(err, io.ErrUnexpectedEOF) || !bytes.Equal(out.Bytes(), raw) {
		t.Errorf("cut short: %d bytes, %v, want %d and io.ErrUnexpectedEOF", out.Len(), err, len(raw))
	}
	out.Reset()
	flipped := bytes.Clone(file)
	flipped[2*7+lmz.FrameSize] ^= 1 // in the stored frame
	err := newFile(t, c).Decompress(t.Context(), &out, bytes.NewReader(flipped))
	if err == nil || !bytes.Equal(out.Bytes(), raw[:out.Len()]) {
		t.Errorf("a flipped bit: %d bytes, %v", out.Len(), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	f := newFile(t, c)
	f.Progress = func(int) { cancel() }
	if err := f.Compress(ctx, io.Discard, bytes.NewReader(raw), lmz.Fresh, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// TestFileBadWorker checks that a worker which makes frames that are none is found out, and the file is right.
func TestFileBadWorker(t *testing.T) {
	t.Parallel()
	s := startServers(t, 1, "")
	c := s.dial(t)
	jobs, err := c.watchJobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	bad := c.newTaker("bad", jobs, "")
	done := make(chan error, 1)
	go func() {
		done <- func() error {
			d, err := bad.take(t.Context())
			if err != nil {
				return err
			}
			b, err := c.openBlobs(t.Context(), d.job.blobStream(), d.job.blobPrefix())
			if err != nil {
				return err
			}
			var task frameTask
			if err := json.Unmarshal(d.msg.Data(), &task); err != nil {
				return err
			}
			hash, err := b.in(strconv.Itoa(task.Number)).putBytes(t.Context(), []byte("no frame at all"))
			if err != nil {
				return err
			}
			return d.deliver(t.Context(), mustJSON(t, frameResult{Number: task.Number, Submitted: task.Submitted, Worker: "bad", Blob: hash}), hash)
		}()
	}()
	raw := smallInput()
	refused := make(chan string, 10)
	var got bytes.Buffer
	f := newFile(t, c)
	f.Notice = func(s string) { refused <- s }
	ended := make(chan error, 1)
	go func() { ended <- f.Compress(t.Context(), &got, bytes.NewReader(raw), lmz.Fresh, 0) }()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	startWorker(t, s, "good")
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), local(t, raw, lmz.Options{})) {
		t.Error("other bytes than one machine makes")
	}
	close(refused)
	for said := range refused {
		if strings.Contains(said, `"bad" is refused`) {
			return
		}
	}
	t.Error("what the bad worker made was not refused")
}

// TestFileModel checks that a model that only the coordinator has reaches a worker by its hash, and that one which was damaged in the worker's
// cache is fetched again.
func TestFileModel(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "..", "models", "lmz-text-2")
	if _, err := os.Stat(dir); err != nil {
		t.Skip(err)
	}
	s := startServers(t, 1, "")
	c := s.dial(t)
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	m, err := lmz.OpenModel(copied, lmz.Int8)
	if err != nil {
		t.Fatal(err)
	}
	w, stop := startWorker(t, s, "one")
	raw := []byte(strings.Repeat("A model by its hash. ", 50))
	want := local(t, raw, lmz.Options{Model: m})
	compress := func() {
		t.Helper()
		var got bytes.Buffer
		f := newFile(t, c)
		f.Model, f.ModelName = m, copied
		if err := f.Compress(t.Context(), &got, bytes.NewReader(raw), lmz.Fresh, 0); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Error("other bytes than one machine makes")
		}
	}
	supply, err := OpenSupply(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := supply.model(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	away := copied + "-away"
	if err := os.Rename(copied, away); err != nil { // no folder that is shared
		t.Fatal(err)
	}
	hash := ""
	{
		hidden, err := manifestOf(away)
		if err != nil {
			t.Fatal(err)
		}
		st := newStock(c, w.Cache)
		text := mustJSON(t, hidden)
		hash = hashOf(text)
		path, err := st.model(t.Context(), hash, copied)
		if err != nil {
			t.Fatal(err)
		}
		if path != st.modelDir(hash) {
			t.Errorf("the model is at %s, want it in the cache", path)
		}
		if err := os.RemoveAll(path); err != nil { // as whoever needs the room may, at any time
			t.Fatal(err)
		}
		if again, err := st.model(t.Context(), hash, copied); err != nil || again != path {
			t.Errorf("after the cache was emptied the model is at %s, %v, want it at %s again", again, err, path)
		}
	}
	stop()
	if err := os.Rename(away, copied); err != nil {
		t.Fatal(err)
	}
	weights := filepath.Join(w.Cache, "models", hash, "model.safetensors")
	b, err := os.ReadFile(weights)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(weights, b, 0o666); err != nil {
		t.Fatal(err)
	}
	again := &Worker{Name: "two", Threads: 1, Cache: w.Cache, Log: testLog(t), Conn: s.dial(t)}
	ctx, cancel := context.WithCancel(t.Context())
	drain, drained := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- again.Run(ctx, drain) }()
	compress()
	drained()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(weights); err == nil && hashOf(b) != hashOf(mustRead(t, filepath.Join(copied, "model.safetensors"))) {
		t.Error("the damaged model is still in the cache")
	}
}

func mustRead(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
