package measure_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"lmz"
	"lmz/internal/lab/dataset"
	"lmz/internal/lab/measure"
	"lmz/internal/lab/store"
	"lmz/internal/lm"
)

// prose is text of so many bytes in a file.
func prose(t *testing.T, n int) dataset.Spec {
	t.Helper()
	name := filepath.Join(t.TempDir(), "prose.txt")
	text := []byte(strings.Repeat("The quick brown fox jumps over the lazy dog; a café is where he sleeps. ", n/70+1))[:n]
	if err := os.WriteFile(name, text, 0o666); err != nil {
		t.Fatal(err)
	}
	return dataset.Spec{Source: name, Chunk: 128}
}

func open(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Temporary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// run measures a job in a store.
func run(t *testing.T, s *store.Store, j measure.Job) store.Cell {
	t.Helper()
	var lab measure.Lab
	c, err := lab.Run(t.Context(), s, j, nil)
	if err != nil {
		t.Fatalf("%+v: %v", j, err)
	}
	return c
}

// rows are those of a cell, without the seconds, which differ.
func rows(t *testing.T, s *store.Store, c store.Cell) (list []store.Chunk) {
	t.Helper()
	for row, err := range s.Chunks(t.Context(), c.ID) {
		if err != nil {
			t.Fatal(err)
		}
		row.EncodeSeconds, row.DecodeSeconds, row.Profile = 0, 0, nil
		list = append(list, row)
	}
	return list
}

// TestRun: what a record says of a small text under each protocol.
func TestRun(t *testing.T) {
	data := prose(t, 10*128+50)
	s := open(t)
	for _, c := range []struct {
		job       measure.Job
		decodable bool
		whole     bool
		chunks    int
		raw       int64
	}{
		{measure.Job{Model: "uniform"}, true, false, 11, 1330},
		{measure.Job{Model: ""}, true, false, 11, 1330},
		{measure.Job{Model: "", Protocol: "stream"}, true, true, 1, 1330},
		{measure.Job{Model: "", Protocol: "deletang-2023"}, false, false, 11, 1330}, // of text that is not ASCII
		{measure.Job{Model: "", Protocol: "bharadwaj-2025"}, false, false, 11, 1330},
		{measure.Job{Model: "", Protocol: "true-context"}, true, false, 11, 665},
		{measure.Job{Baseline: "gzip"}, true, false, 11, 1330},
		{measure.Job{Baseline: "gzip", Whole: true}, true, true, 1, 1330},
		{measure.Job{Baseline: "gzip", Protocol: "stream"}, true, true, 1, 1330},
		{measure.Job{Baseline: "gzip", Protocol: "deletang-2023"}, false, false, 11, 1330},
		{measure.Job{Baseline: "gzip", Protocol: "deletang-2023", Whole: true}, true, true, 1, 1330},
	} {
		j := c.job
		j.Data, j.Name = data, "prose"
		cell := run(t, s, j)
		if cell.Status != "done" || cell.Chunks != c.chunks || cell.RawBytes != c.raw || cell.Decodable != c.decodable || cell.Whole != c.whole || cell.Dataset != "prose" || cell.Modality != "text" {
			t.Errorf("%+v: %+v", c.job, cell)
		}
		published := j.Protocol == "bharadwaj-2025"
		if cell.Verified == published || (cell.CodedBytes == 0) != published || c.decodable == (cell.Note != "") {
			t.Errorf("%+v: verified %v, %d bytes coded, note %q", c.job, cell.Verified, cell.CodedBytes, cell.Note)
		}
		if want := cell.CountedBits / float64(cell.RawBytes); cell.BitsPerByte != want || cell.Ratio != want/8 {
			t.Errorf("%+v: %v bits/byte, ratio %v, want %v and an eighth", c.job, cell.BitsPerByte, cell.Ratio, want)
		}
		if want := cell.Ratio + 2*float64(cell.Params)/float64(cell.RawBytes); cell.AdjustedRatio != want {
			t.Errorf("%+v: adjusted ratio %v, want %v", c.job, cell.AdjustedRatio, want)
		}
		if cell.Coverage != 1 && !published {
			t.Errorf("%+v: coverage %v", c.job, cell.Coverage)
		}
		if j.Baseline == "" {
			if want := cell.BitsPerByte; !published && math.Abs(cell.NatsPerToken/math.Ln2-cell.CodeLength/float64(cell.Tokens)) > 1e-9 {
				t.Errorf("%+v: %v nats a token, %v bits a byte", c.job, cell.NatsPerToken, want)
			}
		}
		if hasInterval := !math.IsNaN(cell.Low); hasInterval != (c.chunks >= 8) || hasInterval && (cell.Low > cell.BitsPerByte || cell.High < cell.BitsPerByte) {
			t.Errorf("%+v: %v bits/byte, interval %v..%v", c.job, cell.BitsPerByte, cell.Low, cell.High)
		}
		var sum float64
		for _, row := range rows(t, s, cell) {
			sum += row.CountedBits
		}
		if sum != cell.CountedBits {
			t.Errorf("%+v: rows of %v bits, cell of %v", c.job, sum, cell.CountedBits)
		}
	}
}

// TestDoneOnce: a finished cell is not computed again, by whatever name its model and data go.
func TestDoneOnce(t *testing.T) {
	s := open(t)
	j := measure.Job{Model: "uniform", Data: prose(t, 1000)}
	want := run(t, s, j)
	text, err := os.ReadFile(j.Data.Source)
	if err != nil {
		t.Fatal(err)
	}
	j.Data.Source = filepath.Join(t.TempDir(), "copy")
	if err := os.WriteFile(j.Data.Source, text, 0o666); err != nil {
		t.Fatal(err)
	}
	var lab measure.Lab
	got, err := lab.Run(t.Context(), s, j, func(measure.Progress) { t.Error("computed again") })
	if err != nil || got.ID != want.ID {
		t.Errorf("cell %s, %v, want %s", got.ID, err, want.ID)
	}
}

// TestBytesPerParam wants the adjusted ratio that was asked for, of a cell that is in the store too.
func TestBytesPerParam(t *testing.T) {
	s := open(t)
	j := measure.Job{Data: prose(t, 100), Unverified: true}
	first := run(t, s, j)
	j.BytesPerParam = 1
	second := run(t, s, j)
	params := float64(first.Params) / float64(first.RawBytes)
	if first.BytesPerParam != 2 || math.Abs(first.AdjustedRatio-first.Ratio-2*params) > 1e-6 {
		t.Errorf("%+v", first.Result)
	}
	if second.BytesPerParam != 1 || math.Abs(second.AdjustedRatio-second.Ratio-params) > 1e-6 || second.EncodeSeconds != first.EncodeSeconds {
		t.Errorf("%+v", second.Result)
	}
}

// TestInterrupted: a run goes on at the chunk where it was interrupted, and its rows are those of one that was not.
func TestInterrupted(t *testing.T) {
	j := measure.Job{Model: "", Data: prose(t, 20*128), Profile: true}
	whole, s := open(t), open(t)
	want := run(t, whole, j)

	ctx, cancel := context.WithCancel(t.Context())
	var lab measure.Lab
	_, err := lab.Run(ctx, s, j, func(p measure.Progress) {
		if p.Chunks >= 3 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want that of the context", err)
	}
	cells, err := s.Cells(t.Context())
	if err != nil || len(cells) != 1 || cells[0].Status == "done" {
		t.Fatalf("%+v, %v, want one that is not done", cells, err)
	}
	before := len(rows(t, s, cells[0]))
	if before == 0 || before == 20 {
		t.Fatalf("%d of 20 rows when interrupted", before)
	}
	least := 20
	got, err := lab.Run(t.Context(), s, j, func(p measure.Progress) { least = min(least, p.Chunks) })
	if err != nil {
		t.Fatal(err)
	}
	if least < before {
		t.Errorf("began again at chunk %d, want %d", least, before)
	}
	a, b := rows(t, whole, want), rows(t, s, got)
	if !reflect.DeepEqual(a, b) || got.CountedBits != want.CountedBits || got.Low != want.Low || got.High != want.High {
		t.Errorf("%+v, want %+v", got, want)
	}
	points, err := measure.Curve(s.Profile(t.Context(), got.ID))
	if err != nil || len(points) != 128 || points[0].Chunks != 20 || math.Abs(points[127].Rate*float64(got.RawBytes)-got.CodeLength) > 1 {
		t.Errorf("a curve of %d points, %v: %+v, want the last to be %v bits of %d bytes", len(points), err, points[len(points)-1], got.CodeLength, got.RawBytes)
	}
	if points[0].Bits <= points[100].Bits {
		t.Errorf("the first byte costs %v bits, byte 100 %v: nothing was learned", points[0].Bits, points[100].Bits)
	}
}

// TestChangedData: rows of other data than those that were identified are not kept.
func TestChangedData(t *testing.T) {
	for _, j := range []measure.Job{{Baseline: "gzip"}, {Baseline: "gzip", Whole: true}} {
		s := open(t)
		j.Data = prose(t, 1000)
		var lab measure.Lab
		before, _, err := lab.Describe(t.Context(), j)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(j.Data.Source, bytes.Repeat([]byte("other "), 170), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := lab.Run(t.Context(), s, j, nil); err == nil || !strings.Contains(err.Error(), "changed while they were measured") {
			t.Errorf("error %v, want that the data changed", err)
		}
		if cells, err := s.Cells(t.Context()); err != nil || len(cells) != 0 {
			t.Errorf("%d cells are kept, %v", len(cells), err)
		}
		after, err := lab.Run(t.Context(), s, j, nil)
		if err != nil || after.Data == before.Cell.Data || after.RawBytes != 1020 {
			t.Errorf("measured again: %+v, %v", after, err)
		}
	}
}

// TestKraft: uniform random bytes never become smaller where the streams decode.
func TestKraft(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	s := open(t)
	for _, j := range []measure.Job{
		{Model: "uniform"}, {Model: "uniform", Protocol: "deletang-2023"},
		{Model: ""}, {Model: "", Protocol: "deletang-2023"}, {Model: "", Protocol: "stream"},
		{Baseline: "gzip"}, {Baseline: "gzip", Whole: true}, {Baseline: "png"},
	} {
		j.Data = dataset.Spec{Source: "random", Chunk: 512, Count: 4, Seed: 1}
		if strings.HasPrefix(j.Model, "uniform") {
			j.Data.Count = 200
		}
		if c := run(t, s, j); c.Ratio < 1 || !c.Decodable || c.Note != "" {
			t.Errorf("%+v: ratio %v, decodable %v, %q", j, c.Ratio, c.Decodable, c.Note)
		}
	}
	c := run(t, s, measure.Job{Model: "uniform", Protocol: "bharadwaj-2025", Data: dataset.Spec{Source: "random", Count: 4, Seed: 1}})
	if c.Decodable || c.Ratio >= 1 || !strings.Contains(c.Note, "Kraft") {
		t.Errorf("bharadwaj-2025: ratio %v, decodable %v, note %q, want one that violates Kraft's inequality and says so", c.Ratio, c.Decodable, c.Note)
	}
}

// TestStreamIsAFile: the protocol counts what a Writer writes.
func TestStreamIsAFile(t *testing.T) {
	s := open(t)
	data := prose(t, 3000)
	c := run(t, s, measure.Job{Model: "", Protocol: "stream", Data: data})
	raw, err := os.ReadFile(data.Source)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	w, err := lmz.NewWriter(&file, lmz.Options{RawSize: int64(len(raw))})
	if err != nil {
		t.Fatal(err)
	}
	w.Write(raw)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if c.CodedBytes != int64(file.Len()) || c.Tokens != int64(len(raw)) || c.CodeLength > c.CountedBits {
		t.Errorf("%d bytes coded, %d tokens of %v bits; a file has %d bytes", c.CodedBytes, c.Tokens, c.CodeLength, file.Len())
	}
}

// TestRefused: what cannot be measured is an error that says why.
func TestRefused(t *testing.T) {
	data := prose(t, 1000)
	for _, c := range []struct {
		job  measure.Job
		want string
	}{
		{measure.Job{Data: data, Protocol: "fair"}, `protocol "fair", want one of lossless`},
		{measure.Job{Data: data, Model: "a", Baseline: "xz"}, "one of the two"},
		{measure.Job{Data: data, Baseline: "gzip", Protocol: "bharadwaj-2025"}, "cannot measure gzip"},
		{measure.Job{Data: data, Baseline: "gzip", Protocol: "no-context"}, "cannot be given a context"},
		{measure.Job{Data: data, Baseline: "gzip", Carry: true}, "options of models"},
		{measure.Job{Data: data, Whole: true}, "under the protocol stream"},
		{measure.Job{Data: data, Model: "uniform", Protocol: "stream"}, "makes no files"},
		{measure.Job{Data: data, Model: "uniform:nosuch.json"}, "nosuch.json"},
		{measure.Job{Data: data, Precision: "int4"}, "int4"},
		{measure.Job{Data: dataset.Spec{Source: "nosuch"}}, "nosuch"},
	} {
		s := open(t)
		var lab measure.Lab
		if _, err := lab.Run(t.Context(), s, c.job, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want one that says %q", c.job, err, c.want)
		}
	}
}

// TestNames: a checkpoint is called by its run's directory too, and data by their name, wherever they lie.
func TestNames(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "small", "step-40")
	if err := lm.Quantise(dir, filepath.FromSlash("../../../models/lmz-text-2")); err != nil {
		t.Fatal(err)
	}
	var lab measure.Lab
	data := prose(t, 100)
	task, d, err := lab.Describe(t.Context(), measure.Job{Model: dir, Data: data})
	if err != nil {
		t.Fatal(err)
	}
	cell := task.Cell
	if cell.Name != "small/step-40" || cell.Step != 40 || cell.Dataset != "prose.txt" || strings.Contains(d.Spec, filepath.Dir(data.Source)) {
		t.Errorf("%+v, %s", cell, d.Spec)
	}
}
