package cli

import (
	"bytes"
	"encoding/json"
	"testing"

	"lmz/internal/lab/bench"
)

// TestBenchJSON reads what lmz bench --json prints.
func TestBenchJSON(t *testing.T) {
	if testing.Short() {
		t.Skip("not under the race detector: it takes long, and nothing in it is concurrent that others have not")
	}
	var stdout, stderr bytes.Buffer
	status := Main([]string{"bench", "--json", "--shape", "byte-3m", "--symbols", "100", "--segments", "5", "-T", "2"}, nil, &stdout, &stderr)
	if status != exitOK || stderr.Len() > 0 {
		t.Fatalf("exit status %d: %s", status, &stderr)
	}
	d := json.NewDecoder(&stdout)
	d.DisallowUnknownFields()
	var r bench.Report
	if err := d.Decode(&r); err != nil {
		t.Fatal(err)
	}
	if d.More() {
		t.Error("more than one value")
	}
	c := r.Coding
	if r.Model.Name != "byte-3m" || !r.Model.Random || r.Threads != 2 || c.Symbols != 100 || c.Segments != 5 {
		t.Errorf("%+v", r)
	}
	if !(r.Peak.OneThread > 1e8 && r.Peak.AllThreads > 1e8 && c.Compress.OfPeak > 0 && c.Decompress.OfPeak > 0 && len(r.Products) > 4) {
		t.Errorf("%+v", r)
	}
}
