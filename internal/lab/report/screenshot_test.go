package report

import (
	"bytes"
	"os"
	"testing"

	"lmz/internal/lab/store"
)

// TestScreenshots writes docs/report*.png with -update, of the store that LMZ_REPORT_STORE names.
func TestScreenshots(t *testing.T) {
	path := os.Getenv("LMZ_REPORT_STORE")
	if !*update || path == "" {
		t.Skip("screenshots are made with -update, of the store that LMZ_REPORT_STORE names")
	}
	s, err := store.OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, err := Build(t.Context(), s, Options{Title: "Small models, three kinds of data", Draws: 200, Order: []string{"enwik", "imagenet", "librispeech"},
		Question: "How does compression of text, images and speech scale with the size of small models that were trained on text, and with their training?"})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := r.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	address := pageFile(t, b.Bytes())
	for _, c := range []struct {
		name          string
		width, height int
		dark          bool
		from          string
	}{
		{"report", 1280, 900, false, "#content"},
		{"report-charts", 1280, 1000, false, "#charts"},
		{"report-dark", 1280, 900, true, "#charts"},
		{"report-records", 1280, 800, false, "#records"},
		{"report-phone", 390, 844, false, "#charts"},
	} {
		p := openTab(t, address, int64(c.width), int64(c.height), c.dark)
		p.await("document.querySelectorAll('#records-table tbody tr').length > 5")
		p.screenshot(c.name, c.width, c.height, c.from)
		p.quiet(address)
	}
}
