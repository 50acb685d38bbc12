package report

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"lmz/internal/container"
	"lmz/internal/lab/dataset"
	"lmz/internal/lab/surprisal"
	"lmz/internal/lm"
)

// hostileText is what a page must show and not obey.
const hostileText = "</script><img src=x onerror=alert(1)> <b>bold</b> &amp; '\"` \u202eevil\u2066 \x00\x1b[31m\x9b caf\u00e9 \u65e5\u672c \u05d0\u05d1\r\n\tend\xff\n<!-- <script> {{.}} \u2028 ]]>"

// textAccount explains a text by the model that lmz carries.
func textAccount(t testing.TB, file, text string) *surprisal.Account {
	t.Helper()
	m, err := lm.Default()
	if err != nil {
		t.Fatal(err)
	}
	o := surprisal.Options{Model: m}
	l, err := surprisal.File(t.Context(), []byte(text), dataset.Text, int64(len(text)), o)
	if err != nil {
		t.Fatal(err)
	}
	top, err := l.Costliest(t.Context(), o, 8)
	if err != nil {
		t.Fatal(err)
	}
	return surprisal.NewAccount(file, l, top)
}

func lensHTML(t testing.TB, a *surprisal.Account) []byte {
	t.Helper()
	var page bytes.Buffer
	if err := WriteLens(&page, a); err != nil {
		t.Fatal(err)
	}
	return page.Bytes()
}

// TestLensText is the page of a hostile text in a browser: all of it is shown, none of it acts.
func TestLensText(t *testing.T) {
	browserPath(t)
	text := strings.Repeat(hostileText+"\n", 8)
	a := textAccount(t, "<img src=x onerror=alert(2)>\u202e.txt", text)
	address := pageFile(t, lensHTML(t, a))
	p := openTab(t, address, 1280, 900, false)
	p.await("document.querySelector('.lens-text').dataset.done")

	shown := strings.ReplaceAll(surprisal.Visible([]byte(text)), "\u21b5", "\u21b5\n")
	p.want("document.querySelector('.lens-text').textContent === "+string(mustJSON(shown)), "true")
	p.want("document.querySelectorAll('.lens-text > div > span').length > 400", "true")
	p.want("document.querySelectorAll('main img, main b, main script:not([type=\"application/json\"])').length", "0")
	p.want("document.querySelector('h1').textContent", surprisal.Visible([]byte(a.File)))
	p.want("[...document.querySelectorAll('figure.chart')].filter(f => f.querySelectorAll('.chart-canvas svg.plot').length !== 1).length", "0")
	p.want("document.querySelectorAll('.dear tbody tr').length", "8")

	// The colours are those of the bits.
	levels := map[string]bool{}
	for piece := range a.Content.Lens.Pieces() {
		levels[fmt.Sprintf("l%d", surprisal.Level(piece.Bits))] = true
	}
	p.want("new Set([...document.querySelectorAll('.lens-text span')].map(s => s.classList[0])).size", fmt.Sprint(len(levels)))

	// By keys alone: the first token, then the next, then a costly one.
	p.do(chromedp.Focus(".lens-text"), chromedp.KeyEvent(kb.ArrowRight))
	p.await("document.querySelector('#text .lens-detail').textContent.includes('byte 0, 0 tokens before')")
	p.do(chromedp.KeyEvent(kb.ArrowRight))
	p.await("document.querySelector('.lens-text .here').index === 1")
	p.do(chromedp.Focus(".dear-next"), chromedp.KeyEvent(kb.Enter))
	p.await("document.querySelector('.lens-text .here').index > 1")
	p.do(chromedp.Focus(".dear .goto"), chromedp.KeyEvent(kb.Enter))
	p.await(fmt.Sprintf("document.querySelector('#text .lens-detail').textContent.includes(' %.2f bits')", a.Content.Costliest[0].Bits))
	// Who points at a token reads it.
	p.do(chromedp.Evaluate("document.querySelector('.lens-text span').dispatchEvent(new PointerEvent('pointerover', {bubbles: true}))", nil))
	p.await("document.querySelector('#text .lens-detail').textContent.includes('byte 0,')")
	p.noOverflow()
	p.quiet(address)
}

// TestLensPhone: the page on a phone, dark, is no wider than it.
func TestLensPhone(t *testing.T) {
	browserPath(t)
	address := pageFile(t, lensHTML(t, textAccount(t, strings.Repeat("long", 60)+".txt", strings.Repeat("x", 3000)+hostileText)))
	p := openTab(t, address, 390, 844, true)
	p.await("document.querySelector('.lens-text').dataset.done")
	p.noOverflow()
	p.quiet(address)
}

// TestLensPicture: a picture and its heat map, of which a pixel can be read.
func TestLensPicture(t *testing.T) {
	browserPath(t)
	m, err := lm.Open("../../lm/testdata/llama", lm.Int8)
	if err != nil {
		t.Fatal(err)
	}
	grey := image.NewGray(image.Rect(0, 0, 80, 40))
	for i := range grey.Pix {
		grey.Pix[i] = byte(i)
	}
	var file bytes.Buffer
	if err := png.Encode(&file, grey); err != nil {
		t.Fatal(err)
	}
	o := surprisal.Options{Model: m}
	l, err := surprisal.Image(t.Context(), bytes.NewReader(file.Bytes()), 64*32+100, o) // one tile, the others are left out
	if err != nil {
		t.Fatal(err)
	}
	address := pageFile(t, lensHTML(t, surprisal.NewAccount("picture.png", l, nil)))
	p := openTab(t, address, 1000, 800, true)
	p.await("[...document.querySelectorAll('.lens-pictures img')].every(i => i.complete && i.naturalWidth === 80 && i.naturalHeight === 32)")
	point := func(x, y float64) {
		p.do(chromedp.Evaluate(fmt.Sprintf(`(() => { const i = document.querySelector('.lens-pictures figure:last-child img'), b = i.getBoundingClientRect();
			i.dispatchEvent(new PointerEvent('pointermove', {clientX: b.left + b.width * %v, clientY: b.top + b.height * %v, bubbles: true})); })()`, x/80, y/32), nil))
	}
	_, bits := l.Pictures()
	point(10.5, 20.5)
	p.want("document.querySelector('#picture .lens-detail').textContent", fmt.Sprintf("Pixel 10, 20: %.1f bits", float64(int(8*bits[20*80+10]+0.5))/8))
	point(75.5, 20.5)
	p.want("document.querySelector('#picture .lens-detail').textContent", "Pixel 75, 20: not coded")
	p.noOverflow()
	p.quiet(address, "data:image/png;")
}

// TestLensParts: the page of an .lmz file that was not decoded.
func TestLensParts(t *testing.T) {
	var file bytes.Buffer
	w := container.NewWriter(&file, container.Header{RawSize: 4000})
	if err := w.WriteCoded(bytes.Repeat([]byte("text"), 1000), [][]byte{make([]byte, 200), make([]byte, 7)}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	parts, err := surprisal.ReadParts(t.Context(), bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	page := lensHTML(t, &surprisal.Account{File: "x.lmz", Kind: surprisal.Archive, Parts: parts})
	for _, part := range parts.Parts {
		if !bytes.Contains(page, []byte(part.Name)) {
			t.Errorf("no part %q", part.Name)
		}
	}
	browserPath(t)
	address := pageFile(t, page)
	p := openTab(t, address, 390, 800, false)
	p.want("document.querySelectorAll('#parts table')[0].querySelectorAll('tbody tr').length", fmt.Sprint(len(parts.Parts)+1))
	p.want("document.querySelectorAll('svg.parts rect').length", fmt.Sprint(len(parts.Parts)))
	p.want("document.querySelectorAll('#text, #charts, #costliest').length", "0")
	p.noOverflow()
	p.quiet(address)
}

// TestLensSize: below 3 MB whatever the text, of which a page shows the beginning; and nothing of it is markup.
func TestLensSize(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	raw := make([]byte, 3*lensText)
	l := &surprisal.Lens{Kind: dataset.Bytes, RawSize: int64(len(raw)), Raw: raw}
	for i := range raw {
		raw[i] = byte(random.Uint32()) | 128 // all are shown as numbers
		l.Tokens = append(l.Tokens, surprisal.Token{Size: 1, Bits: 30 * random.Float64(), Position: i})
	}
	l.Segments = []surprisal.Segment{{Size: len(raw), Mode: surprisal.Coded, Tokens: len(raw)}}
	page := lensHTML(t, surprisal.NewAccount("noise", l, nil))
	if len(page) > 3e6 {
		t.Errorf("%d bytes, want 3 MB at most", len(page))
	}
	if !bytes.Contains(page, []byte("The first 131,072 bytes; 262,144 more")) {
		t.Error("it does not say what was left out")
	}
	page = lensHTML(t, textAccount(t, hostileText, strings.Repeat(hostileText, 5)))
	if bytes.Contains(page, []byte("onerror=alert(1)>")) || bytes.Contains(page, []byte("<b>bold")) {
		t.Error("text is markup")
	}
}

// TestLensContrast: what stands on the ground of each level can be read.
func TestLensContrast(t *testing.T) {
	style := embedded("lens.css")
	colours := map[string][2]float64{}
	for _, m := range regexp.MustCompile(`--([a-z0-9-]+): light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\)`).FindAllStringSubmatch(style, -1) {
		colours[m[1]] = [2]float64{luminance(t, m[2]), luminance(t, m[3])}
	}
	for i := 2; i < len(surprisal.Levels); i++ {
		ground, ok := colours[fmt.Sprintf("level-%d", i)]
		if !ok {
			t.Errorf("level %d has no colour", i)
		}
		over := colours["over-low"]
		if i >= 7 {
			over = colours["over-high"]
		}
		for page := range 2 {
			if got := contrast(over[page], ground[page]); got < 4.5 {
				t.Errorf("level %d, page %d: contrast %.2f, want 4.5", i, page, got)
			}
		}
	}
}

// TestLensEmpty: nothing at all is no error.
func TestLensEmpty(t *testing.T) {
	page := lensHTML(t, surprisal.NewAccount("empty", &surprisal.Lens{Kind: dataset.Text}, nil))
	if !bytes.Contains(page, []byte("0 bytes")) {
		t.Error("it does not say so")
	}
}

// TestLensScreenshot draws the picture in docs/, of the page of this repository's own description of how it measures.
func TestLensScreenshot(t *testing.T) {
	if !*update {
		t.Skip("-update writes it")
	}
	text, err := os.ReadFile("../../../docs/method.md")
	if err != nil {
		t.Fatal(err)
	}
	p := openTab(t, pageFile(t, lensHTML(t, textAccount(t, "method.md", string(text)))), 1280, 900, false)
	p.await("document.querySelector('.lens-text').dataset.done && document.querySelector('#course svg.plot')")
	p.do(chromedp.Focus(".dear-next"), chromedp.KeyEvent(kb.Enter))
	p.await("document.querySelector('.lens-text .here')")
	p.screenshot("explain", 1280, 900, "h1")
}
