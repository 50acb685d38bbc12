package study

import (
	"encoding/json"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"lmz/internal/lab/measure"
	"lmz/internal/lab/store"
)

// TestParseReport: what a worker writes is what the coordinator reads, of the largest range too.
func TestParseReport(t *testing.T) {
	for _, n := range []int{0, 1, measure.MaxPace} {
		var rows []store.Chunk
		for i := range n {
			rows = append(rows, store.Chunk{Index: i, RawBytes: 100, Tokens: 2, CodeLength: 1.0 / 3, Profile: []store.Token{{Size: 4, Bits: 0.1}, {}}})
		}
		r := NewReport(Task{Task: measure.Task{Cell: store.Cell{ID: "cell", Software: "lmz"}, Range: measure.Range{First: 5, Count: n}}, Check: 2}, "ann", rows, time.Second)
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ParseReport(text); err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("%+v, %v, want %+v", got, err, r)
		}
	}
}

// TestParseHostileReport: a report takes no more memory than some times its bytes, and has no more rows than are refused.
func TestParseHostileReport(t *testing.T) {
	many := func(n int, what string) string { return strings.TrimSuffix(strings.Repeat(what+",", n), ",") }
	for name, text := range map[string]string{
		"rows":   `{"kind":"measured","rows":[` + many(1<<20, "{}") + `]}`,
		"nulls":  `{"kind":"measured","rows":[` + many(1<<20, "null") + `]}`,
		"tokens": `{"kind":"measured","rows":[{"profile":[` + many(1<<20, "{}") + `]}]}`,
		"names":  `{"kind":"measured","worker":"` + strings.Repeat("w", 1<<20) + `","error":"` + strings.Repeat("e", 1<<20) + `"}`,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := ParseReport([]byte(text))
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; err != nil || took > 4*uint64(len(text)) {
			t.Errorf("%s: %v, %d bytes for %d", name, err, took, len(text))
		}
		if err == nil && (len(r.Rows) > measure.MaxPace+1 || len(r.Worker) > MaxWorkerName+1 || len(r.Error) > maxError || len(r.Rows) > 0 && r.Rows[0].Profile != nil) {
			t.Errorf("%s: %d rows, names of %d and %d bytes", name, len(r.Rows), len(r.Worker), len(r.Error))
		}
	}
}
