package measure_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"lmz/internal/lab/dataset"
	"lmz/internal/lab/measure"
	"lmz/internal/lab/store"
	"lmz/internal/lm"
)

// code is what a lab makes of a range of a task, seconds apart.
func code(t *testing.T, lab *measure.Lab, task measure.Task, first, count int) []store.Chunk {
	t.Helper()
	task.Range = measure.Range{First: first, Count: count}
	rows, err := lab.Code(t.Context(), task, nil)
	if err != nil {
		t.Fatalf("%+v: %v", task, err)
	}
	for i := range rows {
		rows[i].EncodeSeconds, rows[i].DecodeSeconds = 0, 0
	}
	return rows
}

// TestRanges: the rows of a cell are the same however it is split, in whatever order its ranges are measured and wherever: the task travels as JSON.
func TestRanges(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	data := prose(t, 30*128+50)
	for _, j := range []measure.Job{
		{Model: ""}, {Model: "", Profile: true}, {Model: "", Protocol: "shuffled-context"}, {Model: "uniform"}, {Model: "", Protocol: "deletang-2023"},
		{Model: "", Protocol: "bharadwaj-2025"}, {Baseline: "gzip"}, {Baseline: "gzip", Protocol: "deletang-2023"}, {Baseline: "gzip", Whole: true},
		{Model: "", Protocol: "stream"}, {Baseline: "gzip", Protocol: "stream"},
	} {
		j.Data = data
		var one, other measure.Lab
		made, _, err := one.Describe(t.Context(), j)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(made)
		if err != nil {
			t.Fatal(err)
		}
		var task measure.Task
		if err := json.Unmarshal(text, &task); err != nil {
			t.Fatal(err)
		}
		want := code(t, &one, made, 0, made.Units())
		if task != made || len(want) != task.Units() || task.RawBytes(task.Range) != 30*128+50 {
			t.Errorf("%+v: %+v, %d rows", j, task, len(want))
		}
		got := make([]store.Chunk, task.Units())
		var parts []measure.Range
		for first := 0; first < len(got); {
			n := min(1+rand.IntN(7), len(got)-first)
			parts = append(parts, measure.Range{First: first, Count: n})
			first += n
		}
		rand.Shuffle(len(parts), func(i, k int) { parts[i], parts[k] = parts[k], parts[i] })
		for i, r := range parts {
			copy(got[r.First:], code(t, []*measure.Lab{&one, &other}[i%2], task, r.First, r.Count))
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, split %v:\n%+v\nwant %+v", j, parts, got, want)
		}
		for _, r := range []measure.Range{{First: -1, Count: 1}, {First: 0, Count: 0}, {First: 0, Count: len(want) + 1}, {First: len(want), Count: 1}, {First: 1, Count: int(^uint(0) >> 1)}} {
			task.Range = r
			if _, err := one.Code(t.Context(), task, nil); err == nil {
				t.Errorf("range %v of %d units is no error", r, len(want))
			}
		}
	}
}

// TestFrames: a file of several frames is one row a frame, whichever is measured first.
func TestFrames(t *testing.T) {
	data := dataset.Spec{Source: filepath.Join(t.TempDir(), "zeros"), Chunk: 1000, Count: -1}
	if err := os.WriteFile(data.Source, make([]byte, 9<<20), 0o666); err != nil {
		t.Fatal(err)
	}
	var lab measure.Lab
	task, _, err := lab.Describe(t.Context(), measure.Job{Baseline: "gzip", Protocol: "stream", Data: data})
	if err != nil {
		t.Fatal(err)
	}
	if rows := code(t, &lab, task, 0, 1); task.Units() != 1 || rows[0].RawBytes != 9<<20 {
		t.Errorf("%d units, the first has %d bytes, want all in one", task.Units(), rows[0].RawBytes)
	}
	task.Job = measure.Job{Protocol: "stream", Data: data}
	if task.Units() != 3 || task.RawBytes(measure.Range{First: 1, Count: 1}) != 4<<20 || task.RawBytes(measure.Range{First: 1, Count: 2}) != 5<<20 {
		t.Errorf("%d frames, want 3", task.Units())
	}
}

// TestChangedRange: rows of data that were changed after they were identified are an error, and so is data that another machine has otherwise.
func TestChangedRange(t *testing.T) {
	data := prose(t, 3000*128)
	var lab, other measure.Lab
	task, _, err := lab.Describe(t.Context(), measure.Job{Baseline: "gzip", Data: data})
	if err != nil {
		t.Fatal(err)
	}
	code(t, &lab, task, 100, 3)
	text, err := os.ReadFile(data.Source)
	if err != nil {
		t.Fatal(err)
	}
	text[2000*128]++
	if err := os.WriteFile(data.Source, text, 0o666); err != nil {
		t.Fatal(err)
	}
	task.Range = measure.Range{First: 1, Count: 2000} // goes back: it is read again
	if _, err := lab.Code(t.Context(), task, nil); err == nil || !strings.Contains(err.Error(), "changed while they were measured") {
		t.Errorf("error %v, want that the data changed", err)
	}
	for _, l := range []*measure.Lab{&lab, &other} {
		if _, err := l.Code(t.Context(), task, nil); err == nil || !strings.Contains(err.Error(), "the data of the task is not what is here") {
			t.Errorf("error %v, want that the data are others", err)
		}
	}
}

// shelf is a Stock of files.
type shelf struct {
	model string
	data  []byte
	chunk int
}

func (s shelf) Model(context.Context, measure.Task) (string, error) { return s.model, nil }

func (s shelf) Chunks(context.Context, measure.Task) (measure.Chunks, error) {
	return &pieces{bytes.NewReader(s.data), s.chunk}, nil
}

type pieces struct {
	from *bytes.Reader
	size int
}

func (p *pieces) Next() ([]byte, error) {
	chunk := make([]byte, p.size)
	n, err := p.from.Read(chunk)
	return chunk[:n], err
}

func (p *pieces) Close() error { return nil }

// TestStock: a worker finds models and data by their hashes, and what is damaged is refused by what it was to be.
func TestStock(t *testing.T) {
	data := prose(t, 20*128+5)
	text, err := os.ReadFile(data.Source)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "step-9")
	if err := lm.Quantise(dir, filepath.FromSlash("../../../models/lmz-text-2")); err != nil {
		t.Fatal(err)
	}
	var here measure.Lab
	task, _, err := here.Describe(t.Context(), measure.Job{Model: dir, Data: data, Profile: true})
	if err != nil {
		t.Fatal(err)
	}
	want := code(t, &here, task, 3, 5)
	elsewhere := task
	elsewhere.Job.Model, elsewhere.Job.Data.Source = "/not/here", "/nor/here"
	good := shelf{dir, text, 128}
	lab := measure.Lab{Stock: good}
	if got := code(t, &lab, elsewhere, 3, 5); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	changed := bytes.Clone(text)
	changed[len(changed)-1] ^= 1
	for what, stock := range map[string]shelf{"data": {dir, changed, 128}, "data of": {dir, text, 127}, "subject": {"uniform", text, 128}} {
		lab := measure.Lab{Stock: stock}
		for range 2 {
			if _, err := lab.Code(t.Context(), elsewhere, nil); err == nil || !strings.Contains(err.Error(), "the "+what) {
				t.Errorf("error %v, want one of the %s", err, what)
			}
		}
		lab.Stock = good // what is wrong need not stay so
		if got := code(t, &lab, elsewhere, 3, 5); !reflect.DeepEqual(got, want) {
			t.Errorf("after %s was wrong: %+v", what, got)
		}
	}
	elsewhere.Cell.Software = "lmz v0.0.1, numerics 0"
	if _, err := lab.Code(t.Context(), elsewhere, nil); !errors.Is(err, measure.ErrOtherSoftware) {
		t.Errorf("error %v, want that of other software", err)
	}
}
