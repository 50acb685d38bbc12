package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	tries      = 6               // without a byte between them: the pauses add up to half a minute
	maxPause   = 5 * time.Minute // who is asked to wait for longer gives up
	maxBackoff = 30 * time.Second
)

// temporary is an error that may be gone at the next try.
type temporary struct {
	error
	after time.Duration // that the server wants, 0 if it does not say
}

var errStalled = errors.New("no data for too long")

// retry calls try until it succeeds or its error is not temporary, with pauses between. A try that says it got on does
// not count.
func (h *hub) retry(ctx context.Context, try func() (gotOn bool, err error)) error {
	for n := 1; ; n++ {
		gotOn, err := try()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		again := (*temporary)(nil)
		if !errors.As(err, &again) {
			return err
		}
		if gotOn {
			n = 1
		}
		if n >= tries || again.after > maxPause {
			return again.error
		}
		pause := again.after
		if pause == 0 {
			pause = min(h.pause<<(n-1), maxBackoff)
			pause += rand.N(pause/2 + 1) // so that connections that failed together do not come again together
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// request sends one request for an address of the server and returns the response if its status is one of success.
// Redirects are followed; to another server they go without the token.
func (h *hub) request(ctx context.Context, method, address string, header http.Header) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, fmt.Errorf("hub: %w", err)
	}
	req.Header.Set("User-Agent", "lmz")
	req.Header.Set("Accept-Encoding", "identity") // sizes and hashes are of the file itself
	for name, values := range header {
		req.Header[name] = values
	}
	if h.token != "" {
		req.Header.Set("Authorization", "Bearer "+h.token)
	}
	client := &http.Client{Transport: h.transport, CheckRedirect: checkRedirect}
	resp, err := client.Do(req)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		failed := &NetworkError{address, plain(err)}
		dial := (*net.OpError)(nil)
		if !h.reached.Load() && errors.As(err, &dial) && dial.Op == "dial" {
			return nil, failed // there is no network: the user need not wait for that
		}
		return nil, &temporary{failed, 0}
	}
	h.reached.Store(true)
	if resp.StatusCode < 400 {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, h.refusal(address, resp)
}

// plain is an error without the address that net/http puts before it.
func plain(err error) error {
	if u := (*url.Error)(nil); errors.As(err, &u) {
		return u.Err
	}
	return err
}

// checkRedirect keeps the token from other servers, subdomains too, which net/http would give it to. A HEAD request ends
// where the hub says what a file is, before the server that has it.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) >= 10 {
		return errors.New("more than 10 redirects")
	}
	first := via[0].URL
	elsewhere := req.URL.Scheme != first.Scheme || req.URL.Host != first.Host
	if elsewhere {
		req.Header.Del("Authorization")
	}
	said := req.Response.Header
	if req.Method == http.MethodHead && said.Get(headerETag) != "" && (elsewhere || said.Get(headerSize) != "") {
		return http.ErrUseLastResponse
	}
	return nil
}

// statusError is a refusal that callers read further.
type statusError struct {
	address string
	status  int
	code    string // of the hub: RepoNotFound, RevisionNotFound, EntryNotFound, GatedRepo, or ""
	said    string
}

func (e *statusError) Error() string {
	return fmt.Sprintf("hub: %s: status %d (%s)", e.address, e.status, e.said)
}

// refusal is the error of a response whose status is one of failure.
func (h *hub) refusal(address string, resp *http.Response) error {
	e := &statusError{address, resp.StatusCode, resp.Header.Get("X-Error-Code"), resp.Header.Get("X-Error-Message")}
	if e.said == "" {
		e.said = strings.ToLower(http.StatusText(resp.StatusCode))
	}
	switch {
	case e.status == http.StatusTooManyRequests, e.status == http.StatusRequestTimeout, e.status >= 500:
		return &temporary{&NetworkError{address, fmt.Errorf("status %d (%s)", e.status, e.said)}, retryAfter(resp.Header)}
	}
	return e
}

// rateLimit is the hub's own header: "api";r=0;t=55 says 55 seconds.
var rateLimit = regexp.MustCompile(`;\s*t\s*=\s*(\d{1,6})\b`)

// retryAfter is for how long a server wants to be left alone, 0 if it does not say.
func retryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	if at, err := http.ParseTime(value); err == nil {
		return max(time.Until(at), time.Millisecond)
	}
	if value == "" {
		if m := rateLimit.FindStringSubmatch(header.Get("RateLimit")); m != nil {
			value = m[1]
		}
	}
	seconds, err := strconv.ParseUint(value, 10, 32)
	if err != nil {
		return 0
	}
	return max(time.Duration(seconds)*time.Second, time.Millisecond)
}

// get reads a response of some bytes as a whole.
func (h *hub) get(ctx context.Context, address string) (body []byte, err error) {
	err = h.retry(ctx, func() (bool, error) {
		ctx, cancel := context.WithTimeoutCause(ctx, h.stall, errStalled)
		defer cancel()
		resp, err := h.request(ctx, http.MethodGet, address, nil)
		if err != nil {
			return false, err
		}
		defer resp.Body.Close()
		body, err = io.ReadAll(io.LimitReader(resp.Body, maxListing+1))
		if err != nil {
			return false, &temporary{&NetworkError{address, err}, 0}
		}
		if len(body) > maxListing {
			return false, fmt.Errorf("hub: %s: more than %d bytes, want a list", address, maxListing)
		}
		return false, nil
	})
	return body, err
}

// head asks about an address, not for what is there.
func (h *hub) head(ctx context.Context, address string) (resp *http.Response, err error) {
	err = h.retry(ctx, func() (bool, error) {
		ctx, cancel := context.WithTimeoutCause(ctx, h.stall, errStalled)
		defer cancel()
		if resp, err = h.request(ctx, http.MethodHead, address, nil); err == nil {
			resp.Body.Close()
		}
		return false, err
	})
	return resp, err
}
