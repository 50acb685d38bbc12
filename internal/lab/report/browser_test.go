package report

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var update = flag.Bool("update", false, "write the screenshots in docs/ again")

// patience is how long a test waits for a browser before it gives up: much longer than a slow machine needs.
const patience = 90 * time.Second

// browserPath finds a Chromium, or skips the test.
func browserPath(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes seconds to start")
	}
	for _, name := range []string{os.Getenv("LMZ_CHROME"), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	t.Skip("no browser: install chromium, or name one in LMZ_CHROME")
	return ""
}

// browser is the one that all tests share, nil before it is started.
var browser context.Context

func TestMain(m *testing.M) {
	status := m.Run()
	if browser != nil {
		if err := chromedp.Cancel(browser); err != nil {
			fmt.Fprintln(os.Stderr, "closing the browser:", err)
			status = 1
		}
	}
	os.Exit(status)
}

// startBrowser starts the browser, if it does not run.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	path := browserPath(t)
	if browser != nil {
		return browser
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.DisableGPU, chromedp.Flag("hide-scrollbars", true), chromedp.WSURLReadTimeout(patience))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...)
	started, _ := chromedp.NewContext(allocator)
	if err := chromedp.Run(started); err != nil {
		t.Fatalf("starting %s: %v", path, err)
	}
	browser = started
	return browser
}

// tab is a page in a browser, and what went wrong in it.
type tab struct {
	*testing.T
	ctx context.Context

	mu       sync.Mutex
	said     []string // warnings and errors of the console, exceptions, violations of the policy
	requests []string
}

// openTab opens an address in a browser with a window of so many pixels.
func openTab(t *testing.T, address string, width, height int64, dark bool) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(startBrowser(t))
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, patience)
	t.Cleanup(cancel)
	p := &tab{T: t, ctx: ctx}
	chromedp.ListenTarget(ctx, func(event any) {
		p.mu.Lock()
		defer p.mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
				p.said = append(p.said, fmt.Sprintf("console: %s", mustJSON(e.Args)))
			}
		case *runtime.EventExceptionThrown:
			p.said = append(p.said, "exception: "+e.ExceptionDetails.Error())
		case *log.EventEntryAdded:
			p.said = append(p.said, fmt.Sprintf("%s %s: %s", e.Entry.Source, e.Entry.Level, e.Entry.Text))
		case *network.EventRequestWillBeSent:
			p.requests = append(p.requests, e.Request.URL)
		}
	})
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	p.do(network.Enable(), log.Enable(), runtime.Enable(),
		emulation.SetDeviceMetricsOverride(width, height, 1, width < 600),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}),
		chromedp.Navigate(address))
	return p
}

func mustJSON(x any) []byte {
	text, err := json.Marshal(x)
	if err != nil {
		panic(err)
	}
	return text
}

// do runs actions in order.
func (p *tab) do(actions ...chromedp.Action) {
	p.Helper()
	if err := chromedp.Run(p.ctx, actions...); err != nil {
		p.Fatalf("%v; the page said %q", err, p.said)
	}
}

// await waits until an expression of JavaScript is true.
func (p *tab) await(expression string) {
	p.Helper()
	var last any
	if err := chromedp.Run(p.ctx, chromedp.Poll("Boolean("+expression+")", &last, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(patience/3))); err != nil {
		p.Fatalf("waiting for %s: %v; the page said %q", expression, err, p.said)
	}
}

// text is the value of an expression of JavaScript as text.
func (p *tab) text(expression string) (value string) {
	p.Helper()
	p.do(chromedp.Evaluate("String("+expression+")", &value))
	return value
}

// want compares the value of an expression.
func (p *tab) want(expression, want string) {
	p.Helper()
	if got := p.text(expression); got != want {
		p.Errorf("%s is %q, want %q", expression, got, want)
	}
}

// quiet fails if the page said something, or asked for more than the addresses that begin so.
func (p *tab) quiet(allowed ...string) {
	p.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.said) > 0 {
		p.Errorf("the page said %q", p.said)
	}
	for _, r := range p.requests {
		ok := strings.HasPrefix(r, "data:,")
		for _, a := range allowed {
			ok = ok || strings.HasPrefix(r, a)
		}
		if !ok {
			p.Errorf("the page asked for %.200s", r)
		}
	}
	if len(p.requests) == 0 {
		p.Error("no request was seen, not even that of the page: this test does not see them")
	}
}

// noOverflow fails if the page is wider than its window.
func (p *tab) noOverflow() {
	p.Helper()
	p.want("document.documentElement.scrollWidth <= innerWidth", "true")
}

// screenshot writes docs/NAME.png, so many dots wide and high, of the page from an element on. It compares nothing: pictures depend on the machine's
// fonts.
func (p *tab) screenshot(name string, width, height int, from string) {
	p.Helper()
	var picture []byte
	p.do(chromedp.Evaluate(fmt.Sprintf("scrollTo({top: document.querySelector(%q).offsetTop - 60, behavior: 'instant'})", from), nil), chromedp.CaptureScreenshot(&picture))
	decoded, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		p.Fatal(err)
	}
	if got := decoded.Bounds().Size(); got != (image.Point{X: width, Y: height}) {
		p.Errorf("%s: %v dots, want %d x %d", name, got, width, height)
	}
	if err := os.WriteFile(filepath.Join("..", "..", "..", "docs", name+".png"), picture, 0o666); err != nil {
		p.Fatal(err)
	}
}

// pageFile writes a page to a file and is its address.
func pageFile(t *testing.T, page []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, page, 0o666); err != nil {
		t.Fatal(err)
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return "file://" + path
}
