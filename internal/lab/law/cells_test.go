package law_test

import (
	"math"
	"strings"
	"testing"

	"lmz/internal/lab/law"
	"lmz/internal/lab/store"
)

// cell is a finished record of a model.
func cell(name, dataset, protocol string, params, step int64, ratio float64) store.Cell {
	return store.Cell{Name: name, Dataset: dataset, Data: dataset, Protocol: protocol, Precision: "int8", ChunkSize: 2048, Kind: "model",
		Params: params, ParamsBody: params / 2, Step: step, Status: store.Done,
		Result: store.Result{Ratio: ratio, Coverage: 1, Decodable: true, Low: math.NaN(), High: math.NaN()}}
}

// TestFromCells: records are grouped by all that must not be mixed, and what is no model, not finished or without a step is left out.
func TestFromCells(t *testing.T) {
	interval := cell("pythia-70m@step1000", "text", "lossless/1", 70426624, 1000, 0.2)
	interval.Low, interval.High = 1.6, 1.7
	partial := cell("pythia-70m@step1000", "text", "bharadwaj-2025/1", 70426624, 1000, 0.3)
	partial.Decodable, partial.Coverage = false, 0.5
	running := cell("pythia-70m@step3000", "text", "lossless/1", 70426624, 3000, 0.2)
	running.Status = store.Running
	float := cell("pythia-70m@step1000", "text", "lossless/1", 70426624, 1000, 0.19)
	float.Precision = "f32"
	short := cell("pythia-70m@step1000", "text", "lossless/1", 70426624, 1000, 0.4)
	short.ChunkSize = 512
	other := cell("pythia-70m@step1000", "text", "lossless/1", 70426624, 1000, 0.21)
	other.Data = "another choice of chunks"
	cells := []store.Cell{interval, partial, running, float, short, other,
		cell("pythia-160m@step1000", "text", "lossless/1", 162322944, 1000, 0.18),
		cell("pythia-70m@step1000", "speech", "lossless/1", 70426624, 1000, 0.5),
		cell("pythia-70m@step0", "text", "lossless/1", 70426624, 0, 1),
		cell("mine", "text", "lossless/1", 1000, -1, 1),
		cell("xz -9e", "text", "lossless/1", 0, -1, 0.3),
	}
	d, err := law.FromCells(cells, "s.db", "")
	if err != nil {
		t.Fatal(err)
	}
	points := map[string]int{}
	for _, g := range d.Groups {
		points[g.Name] = len(g.Points)
	}
	want := map[string]int{
		"text, lossless/1, int8, chunks of 2048, data text":       2,
		"text, bharadwaj-2025/1, int8, chunks of 2048, data text": 1,
		"text, lossless/1, f32, chunks of 2048, data text":        1,
		"text, lossless/1, int8, chunks of 512, data text":        1,
		"text, lossless/1, int8, chunks of 2048, data another ":   1,
		"speech, lossless/1, int8, chunks of 2048, data speech":   1,
	}
	if len(points) != len(want) {
		t.Errorf("groups %v, want %v", points, want)
	}
	for name, n := range want {
		if points[name] != n {
			t.Errorf("%s: %d points, want %d; groups are %v", name, points[name], n, points)
		}
	}
	if x := d.Groups[0].Points[0]; x.Params != 70426624 || x.Steps != 1000 || math.Abs(x.SE-0.1/2/1.959964/8) > 1e-12 {
		t.Errorf("the first point is %+v", x)
	}
	if len(d.Remarks) != 1 || !strings.Contains(d.Remarks[0], "2 cells are left out") || !strings.Contains(d.Remarks[0], "mine, pythia-70m@step0") {
		t.Errorf("remarks %q, want two cells without a step", d.Remarks)
	}
	if r := strings.Join(d.Groups[1].Remarks, " "); !strings.Contains(r, "1 record is not decodable") || !strings.Contains(r, "the least coverage is 50.0%") {
		t.Errorf("remarks %q, want what is not decodable and not covered", r)
	}
	if d.Tokens != law.PythiaTokens {
		t.Errorf("%v tokens a step, want those of Pythia", d.Tokens)
	}
}

// TestFromCellsConventions: each way of counting parameters takes another number of the record.
func TestFromCellsConventions(t *testing.T) {
	cells := []store.Cell{cell("pythia-70m@step1000", "text", "lossless/1", 70426624, 1000, 0.2)}
	for c, want := range map[law.Convention]float64{"": 70426624, law.Total: 70426624, law.NonEmbedding: 35213312, law.Nominal: 70e6} {
		d, err := law.FromCells(cells, "s.db", c)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Groups[0].Points[0].Params; d.Groups[0].Name != "text" || got != want {
			t.Errorf("%q: group %q, P %v, want text, %v", c, d.Groups[0].Name, got, want)
		}
	}
	if _, err := law.FromCells([]store.Cell{cell("gzip", "text", "lossless/1", 0, -1, 1)}, "s.db", ""); err == nil || !strings.Contains(err.Error(), "no finished cell of a model") {
		t.Errorf("a store without models: error %v", err)
	}
}
