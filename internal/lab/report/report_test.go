package report

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"lmz/internal/lab/store"
)

// maxPage is how large a page may be.
const maxPage = 3_000_000

// manyPage is the page of so many cells.
func manyPage(t *testing.T, n int) []byte {
	t.Helper()
	r := &Report{Title: "many"}
	for i := range n {
		model := int64(i / 10) // each on five data sets under two protocols
		c := sampleCell(100_000+model, int64(i), "tales")
		c.Name, c.Subject = fmt.Sprintf("toy@step%d", model), fmt.Sprintf("%064x", model)
		c.Dataset, c.Protocol, c.Status = fmt.Sprintf("data %d", i%5), fmt.Sprintf("lossless/%d", i%2), store.Done
		r.Cells = append(r.Cells, c)
	}
	var b bytes.Buffer
	if err := r.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSize(t *testing.T) {
	if got := len(samplePage(t)); got > maxPage {
		t.Errorf("a page of 34 records has %d bytes", got)
	}
	if got := len(manyPage(t, 10_000)); got > maxPage {
		t.Errorf("a page of 10,000 records has %d bytes, want %d at most", got, maxPage)
	}
}

// TestSameBytes: a report is a function of its records.
func TestSameBytes(t *testing.T) {
	s, _ := sampleStore(t)
	var pages [2]bytes.Buffer
	for i := range pages {
		r, err := Build(t.Context(), s, Options{Title: "sample"})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.WriteHTML(&pages[i]); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(pages[0].Bytes(), pages[1].Bytes()) {
		t.Error("two pages of one store differ")
	}
}

func TestEmpty(t *testing.T) {
	var b bytes.Buffer
	if err := (&Report{Title: "none"}).WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "Nothing was measured yet.") {
		t.Error("the page does not say that there is nothing")
	}
}

// TestEscaped: no name of data is markup, and none ends a script.
func TestEscaped(t *testing.T) {
	page := string(samplePage(t))
	for _, name := range hostile[:3] {
		if strings.Contains(page, name) {
			t.Errorf("the page has %s as it is", name)
		}
	}
	// Those of the frame, the three of charts, the records', and one a figure.
	if scripts, ends := strings.Count(page, "<script"), strings.Count(page, "</script"); scripts != ends {
		t.Errorf("%d scripts begin, %d end", scripts, ends)
	}
}

func TestScalingTable(t *testing.T) {
	s, _ := sampleStore(t)
	r, err := Build(t.Context(), s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	md := r.Markdown()
	for _, want := range []string{
		"lossless/1 of tales: ratio in % by parameters and optimizer steps",
		"| model | parameters | step 100 | step 400 | step 1,600 | step 6,400 |",
		"| toy-50k | 50,000 | ",
	} {
		if !strings.Contains(md, want) {
			t.Errorf("no %q in\n%s", want, md)
		}
	}
	if tex := r.LaTeX(); !strings.Contains(tex, `\begin{tabular}{lrrrrr}`) {
		t.Errorf("LaTeX:\n%s", tex)
	}
}

// TestAssets: what is others' is as they published it, as its README says.
func TestAssets(t *testing.T) {
	readme, err := os.ReadFile("assets/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"d3.min.js", "plot.umd.min.js"} {
		f, err := files.Open("assets/" + name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		h := sha256.New()
		if _, err := io.Copy(h, f); err != nil {
			t.Fatal(err)
		}
		if sum := fmt.Sprintf("%x", h.Sum(nil)); !strings.Contains(string(readme), sum) {
			t.Errorf("assets/README.md does not have the SHA-256 of %s, %s", name, sum)
		}
	}
}
