package report

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"lmz/internal/lab/figure"
	"lmz/internal/lab/fit"
	"lmz/internal/lab/law"
	"lmz/internal/lab/store"
)

// fitOptions are of the published form with few resamples.
func fitOptions(t *testing.T, draws int) law.Options {
	t.Helper()
	form, err := fit.FormNamed("published")
	if err != nil {
		t.Fatal(err)
	}
	return law.Options{Forms: []*fit.Form{form}, Draws: draws, Seed: 1}
}

// published75 are the measurements of Bharadwaj 2025.
func published75(t *testing.T) *law.Data {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "..", "studies", "bharadwaj-2025-refit", "measurements.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	d, err := law.ReadCSV(file, "measurements.csv", law.Columns{}, "")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// grid is measurements of a law in a column of a name, in groups.
func grid(t *testing.T, column string, times float64, groups ...string) *law.Data {
	t.Helper()
	text := "params,steps," + column + ",dataset\n"
	for _, g := range groups {
		for i, p := range []float64{1e6, 2e6, 4e6, 8e6} {
			for j, s := range []float64{100, 200, 400, 800} {
				ratio := 0.1 + 50*math.Pow(p, -0.5) + 2*math.Pow(s, -0.5) + 0.001*float64((3*i+5*j)%4)
				text += fmt.Sprintf("%g,%g,%g,%q\n", p, s, times*ratio, strings.ReplaceAll(g, `"`, "'"))
			}
		}
	}
	d, err := law.ReadCSV(strings.NewReader(text), "grid.csv", law.Columns{Ratio: column}, "")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func fitHTML(t *testing.T, f *Fit) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFit(t *testing.T) {
	d := grid(t, "ratio", 1, "text", "<b>image</b>")
	d.Tokens = 1000
	made := Made{Command: "lmz fit --csv 'a b.csv'", Sources: []File{{Name: "grid.csv", SHA256: "0123abcd", Bytes: 1234567}}}
	f, err := BuildFit(t.Context(), d, fitOptions(t, 50), made)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"params-text", "steps-text", "surface-text", "residuals-text", "u-text", "least-text", "optimum-text", "compute-text",
		"params-b-image-b", "steps-b-image-b", "surface-b-image-b", "residuals-b-image-b", "u-b-image-b", "least-b-image-b", "optimum-b-image-b", "compute-b-image-b", "exponents", "terms"}
	if got := ids(f.Figures); !slices.Equal(got, want) {
		t.Errorf("figures %v, want %v", got, want)
	}
	page := fitHTML(t, f)
	for _, want := range []string{"1,234,567 bytes", "0123abcd", "lmz fit --csv &#39;a b.csv&#39;", "&lt;b&gt;image", "Shared exponents of the form published", "copy the nearest"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page has no %q", want)
		}
	}
	if bytes.Contains(page, []byte("<b>image")) {
		t.Error("the name of a group is an element")
	}
	for _, a := range f.Account.Answers() {
		if first, _, _ := strings.Cut(a.Text, "."); !bytes.Contains(page, []byte(first)) {
			t.Errorf("the page lacks the answer on %s", a.Of)
		}
	}
	again, err := BuildFit(t.Context(), d, fitOptions(t, 50), made)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(page, fitHTML(t, again)) {
		t.Error("the same data make another page")
	}
}

// The curve of best sizes goes through the optimum, and the U curve is least there, in ratios and in bits/byte.
func TestAllocationFigures(t *testing.T) {
	for column, times := range map[string]float64{"ratio": 1, "bits_per_byte": 8} {
		f, err := BuildFit(t.Context(), grid(t, column, times, "text"), fitOptions(t, 50), Made{})
		if err != nil {
			t.Fatal(err)
		}
		u, optimum := named(t, f.Figures, "u-text"), named(t, f.Figures, "optimum-text")
		least := named(t, f.Figures, "least-text")
		measured := layer(t, least, figure.Points, "of the best model measured").Data
		for i, d := range least.Layers[0].Data { // the band
			if !(*d.Low <= d.Y*1.0001 && d.Y <= *d.High*1.0001) {
				t.Errorf("%s: least %v outside of %v to %v", column, d.Y, *d.Low, *d.High)
			}
			if i > 0 && d.Y > least.Layers[0].Data[i-1].Y {
				t.Errorf("%s: of more data the least ratio is larger: %v", column, d)
			}
			if measured[i].X != d.X || measured[i].Y < d.Y-0.01 {
				t.Errorf("%s: a model measured has %v, below the least of all sizes, %v", column, measured[i], d)
			}
		}
		best := map[float64]float64{}
		for _, l := range optimum.Layers {
			for _, d := range l.Data {
				switch l.Mark {
				case figure.Line:
					best[d.X] = d.Y
				case figure.Band:
					if !(*d.Low <= d.Y*1.0001 && d.Y <= *d.High*1.0001) {
						t.Errorf("%s: N* %v outside of %v to %v", column, d.Y, *d.Low, *d.High)
					}
				}
			}
		}
		curves := 0
		for _, l := range u.Layers {
			if l.Mark == figure.Points && len(l.Data) != 4 {
				t.Errorf("%s: %d models of the last step in %s, want 4", column, len(l.Data), l.Series)
			}
			if l.Mark != figure.Line {
				continue
			}
			curves++
			least := slices.MinFunc(l.Data, func(a, b figure.Datum) int { return int(math.Copysign(1, a.Y-b.Y)) })
			found := false
			for bytes, p := range best {
				if l.Series == "D = "+size(bytes)+" bytes" {
					found = math.Abs(math.Log2(p/least.X)) < 0.5
				}
			}
			if !found || least.Y < 0.1 || least.Y > 0.5 {
				t.Errorf("%s: %s is least, %v, at %v: want it near N*, of %v", column, l.Series, least.Y, least.X, best)
			}
		}
		if curves < 2 {
			t.Errorf("%s: %d curves", column, curves)
		}
	}
}

// What cannot be told has no chart, and the page says why.
func TestFitWithoutAllocation(t *testing.T) {
	for _, c := range []struct {
		name string
		data *law.Data
		draw int
		says string
		want []string
	}{
		{"no resamples", grid(t, "ratio", 1, "text"), 0, "no resamples", []string{"params-text", "steps-text", "surface-text", "residuals-text", "exponents", "terms"}},
		{"a loss", grid(t, "loss", 1, "text"), 50, "", []string{"params-text", "steps-text", "surface-text", "residuals-text", "exponents", "terms"}},
		{"no tokens", grid(t, "ratio", 1, "text"), 50, "", []string{"params-text", "steps-text", "surface-text", "residuals-text", "u-text", "least-text", "optimum-text", "exponents", "terms"}},
	} {
		f, err := BuildFit(t.Context(), c.data, fitOptions(t, c.draw), Made{})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := ids(f.Figures); !slices.Equal(got, c.want) {
			t.Errorf("%s: figures %v, want %v", c.name, got, c.want)
		}
		if !strings.Contains(f.Problem, c.says) || (c.says == "") != (f.Problem == "") {
			t.Errorf("%s: problem %q, want %q", c.name, f.Problem, c.says)
		}
		fitHTML(t, f)
	}
}

// A group that no law can be fitted to leaves the others their charts.
func TestFitOfSomeGroups(t *testing.T) {
	d := grid(t, "ratio", 1, "few", "text")
	d.Groups[0].Points, d.Groups[0].Models = d.Groups[0].Points[:3], d.Groups[0].Models[:3]
	f, err := BuildFit(t.Context(), d, fitOptions(t, 50), Made{})
	if err != nil {
		t.Fatal(err)
	}
	named(t, f.Figures, "u-text")
	if f.Groups[0].Allocated != nil || f.Groups[1].Allocated == nil || f.Problem != "" {
		t.Errorf("allocations %v and %v, problem %q", f.Groups[0].Allocated, f.Groups[1].Allocated, f.Problem)
	}
	if page := string(fitHTML(t, f)); !strings.Contains(page, "published could not be fitted") {
		t.Error("the page does not say why a group has no law")
	}
}

func TestFitOfCells(t *testing.T) {
	var cells []store.Cell
	for _, p := range []int64{50_000, 200_000, 800_000} {
		for _, s := range []int64{100, 400, 1600} {
			c := sampleCell(p, s, "tales")
			c.Status = store.Done
			cells = append(cells, c)
		}
	}
	d, err := law.FromCells(cells, "sample.db", law.Total)
	if err != nil {
		t.Fatal(err)
	}
	f, err := BuildFit(t.Context(), d, fitOptions(t, 50), Made{})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"params-tales", "steps-tales", "surface-tales", "residuals-tales", "optimum-tales", "exponents", "terms"} {
		named(t, f.Figures, id)
	}
	fitHTML(t, f)
}

// TestCommittedFit: the page that is committed is of the account that is.
func TestCommittedFit(t *testing.T) {
	const study = "../../../studies/bharadwaj-2025-refit"
	account, err := os.ReadFile(filepath.Join(study, "account.txt"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(study, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(html.UnescapeString(string(page)), string(account)) {
		t.Errorf("%s/report.html is not of its account.txt: make it again by the command in its README", study)
	}
	if n, want := bytes.Count(page, []byte(`<figure class="chart"`)), 26; n != want {
		t.Errorf("report.html has %d charts, want %d", n, want)
	}
}

// TestFitScreenshot writes docs/fit.png with -update, of the committed page.
func TestFitScreenshot(t *testing.T) {
	if !*update {
		t.Skip("screenshots are made with -update")
	}
	page, err := os.ReadFile("../../../studies/bharadwaj-2025-refit/report.html")
	if err != nil {
		t.Fatal(err)
	}
	address := pageFile(t, page)
	p := openTab(t, address, 1280, 1000, false)
	p.await("document.querySelectorAll('figure.chart svg.plot').length === 26")
	p.screenshot("fit", 1280, 1000, "#u-enwik8")
	p.quiet(address)
}

// TestFitPage is the page of the published measurements in a browser: each chart is drawn, it is whole on a desktop and a phone, and it asks nothing
// of the network.
func TestFitPage(t *testing.T) {
	browserPath(t)
	f, err := BuildFit(t.Context(), published75(t), fitOptions(t, 100), Made{Command: "lmz fit --csv measurements.csv"})
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Figures) != 26 {
		t.Fatalf("%d figures %v, want 8 of each of 3 groups, and 2", len(f.Figures), ids(f.Figures))
	}
	page := fitHTML(t, f)
	if most := 1_500_000; len(page) > most {
		t.Errorf("the page has %d bytes, want at most %d", len(page), most)
	}
	address := pageFile(t, page)
	for _, screen := range []struct {
		width, height int64
		dark          bool
	}{{1280, 900, false}, {1280, 900, true}, {390, 844, false}} {
		p := openTab(t, address, screen.width, screen.height, screen.dark)
		p.await("document.querySelectorAll('figure.chart svg.plot').length === 26")
		p.want("[...document.querySelectorAll('figure.chart svg.plot')].filter(s => !s.querySelector('[aria-label=dot] *, [aria-label=line] path, [aria-label=rect] rect')).map(s => s.ariaLabel).join()", "")
		p.want("document.querySelectorAll('#optimum-enwik8 [aria-label=area] path').length", "1")
		p.want("document.querySelectorAll('#u-imagenet [aria-label=area] path').length", "3")
		p.want("document.querySelectorAll('#exponents [aria-label=dot] [transform*=rotate]').length > 3", "true")
		p.want("document.querySelectorAll('table').length", "14") // 2 of all, 4 of each group
		p.noOverflow()
		p.want("document.querySelector('#account details').open", "false")
		p.do(chromedp.Focus("#account summary"), chromedp.KeyEvent(kb.Enter))
		p.await("document.querySelector('#account details').open")
		p.want("document.querySelector('#account pre').textContent.includes('librispeech: 25 points')", "true")
		p.noOverflow()
		p.want("[...document.querySelectorAll('[id]')].map(e => e.id).filter((id, i, all) => all.indexOf(id) !== i).join()", "")
		p.quiet(address)
	}
}
