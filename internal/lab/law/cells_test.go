package law_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"lmz/internal/lab/fit"
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

// suite is a store's cells of three sizes and four steps of a law, on two data sets, and of one size of a third.
func suite() (cells []store.Cell) {
	for _, data := range []string{"text", "speech", "few"} {
		for _, params := range []int64{1000, 8000, 64000} {
			for _, step := range []int64{1, 64, 512, 4096} {
				if data == "few" && (params > 1000 || step > 64) {
					continue
				}
				scatter := 0.01 * math.Sin(float64(params+step))
				protocol := "lossless/1"
				if step > 64 {
					protocol += "+profile" // counts the same
				}
				cells = append(cells, cell(fmt.Sprintf("model-%d-step-%d", params, step), data, protocol, params, step,
					0.1+math.Pow(float64(params), -0.3)+0.5*math.Pow(float64(step), -0.5)+scatter))
			}
		}
	}
	return cells
}

// TestSuite: what counts the same is one group; exponents are compared between those groups that can be fitted.
func TestSuite(t *testing.T) {
	d, err := law.FromCells(suite(), "s.db", "")
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Groups) != 3 || len(d.Groups[0].Points) != 12 || d.Groups[0].Name != "text" {
		t.Fatalf("%d groups, the first %+v; want 3, the first text of 12 points", len(d.Groups), d.Groups[0])
	}
	a, err := law.Make(t.Context(), d, law.Options{Forms: []*fit.Form{fit.Forms[0]}})
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Shared) != 3 || a.Shared[0].DF != 2 {
		t.Errorf("tests of shared exponents %+v, want 3, the first with 2 degrees of freedom", a.Shared)
	}
	text := a.Text()
	for _, want := range []string{"other groups than few", "found 2 points, the form published has 5 parameters"} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
			t.Errorf("the account does not say %q:\n%s", want, text)
		}
	}
}

// TestSince: what was measured earlier is left out, and said to be; a group with nothing left is gone.
func TestSince(t *testing.T) {
	d, err := law.FromCells(suite(), "s.db", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Since(65); err != nil {
		t.Fatal(err)
	}
	if len(d.Groups) != 2 {
		t.Fatalf("%d groups, want text and speech", len(d.Groups))
	}
	for _, g := range d.Groups {
		if len(g.Points) != 6 || len(g.Models) != 6 || g.Points[0].Steps != 512 || g.Models[0] != "model-1000-step-512" || !strings.Contains(strings.Join(g.Remarks, ""), "6 points are left out") {
			t.Errorf("%+v", g)
		}
	}
	if err := d.Since(5000); err == nil {
		t.Error("nothing is left, and no error")
	}
}
