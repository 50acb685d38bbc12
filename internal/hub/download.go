package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// download makes the blob of a file: parts are fetched over several connections, the whole is verified, then
// it gets its name.
func (h *hub) download(ctx context.Context, f remoteFile, blob string, progress func(bytes int)) error {
	for {
		p, err := openPartial(blob, f.size, h.partSize)
		if err != nil {
			return h.diskError(err, f.size)
		}
		if info, err := os.Stat(blob); err == nil && info.Size() == f.size { // another process was faster
			p.discard()
			return nil
		}
		resumed := p.have() > 0
		err = h.fetch(ctx, f, p, progress)
		if err != nil {
			p.leave()
			return h.diskError(err, f.size-p.have())
		}
		err = verify(p.content(), f)
		if wrong := (*HashError)(nil); errors.As(err, &wrong) && resumed {
			p.discard()
			continue // what was there before may be to blame
		}
		if err != nil {
			p.discard()
			return err
		}
		return h.diskError(p.finish(blob), 0)
	}
}

// diskError says more about a disk that is full.
func (h *hub) diskError(err error, need int64) error {
	if full := (*DiskFullError)(nil); errors.Is(err, syscall.ENOSPC) && !errors.As(err, &full) {
		free, _ := h.free(h.cache)
		return &DiskFullError{h.cache, need, free}
	}
	return err
}

// errNoRanges says that the server sends files only as a whole.
var errNoRanges = errors.New("hub: the server ignores ranges")

// fetch completes a partial file.
func (h *hub) fetch(ctx context.Context, f remoteFile, p *partial, progress func(bytes int)) error {
	err := h.fetchParts(ctx, f, p, progress)
	if errors.Is(err, errNoRanges) {
		if err := p.restart(f.size); err != nil {
			return err
		}
		err = h.fetchParts(ctx, f, p, progress)
	}
	return err
}

// fetchParts fetches what is missing of each part. The first error ends all.
func (h *hub) fetchParts(ctx context.Context, f remoteFile, p *partial, progress func(bytes int)) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var next atomic.Int64
	var working sync.WaitGroup
	for range min(h.connections, len(p.done)) {
		working.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(p.done) {
					return
				}
				if err := h.fetchPart(ctx, f, p, i, progress); err != nil {
					stop(err)
				}
			}
		})
	}
	working.Wait()
	return context.Cause(ctx)
}

// fetchPart fetches what is missing of part i, from where the last try came to.
func (h *hub) fetchPart(ctx context.Context, f remoteFile, p *partial, i int, progress func(bytes int)) error {
	return h.retry(ctx, func() (gotOn bool, err error) {
		if p.done[i] == p.length(i) {
			return false, nil
		}
		n, err := h.fetchOnce(ctx, f, p, i, progress)
		p.done[i] += n
		if n > 0 {
			if err := p.record(i); err != nil {
				return false, err
			}
		}
		return n > 0, err
	})
}

// fetchOnce fetches as much of part i as comes in one response, and returns how many bytes it wrote.
func (h *hub) fetchOnce(ctx context.Context, f remoteFile, p *partial, i int, progress func(bytes int)) (written int64, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	watch := time.AfterFunc(h.stall, func() { stop(errStalled) })
	defer watch.Stop()

	begin := int64(i) * p.partSize
	at, end := begin+p.done[i], begin+p.length(i)
	header := http.Header{}
	if at > 0 || end < p.size {
		header.Set("Range", fmt.Sprintf("bytes=%d-%d", at, end-1))
	}
	resp, err := h.request(ctx, http.MethodGet, f.address, header)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	broken := func(err error) error {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return &temporary{&NetworkError{f.address, err}, 0}
	}
	switch resp.StatusCode {
	case http.StatusPartialContent:
		var first, last, size int64
		said := resp.Header.Get("Content-Range")
		if n, err := fmt.Sscanf(said, "bytes %d-%d/%d", &first, &last, &size); n != 3 || err != nil || first != at || size != p.size {
			return 0, broken(fmt.Errorf("range %q of the file came, want bytes %d-%d/%d", said, at, end-1, p.size))
		}
	case http.StatusOK:
		if len(p.done) > 1 {
			return 0, errNoRanges
		}
		if resp.ContentLength >= 0 && resp.ContentLength != p.size {
			return 0, broken(fmt.Errorf("%d bytes came, want %d", resp.ContentLength, p.size))
		}
		if _, err := io.CopyN(io.Discard, watched{resp.Body, watch, h.stall}, at); err != nil {
			return 0, broken(err)
		}
	default:
		return 0, fmt.Errorf("hub: %s: status %d, want 200 or 206", f.address, resp.StatusCode)
	}

	body := watched{resp.Body, watch, h.stall}
	buf := make([]byte, 128<<10)
	for at < end {
		n, readErr := body.Read(buf[:min(int64(len(buf)), end-at)])
		if n > 0 {
			if _, err := p.file.WriteAt(buf[:n], at); err != nil {
				return written, err
			}
			at += int64(n)
			written += int64(n)
			progress(n)
		}
		if at < end && readErr != nil {
			if readErr == io.EOF {
				readErr = io.ErrUnexpectedEOF
			}
			return written, broken(readErr)
		}
	}
	return written, nil
}

// watched is a body that keeps a watch from going off while bytes come.
type watched struct {
	io.Reader
	watch *time.Timer
	stall time.Duration
}

func (w watched) Read(b []byte) (int, error) {
	n, err := w.Reader.Read(b)
	if n > 0 {
		w.watch.Reset(w.stall)
	}
	return n, err
}
