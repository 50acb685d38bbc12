package study

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lmz/internal/lab/store"
)

// cellOf is a finished cell of 800 bytes.
func cellOf(subject, data string, ratio float64, change func(*store.Cell)) store.Cell {
	c := store.Cell{Subject: subject, Name: subject, Data: data + "-id", Dataset: data, Protocol: "lossless/1", Kind: "baseline", ChunkSize: 100, Step: -1, Status: store.Done,
		Result: store.Result{Chunks: 8, RawBytes: 800, CoveredBytes: 800, Coverage: 1, CodedBytes: 400, BitsPerByte: 8 * ratio, Ratio: ratio, MeanRatio: ratio,
			AdjustedRatio: ratio, BytesPerParam: 2, Low: 8 * (ratio - 0.01), High: 8 * (ratio + 0.01), Decodable: true, Verified: true}}
	if change != nil {
		change(&c)
	}
	c.ID = store.CellID(c.Subject, c.Data, c.Protocol, c.Whole)
	return c
}

func TestRatios(t *testing.T) {
	cells := []store.Cell{
		cellOf("gzip", "b", 0.5, nil),
		cellOf("gzip", "a", 0.4, nil),
		cellOf("gzip", "a", 0.3, func(c *store.Cell) { c.Whole, c.Low, c.High = true, math.NaN(), math.NaN() }),
		cellOf("big", "a", 0.25, func(c *store.Cell) {
			c.Kind, c.Params, c.AdjustedRatio, c.Precision = "model", 1000, 2.75, "f32"
			c.Protocol = "lossless/1+profile" // counts the same
		}),
		cellOf("small", "a", 0.35, func(c *store.Cell) {
			c.Kind, c.Params, c.AdjustedRatio, c.Step, c.Coverage, c.Decodable = "model", 10, 0.375, 500, 0.665, false
		}),
		cellOf("small", "b", 0.45, func(c *store.Cell) {
			c.Kind, c.Params, c.Step, c.Verified, c.Protocol = "model", 10, 500, false, "lossless/1+unverified"
		}),
		cellOf("broken", "a", 0.1, func(c *store.Cell) { c.Status = store.Failed }),
	}
	published, err := ReadPublished(strings.NewReader("protocol,chunks,subject,data,ratio,adjusted\nlossless,whole,gzip,a,32.3,\nlossless,2048,Llama,a,8.9,1408.9\nstream,whole,xz,a,1,\n"))
	if err != nil {
		t.Fatal(err)
	}
	tables := NewView(cells, []string{"a", "b"}).Ratios(published)
	const want = `lossless/1: counted / raw bytes in %, smaller is better, with 95% intervals

chunk size  subject                          a                  b  adjusted: a  adjusted: b
whole   published: gzip                   32.3
whole   gzip                              30.0
2048    published: Llama                   8.9                          1408.9
100     gzip                 40.0 (39.0..41.0)  50.0 (49.0..51.0)
100     small step 500  35.0 (34.0..36.0)† [66.5%]  45.0 (44.0..46.0)?         37.5         45.0
100     big f32              25.0 (24.0..26.0)                           275.0

† not decodable: what was counted is not enough to get the raw data back
? not verified: the streams were not decoded
[n%] coverage: only so much of the raw bytes was coded; what is below 100% is no result
adjusted: with the model's parameters at 2 bytes each, over the raw bytes measured here
`
	if len(tables) != 1 || squeeze(tables[0].Text()) != squeeze(want) {
		t.Errorf("%d tables, the first is\n%s\nwant\n%s", len(tables), tables[0].Text(), want)
	}
	if md := tables[0].Markdown(); !strings.Contains(md, "| 100 | big f32 | 25.0 (24.0..26.0) |  | 275.0 |  |\n") || !strings.Contains(md, "| --- | --- | ---: |") {
		t.Errorf("Markdown:\n%s", md)
	}
	if tex := tables[0].LaTeX(); !strings.Contains(tex, "\\begin{tabular}{llrrrr}") || !strings.Contains(tex, `35.0 (34.0..36.0)† [66.5\%]`) {
		t.Errorf("LaTeX:\n%s", tex)
	}
	if r := NewView(cells, nil).Records(); len(r.Rows) != 6 || len(r.Rows[0]) != len(r.Head) {
		t.Errorf("%d records, want 6: %v", len(r.Rows), r.Rows)
	}
}

// squeeze is text with single spaces: how wide columns are is not what tests are about.
func squeeze(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return strings.Join(lines, "\n")
}

// TestSameNames tells subjects and data apart that are called the same.
func TestSameNames(t *testing.T) {
	v := NewView([]store.Cell{
		cellOf("m", "a", 0.4, func(c *store.Cell) { c.Subject = "1111111122" }),
		cellOf("m", "a", 0.5, func(c *store.Cell) { c.Subject = "3333333344" }),
		cellOf("m", "a", 0.6, func(c *store.Cell) { c.Subject, c.Data = "3333333344", "5555555566" }),
	}, nil)
	text := v.Ratios(nil)[0].Text()
	for _, want := range []string{"m (11111111)", "m (33333333)", "a (55555555)"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// viewOf is of a store with cells of eight chunks of 100 bytes, which need so many bits more than 400 and ten for each before them.
func viewOf(t *testing.T, more map[string]float64, cell func(name string) store.Cell) (*store.Store, *View) {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for name, more := range more {
		c := cell(name)
		claim, err := s.Claim(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		var rows []store.Chunk
		for i := range 8 {
			rows = append(rows, store.Chunk{Index: i, RawBytes: 100, CoveredBytes: 100, CountedBits: 400 + 10*float64(i) + more})
		}
		if err := claim.Put(t.Context(), "", rows); err != nil {
			t.Fatal(err)
		}
		if err := claim.Finish(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	cells, err := s.Cells(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s, NewView(cells, nil)
}

// TestContexts: the three protocols of one subject are paired chunk by chunk.
func TestContexts(t *testing.T) {
	s, v := viewOf(t, map[string]float64{"no-context": 80, "shuffled-context": 40, "true-context": 0, "lossless": 5}, func(name string) store.Cell {
		return cellOf("model", "a", 0.5, func(c *store.Cell) { c.Protocol = name + "/1" })
	})
	splits, err := v.InContext(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	got := v.Contexts(splits)
	const want = "model a 4.0000 4.0000 4.0000 -0.4000 (-0.4000..-0.4000) -0.4000 (-0.4000..-0.4000) -0.8000 (-0.8000..-0.8000)"
	if got == nil || len(got.Rows) != 1 || !strings.Contains(squeeze(got.Text()), want) {
		t.Errorf("%+v, want %s", got, want)
	}
	s, v = viewOf(t, map[string]float64{"lossless": 0}, func(string) store.Cell { return cellOf("model", "a", 0.5, nil) })
	if splits, err := v.InContext(t.Context(), s); splits != nil || err != nil || v.Contexts(splits) != nil {
		t.Errorf("%+v, %v, want none, and no table", splits, err)
	}
}

func TestAgainst(t *testing.T) {
	s, v := viewOf(t, map[string]float64{"gzip": 0, "xz": -80, "half": 40}, func(name string) store.Cell { return cellOf(name, "a", 0.5, nil) })
	tables, err := v.Against(t.Context(), s, "gzip")
	if err != nil {
		t.Fatal(err)
	}
	// What makes a chunk hard is hard for both: the interval of the difference has no width.
	for _, want := range []string{"half +0.4000 (+0.4000..+0.4000)", "xz -0.8000 (-0.8000..-0.8000)"} {
		if len(tables) != 1 || !strings.Contains(squeeze(tables[0].Text()), want) {
			t.Errorf("no %q in\n%s", want, tables[0].Text())
		}
	}
	if _, err := v.Against(t.Context(), s, "gzp"); err == nil || !strings.Contains(err.Error(), `did you mean "gzip"?`) {
		t.Error(err)
	}
}

func TestReadPublished(t *testing.T) {
	for text, want := range map[string]string{
		"":      "line 1 is",
		"a,b\n": "line 1 is",
		"protocol,chunks,subject,data,ratio,adjusted\nlossless,whole,gzip,a\n":        "wrong number of fields",
		"protocol,chunks,subject,data,ratio,adjusted\nlossless,whole,gzip,a,32.3%,\n": `line 2: found "32.3%", want a number`,
	} {
		if _, err := ReadPublished(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestStudies reads the studies that are shipped.
func TestStudies(t *testing.T) {
	const studies = "../../../studies"
	files, err := filepath.Glob(studies + "/*/*.yaml")
	if err != nil || len(files) != 7 {
		t.Fatalf("%v, %v", files, err)
	}
	cells := map[string]int{"deletang-2023-table-1": 6*4*2*2 + 5 + 1, "deletang-2023-table-1-full": 4*4*2 + 2*4, "bharadwaj-2025": 25 * 3 * 2, "deletang-2023-tokenization": 12,
		"lmz-suite": 35*3*2 + 6*2 + 2*4*2, "lmz-suite-contexts": 20 * 3 * 3, "lmz-suite-tokenization": 18}
	for _, file := range files {
		s, err := Load(file)
		if err != nil {
			t.Error(err)
			continue
		}
		if n := len(s.Plan("").Cells); n != cells[s.Name] {
			t.Errorf("%s has %d cells, want %d", s.Name, n, cells[s.Name])
		}
		if s.Question == "" {
			t.Errorf("%s: a study starts as a question", file)
		}
		schema, _, _ := strings.Cut(string(read(t, file)), "\n")
		path := strings.TrimPrefix(schema, "# yaml-language-server: $schema=")
		if _, err := os.Stat(filepath.Join(filepath.Dir(file), path)); err != nil {
			t.Errorf("%s names a schema that is not there: %v", file, err)
		}
	}
	tables, err := filepath.Glob(studies + "/*/published.csv")
	if err != nil || len(tables) != 2 {
		t.Fatalf("%v, %v", tables, err)
	}
	for _, file := range tables {
		if list, err := ReadPublished(strings.NewReader(string(read(t, file)))); err != nil || len(list) < 15 {
			t.Errorf("%s: %d rows, %v", file, len(list), err)
		}
	}
}

func read(t *testing.T, file string) []byte {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestPlan has checkpoints, and paths relative to where they are found.
func TestPlan(t *testing.T) {
	dir, data := t.TempDir(), t.TempDir()
	for _, d := range []string{filepath.Join(dir, "runs", "step-5"), filepath.Join(data, "other")} {
		if err := os.MkdirAll(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Parse(filepath.Join(dir, "s.yaml"), []byte(`
name: x
data: [{name: a, source: f.txt}, {name: r, kind: random}]
models:
  - {model: "runs/step-{step}", checkpoints: [5, 6]}
  - {name: p, model: "ORG/p@step{step}", checkpoints: [7], precision: f32}
  - other
  - default
  - uniform
  - uniform:t.json
  - {name: again, model: default}
`))
	if err != nil {
		t.Fatal(err)
	}
	p := s.Plan(data)
	var got []string
	for i, c := range p.Cells {
		if i%2 == 0 {
			got = append(got, c.Label+" = "+strings.NewReplacer(dir, "DIR", data, "DATA", `\`, "/").Replace(c.Job.Model))
		}
		if want := []string{filepath.Join(data, "f.txt"), "random"}[i%2]; c.Job.Data.Source != want {
			t.Errorf("source %s, want %s", c.Job.Data.Source, want)
		}
	}
	want := []string{"runs/step-5 = DIR/runs/step-5", "runs/step-6 = runs/step-6", "p 7 = ORG/p@step7", "other = DATA/other", "default = ", "uniform = uniform", "uniform:t.json = uniform:DATA/t.json"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("models are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if j := p.Cells[4].Job; j.Step != 7 || j.Precision != "f32" || j.Protocol != "lossless" {
		t.Errorf("%+v", j)
	}
}

// TestOrder: the checkpoints of one training stand together, in their order, before those of another of the same size.
func TestOrder(t *testing.T) {
	var cells []store.Cell
	for _, name := range []string{"b@step10", "a@step1000", "a@step2", "b@step9", "a@step10"} {
		cells = append(cells, cellOf(name, "text", 0.5, func(c *store.Cell) {
			c.Kind, c.Params = "model", 10
			if _, err := fmt.Sscanf(name[len("a@step"):], "%d", &c.Step); err != nil {
				t.Fatal(err)
			}
		}))
	}
	var got []string
	for _, row := range NewView(cells, nil).Records().Rows {
		got = append(got, row[0])
	}
	if want := []string{"a@step2", "a@step10", "a@step1000", "b@step9", "b@step10"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
