package report

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"lmz/internal/lab/store"
)

// served starts a server of a store's file, which is its address.
func served(t *testing.T, open func(context.Context) (*store.Store, Options, error)) string {
	t.Helper()
	l, err := Listen(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- (&Server{Open: open}).Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	return "http://" + l.Addr().String() + "/"
}

// openFile opens the store in a file for each look.
func openFile(path string) func(context.Context) (*store.Store, Options, error) {
	return func(ctx context.Context) (*store.Store, Options, error) {
		s, err := store.OpenReadOnly(ctx, path)
		return s, Options{Title: "served"}, err
	}
}

// TestServeBody: a client that does not send the body that it announced is answered, and does not keep its connection.
func TestServeBody(t *testing.T) {
	_, path := sampleStore(t)
	address := strings.Trim(strings.TrimPrefix(served(t, openFile(path)), "http:"), "/")
	for _, method := range []string{"GET", "POST"} {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, method+" /version HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(c)
		if !strings.HasPrefix(string(answer), "HTTP/1.1 ") || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: %.40q, then %v; want an answer and the end", method, answer, err)
		}
	}
}

// ask sends a request, with another Host if that is not "".
func ask(t *testing.T, method, address, host string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		r.Host = host
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(body)
}

func TestServe(t *testing.T) {
	_, path := sampleStore(t)
	address := served(t, openFile(path))
	answer, body := ask(t, "GET", address, "")
	if answer.StatusCode != 200 || !strings.Contains(body, "toy-50k") {
		t.Errorf("status %d, %d bytes", answer.StatusCode, len(body))
	}
	for name, want := range map[string]string{
		"Content-Type":            "text/html; charset=utf-8",
		"X-Content-Type-Options":  "nosniff",
		"Content-Security-Policy": "default-src 'none'; script-src 'sha256-",
		"Referrer-Policy":         "no-referrer",
	} {
		if got := answer.Header.Get(name); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if policy := answer.Header.Get("Content-Security-Policy"); strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("policy: %s", policy)
	}
	_, version := ask(t, "GET", address+"version", "")
	if !strings.Contains(body, `data-version="`+version+`"`) {
		t.Errorf("the page is not of version %q", version)
	}

	_, port, err := net.SplitHostPort(strings.Trim(strings.TrimPrefix(address, "http:"), "/"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method, path, host string
		status             int
	}{
		{"GET", "", "localhost:" + port, 200},
		{"GET", "", "LOCALHOST", 200},
		{"GET", "", "[::1]:" + port, 200},
		{"HEAD", "", "", 200},
		{"GET", "", "evil.example:" + port, 421},
		{"GET", "version", "evil.example", 421},
		{"GET", "", "localhost.evil.example", 421},
		{"GET", "", "127.0.0.1.nip.io", 421},
		{"GET", "", "192.168.0.1", 421},
		{"GET", "", "0.0.0.0", 421},
		{"POST", "", "", 405},
		{"PUT", "version", "", 405},
		{"OPTIONS", "", "", 405},
		{"GET", "../../etc/passwd", "", 404},
		{"GET", "sample.db", "", 404},
	} {
		answer, body := ask(t, c.method, address+c.path, c.host)
		if answer.StatusCode != c.status {
			t.Errorf("%s /%s of host %q: status %d, want %d", c.method, c.path, c.host, answer.StatusCode, c.status)
		}
		if c.status != 200 && strings.Contains(body, "toy-50k") || answer.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s /%s of host %q: header %v, body %.100s", c.method, c.path, c.host, answer.Header, body)
		}
	}
}

// TestServeTaken: a port that is taken is an error, and only the loopback interface is listened at.
func TestServeTaken(t *testing.T) {
	l, err := Listen(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	at := l.Addr().(*net.TCPAddr)
	if !at.IP.IsLoopback() {
		t.Errorf("it listens at %v", at)
	}
	if other, err := Listen(t.Context(), at.Port); err == nil {
		other.Close()
		t.Errorf("two listen at %v", at)
	}
}

// TestServeUnreadable: a store that cannot be read is a page that says so.
func TestServeUnreadable(t *testing.T) {
	address := served(t, func(context.Context) (*store.Store, Options, error) {
		return nil, Options{}, errors.New("store: the disk <b>fell</b> over")
	})
	answer, body := ask(t, "GET", address, "")
	if answer.StatusCode != 503 || !strings.Contains(body, "the disk &lt;b&gt;fell&lt;/b&gt; over") {
		t.Errorf("status %d: %s", answer.StatusCode, body)
	}
	if answer, _ := ask(t, "GET", address+"version", ""); answer.StatusCode != 503 {
		t.Errorf("version: status %d", answer.StatusCode)
	}
}

// TestLive: a page that is open shows a cell when it is finished, and keeps what its reader chose.
func TestLive(t *testing.T) {
	browserPath(t)
	s, path := sampleStore(t)
	address := served(t, openFile(path))
	p := openTab(t, address, 1280, 900, false)
	count := "document.querySelector('#records-count')?.textContent"
	p.await(count + "?.startsWith('34 of 34')")
	p.do(chromedp.SendKeys("#records-search", "toy"))
	p.await(count + ".startsWith('24 of 34')")
	p.do(chromedp.Evaluate("document.querySelector('#data details').open = true; window.same = true; scrollTo({top: 700, behavior: 'instant'}); document.querySelector('#records-search').focus({preventScroll: true})", nil))
	putCell(t, s, sampleCell(3_200_000, 100, "tales"))
	p.await(count + ".startsWith('25 of 35')")
	p.want("document.querySelector('#records-search').value", "toy")
	p.want("document.activeElement.id", "records-search")
	p.want("document.querySelector('#data details').open", "true")
	p.want("window.same", "true") // the page was not loaded anew
	p.want("scrollY", "700")
	p.want("[...document.querySelectorAll('figure.chart')].every(f => f.querySelector('svg.plot'))", "true")
	p.quiet(address)
}

// TestLiveAgain: the page that says that the store cannot be read gives way to the report.
func TestLiveAgain(t *testing.T) {
	browserPath(t)
	_, path := sampleStore(t)
	broken := make(chan struct{})
	address := served(t, func(ctx context.Context) (*store.Store, Options, error) {
		select {
		case <-broken:
			return openFile(path)(ctx)
		default:
			return nil, Options{}, errors.New("not yet")
		}
	})
	p := openTab(t, address, 1280, 900, false)
	p.await("document.querySelector('main').textContent.includes('not yet')")
	close(broken)
	p.await("document.querySelector('#records-count')?.textContent.startsWith('34 of 34')")
}
