package hub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lmz/internal/hub/hubtest"
)

// fault answers the requests for large files that are picked.
func fault(server *hubtest.Server, picked func(*http.Request) bool, answer http.HandlerFunc) hubtest.Fault {
	f := func(w http.ResponseWriter, r *http.Request, storage bool) bool {
		if !storage || !picked(r) {
			return false
		}
		answer(w, r)
		return true
	}
	server.SetFault(f)
	return f
}

func always(*http.Request) bool { return true }

// numbered picks requests by their number, counted from 1.
func numbered(picked func(n int64) bool) func(*http.Request) bool {
	var count atomic.Int64
	return func(*http.Request) bool { return picked(count.Add(1)) }
}

func first() func(*http.Request) bool { return numbered(func(n int64) bool { return n == 1 }) }

// everyOther picks the first, the third and so on of the requests for each part: counted over all parts, which come together, chance
// could have it that one fails until it is given up.
func everyOther() func(*http.Request) bool {
	var mu sync.Mutex
	count := map[string]int{}
	return func(r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		part := r.Header.Get("Range")
		count[part]++
		return count[part]%2 == 1
	}
}

// part is what a request for a large file asks for.
func part(server *hubtest.Server, r *http.Request) (content []byte, begin, end int) {
	content, _ = server.Content(strings.TrimPrefix(r.URL.Path, "/"))
	if n, _ := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &begin, &end); n == 2 {
		return content, begin, end + 1
	}
	return content, 0, len(content)
}

// sendPart announces what is asked for, and sends the first n bytes of it.
func sendPart(server *hubtest.Server, w http.ResponseWriter, r *http.Request, n int) {
	content, begin, end := part(server, r)
	w.Header().Set("Content-Length", strconv.Itoa(end-begin))
	if r.Header.Get("Range") != "" {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", begin, end-1, len(content)))
		w.WriteHeader(http.StatusPartialContent)
	}
	w.Write(content[begin : begin+min(n, end-begin)])
}

// TestFaults: what servers and networks do to a download that ends well.
func TestFaults(t *testing.T) {
	const size = 7*testPartSize + 321
	whole := func(server *hubtest.Server, w http.ResponseWriter, r *http.Request) []byte {
		content, _ := server.Content(strings.TrimPrefix(r.URL.Path, "/"))
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		return content
	}
	for name, c := range map[string]struct {
		picked func(*http.Request) bool
		answer func(server *hubtest.Server, w http.ResponseWriter, r *http.Request)
	}{
		"truncated": {everyOther(), func(s *hubtest.Server, w http.ResponseWriter, r *http.Request) { sendPart(s, w, r, 333) }},
		"drips":     {always, func(s *hubtest.Server, w http.ResponseWriter, r *http.Request) { sendPart(s, w, r, 90) }}, // more tries than without progress
		"empty":     {everyOther(), func(s *hubtest.Server, w http.ResponseWriter, r *http.Request) { sendPart(s, w, r, 0) }},
		"aborted":   {everyOther(), func(s *hubtest.Server, w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }},
		"503": {everyOther(), func(_ *hubtest.Server, w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "", http.StatusServiceUnavailable)
		}},
		"408": {everyOther(), func(_ *hubtest.Server, w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "", http.StatusRequestTimeout)
		}},
		"429": {everyOther(), func(_ *hubtest.Server, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "0")
			http.Error(w, "", http.StatusTooManyRequests)
		}},
		"other range": {everyOther(), func(_ *hubtest.Server, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 1-2/%d", size))
			w.WriteHeader(http.StatusPartialContent)
			io.WriteString(w, "xx")
		}},
		"no ranges":            {always, func(s *hubtest.Server, w http.ResponseWriter, r *http.Request) { w.Write(whole(s, w, r)) }},
		"no ranges, truncated": {everyOther(), func(s *hubtest.Server, w http.ResponseWriter, r *http.Request) { w.Write(whole(s, w, r)[:size/3]) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, h := start(t, size)
			inner := fault(server, c.picked, func(w http.ResponseWriter, r *http.Request) { c.answer(server, w, r) })
			if strings.HasPrefix(name, "no ranges") { // of any kind
				server.SetFault(func(w http.ResponseWriter, r *http.Request, storage bool) bool {
					r.Header.Del("Range")
					return inner(w, r, storage)
				})
			}
			dir := mustPull(t, h, tiny)
			wantFiles(t, dir, server.Repos["org/tiny"].Revisions["main"], "config.json", "tokenizer.json", "model.safetensors")
			wantNoPartials(t, h.cache)
		})
	}
}

// TestRetryAfter: a server that wants to be left alone is, whichever way it says so.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, value string
		low, high   time.Duration
	}{
		{"Retry-After", "7", 7 * time.Second, 7 * time.Second},
		{"Retry-After", "0", time.Millisecond, time.Millisecond},
		{"Retry-After", time.Now().Add(time.Minute).UTC().Format(http.TimeFormat), 50 * time.Second, time.Minute},
		{"Retry-After", "Mon, 02 Jan 2006 15:04:05 GMT", time.Millisecond, time.Millisecond},
		{"Retry-After", "soon", 0, 0},
		{"Retry-After", "99999999999999999999", 0, 0},
		{"RateLimit", `"api";r=0;t=55`, 55 * time.Second, 55 * time.Second},
		{"RateLimit", `"api";r=0`, 0, 0},
	} {
		header := http.Header{}
		header.Set(c.name, c.value)
		if got := retryAfter(header); got < c.low || got > c.high {
			t.Errorf("%s: %s: %v, want %v to %v", c.name, c.value, got, c.low, c.high)
		}
	}

	server, h := start(t, 10)
	fault(server, first(), func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "", http.StatusTooManyRequests)
	})
	started := time.Now()
	mustPull(t, h, tiny)
	if took := time.Since(started); took < time.Second {
		t.Errorf("%v later tried again, want a second", took)
	}
	delete(server.Repos["org/tiny"].Revisions["main"], "README.md") // another commit
	fault(server, always, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		http.Error(w, "", http.StatusTooManyRequests)
	})
	server.Repos["org/tiny"].Revisions["main"]["model.safetensors"] = random(20)
	network := (*NetworkError)(nil)
	if _, err := h.pull(t.Context(), tiny, Options{}); !errors.As(err, &network) {
		t.Errorf("told to wait an hour: %v", err)
	}
}

// TestGivesUp: after a number of tries.
func TestGivesUp(t *testing.T) {
	server, h := start(t, 10)
	fault(server, always, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusBadGateway) })
	network := (*NetworkError)(nil)
	if _, err := h.pull(t.Context(), tiny, Options{}); !errors.As(err, &network) || !strings.Contains(err.Error(), "502") {
		t.Errorf("%v, want a NetworkError that says 502", err)
	}
	count := 0
	for _, r := range server.Requests() {
		if r.Storage {
			count++
		}
	}
	if count != tries {
		t.Errorf("%d requests, want %d", count, tries)
	}
}

// TestStalled: a connection without a byte is given up, and what came before is kept.
func TestStalled(t *testing.T) {
	t.Parallel()
	server, h := start(t, 800)
	h.stall = time.Second // long enough for a busy machine
	fault(server, first(), func(w http.ResponseWriter, r *http.Request) {
		sendPart(server, w, r, 300)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	mustPull(t, h, tiny)
	asked := server.Requests()
	if last := asked[len(asked)-1]; last.Range != "bytes=300-799" {
		t.Errorf("the last request asks for %q, want what was missing", last.Range)
	}
}

// TestResume: an interrupted download goes on where it was.
func TestResume(t *testing.T) {
	const size, sent = 9*testPartSize + 10, 600
	server, h := start(t, size)
	ctx, interrupt := context.WithCancel(t.Context())
	fault(server, numbered(func(n int64) bool { return n > 3 }), func(w http.ResponseWriter, r *http.Request) {
		sendPart(server, w, r, sent)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	files := server.Repos["org/tiny"].Revisions["main"]
	var came atomic.Int64 // of the weights, in bytes
	came.Store(-int64(len(files["config.json"]) + len(files["tokenizer.json"])))
	_, err := h.pull(ctx, tiny, Options{Progress: func(n int) {
		if came.Add(int64(n)) >= 3*testPartSize+2*sent { // the first three parts, and some of others
			interrupt()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("%v, want that it was cancelled", err)
	}
	missing := (*NotCachedError)(nil)
	if _, err := h.cached(tiny); !errors.As(err, &missing) || missing.Missing != "model.safetensors" {
		t.Errorf("in between: %v", err)
	}

	server.SetFault(nil)
	server.Requests()
	var announced, fetched int64
	h.partSize = 123 // of new downloads
	dir, err := h.pull(t.Context(), tiny, Options{Begin: func(n int64) { announced = n }})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range server.Requests() {
		if r.Storage {
			_, begin, end := part(server, &http.Request{Header: http.Header{"Range": {r.Range}}, URL: &url.URL{Path: r.Path}})
			fetched += int64(end - begin)
		}
	}
	if want := size - came.Load(); announced != want || fetched != want {
		t.Errorf("%d bytes announced and %d fetched, want the %d that were missing", announced, fetched, want)
	}
	wantFiles(t, dir, files, "config.json", "tokenizer.json", "model.safetensors")
	wantNoPartials(t, h.cache)
}

// TestWrongBytes: nothing gets a name that it does not deserve.
func TestWrongBytes(t *testing.T) {
	for _, size := range []int{500, 3 * testPartSize} {
		server, h := start(t, size)
		fault(server, always, func(w http.ResponseWriter, r *http.Request) {
			content, begin, end := part(server, r)
			wrong := bytes.Clone(content[begin:end])
			wrong[len(wrong)-1] ^= 1
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", begin, end-1, len(content)))
			if r.Header.Get("Range") != "" {
				w.WriteHeader(http.StatusPartialContent)
			}
			w.Write(wrong)
		})
		hash := (*HashError)(nil)
		if _, err := h.pull(t.Context(), tiny, Options{}); !errors.As(err, &hash) || hash.File != "model.safetensors" {
			t.Errorf("%d bytes: %v, want a HashError of model.safetensors", size, err)
		}
		names, err := walk(filepath.Join(h.cache, "models--org--tiny"))
		if err != nil || len(names) != 5 { // two blobs, two links, one ref
			t.Errorf("the cache has %q (%v)", names, err)
		}
		wantNoPartials(t, h.cache)
	}

	// A small file too, which has a Git hash.
	server, h := start(t, 10)
	server.SetFault(func(w http.ResponseWriter, r *http.Request, _ bool) bool {
		if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "config.json") {
			return false
		}
		w.Write(bytes.Repeat([]byte("x"), len(server.Repos["org/tiny"].Revisions["main"]["config.json"])))
		return true
	})
	hash := (*HashError)(nil)
	if _, err := h.pull(t.Context(), tiny, Options{}); !errors.As(err, &hash) || hash.File != "config.json" {
		t.Errorf("%v, want a HashError of config.json", err)
	}
}

// TestDamagedPartial: what was kept of an interrupted download may be wrong in any way.
func TestDamagedPartial(t *testing.T) {
	const size = 3*testPartSize + 10
	for name, damage := range map[string]func(p *partial){
		"a byte":         func(p *partial) { p.file.WriteAt([]byte{1, 2, 3}, 5) },
		"no table":       func(p *partial) { p.file.Truncate(size) },
		"short":          func(p *partial) { p.file.Truncate(7) },
		"empty":          func(p *partial) { p.file.Truncate(0) },
		"part size 0":    func(p *partial) { p.file.WriteAt(make([]byte, 8), size) },
		"part size -1":   func(p *partial) { p.file.WriteAt(bytes.Repeat([]byte{0xff}, 8), size) },
		"too much done":  func(p *partial) { p.file.WriteAt([]byte{0xff, 0xff}, size+8) },
		"all of it done": func(p *partial) { p.done = []int64{testPartSize, testPartSize, testPartSize, 10}; recordAll(p) },
		"other size":     func(p *partial) { p.file.WriteAt([]byte{9}, size+8+8*4) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, h := start(t, size)
			files := server.Repos["org/tiny"].Revisions["main"]
			r := h.repository("org/tiny")
			if err := os.MkdirAll(r.blob(""), 0o777); err != nil {
				t.Fatal(err)
			}
			p, err := openPartial(r.blob(hubtest.Hash("model.safetensors", files["model.safetensors"])), size, testPartSize)
			if err != nil {
				t.Fatal(err)
			}
			p.file.WriteAt(files["model.safetensors"][:testPartSize+100], 0)
			p.done = []int64{testPartSize, 100, 0, 0}
			recordAll(p)
			damage(p)
			p.leave()
			wantFiles(t, mustPull(t, h, tiny), files, "config.json", "tokenizer.json", "model.safetensors")
			wantNoPartials(t, h.cache)
		})
	}
}

func recordAll(p *partial) {
	for i := range p.done {
		p.record(i)
	}
}

// FuzzPartial: any table is a table or none.
func FuzzPartial(f *testing.F) {
	f.Add([]byte("0123456789012345678901234567890123456789"))
	dir := f.TempDir()
	blob := filepath.Join(dir, "seed")
	p, err := openPartial(blob, 25, 10)
	if err != nil {
		f.Fatal(err)
	}
	p.done[1] = 7
	recordAll(p)
	p.leave()
	seed, err := os.ReadFile(blob + incomplete)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(dir, fmt.Sprint(os.Getpid()))
		if err := os.WriteFile(path+incomplete, b, 0o666); err != nil {
			t.Fatal(err)
		}
		if n := resumable(path + incomplete); n < 0 || n > int64(len(b)) {
			t.Errorf("%d bytes of %d can be used", n, len(b))
		}
		p, err := openPartial(path, 25, 10)
		if err != nil || p.size != 25 || p.have() > 25 {
			t.Errorf("%+v, %v", p, err)
		}
		p.discard()
	})
}

// TestAtOnce: two processes with one cache do not disturb each other.
func TestAtOnce(t *testing.T) {
	server, h := start(t, 20*testPartSize)
	files := server.Repos["org/tiny"].Revisions["main"]
	var working sync.WaitGroup
	for range 4 {
		working.Go(func() {
			if _, err := client(t, server, h.cache).pull(t.Context(), tiny, Options{}); err != nil {
				t.Error(err)
			}
		})
	}
	working.Wait()
	dir, err := h.cached(tiny)
	if err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, files, "config.json", "tokenizer.json", "model.safetensors")
	wantNoPartials(t, h.cache)
}

// TestDiskFull: said before the download if it can be known, and always in the same words.
func TestDiskFull(t *testing.T) {
	server, h := start(t, 5000)
	h.free = func(string) (int64, bool) { return 4999, true }
	full := (*DiskFullError)(nil)
	_, err := h.pull(t.Context(), tiny, Options{})
	files := server.Repos["org/tiny"].Revisions["main"]
	if want := int64(5000 + len(files["config.json"]) + len(files["tokenizer.json"])); !errors.As(err, &full) || full.Need != want || full.Free != 4999 || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%v, want a DiskFullError of %d bytes", err, want)
	}
	for _, r := range server.Requests() {
		if r.Storage {
			t.Errorf("%v was asked for", r)
		}
	}
	if err := h.diskError(fmt.Errorf("writing: %w", syscall.ENOSPC), 7); !errors.As(err, &full) || full.Need != 7 {
		t.Errorf("%v, want a DiskFullError", err)
	}
	h.free = func(string) (int64, bool) { return 0, false }
	mustPull(t, h, tiny)
	if free, known := freeSpace(h.cache); known && free <= 0 {
		t.Errorf("%d bytes free", free)
	}
}
