package report

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"lmz/internal/lab/figure"
	"lmz/internal/lab/store"
)

// hostile are names that a page must show as text.
var hostile = []string{
	`<script>document.title="broken"</script>`,
	`</script><img src=x onerror='document.title="broken"'>`,
	`"'><b onmouseover="x">&lt;{{.}}${1}` + "`",
	"\u202Egnirts a\u202C \u05E9\u05DC\u05D5\u05DD <!-- ]]>",
	strings.Repeat("long name ", 1000),
}

// sampleCell is a finished cell of a model, of a law that holds for no model.
func sampleCell(params, step int64, data string) store.Cell {
	ratio := 0.2 + 3*math.Pow(float64(params), -0.2) + 1.5*math.Pow(float64(step), -0.5)
	name := fmt.Sprintf("toy-%dk@step%d", params/1000, step)
	const raw = 64 * 2048
	c := store.Cell{
		Subject: strings.Repeat(fmt.Sprintf("%08x", params+step), 8), Data: strings.Repeat(fmt.Sprintf("%02x", len(data)), 32), Protocol: "lossless/1",
		Name: name, Kind: "model", Precision: "int8", Params: params, ParamsBody: params * 3 / 4, Step: step, Window: 512, Dataset: data, Modality: "text", ChunkSize: 2048,
		Seed: math.MaxUint64, Software: "lmz 1.0, numerics 1",
		Result: store.Result{Chunks: 64, RawBytes: raw, CoveredBytes: raw, Coverage: 1, Tokens: raw, CodeLength: 8 * raw * ratio, CodedBytes: int64(raw * ratio), CountedBits: 8 * raw * ratio,
			BitsPerByte: 8 * ratio, Low: 8 * (ratio - 0.01), High: 8 * (ratio + 0.01), NatsPerToken: 8 * ratio * math.Ln2, Ratio: ratio, MeanRatio: ratio, BytesPerParam: 2,
			AdjustedRatio: ratio + 2*float64(params)/raw, EncodeSeconds: 1.5, DecodeSeconds: 1.75, Decodable: true, Verified: true},
	}
	return identified(c)
}

func identified(c store.Cell) store.Cell {
	c.ID = store.CellID(c.Subject, c.Data, c.Protocol, c.Whole)
	return c
}

// baselineCell is a finished cell of a classical compressor.
func baselineCell(name, data string, ratio float64) store.Cell {
	c := sampleCell(1000, 1, data)
	c.Subject, c.Name, c.Kind, c.Precision, c.Params, c.ParamsBody, c.Step, c.Window = name, name, "baseline", "", 0, 0, -1, 0
	c.Ratio, c.BitsPerByte, c.MeanRatio, c.AdjustedRatio, c.CountedBits = ratio, 8*ratio, ratio, ratio, 8*ratio*float64(c.RawBytes)
	c.Low, c.High, c.CodeLength, c.Tokens, c.NatsPerToken = math.NaN(), math.NaN(), 0, 0, 0
	return identified(c)
}

// putCell puts a cell and its chunks into a store.
func putCell(t *testing.T, s *store.Store, c store.Cell) {
	t.Helper()
	claim, err := s.Claim(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]store.Chunk, c.Chunks)
	for i := range rows {
		rows[i] = store.Chunk{Index: i, RawBytes: 2048, CoveredBytes: 2048, Tokens: 2048, CountedBits: 8 * 2048 * c.Ratio * (1 + 0.1*math.Sin(float64(i)))}
	}
	if err := claim.Put(t.Context(), "", rows); err != nil {
		t.Fatal(err)
	}
	if err := claim.Finish(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

// sampleStore is a store with 3 sizes x 4 steps x 2 data sets of models, two classical compressors, a cell that failed, and hostile names.
func sampleStore(t *testing.T) (*store.Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sample.db")
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for _, data := range []string{"tales", "noises"} {
		d := sampleCell(1, 1, data)
		if err := s.PutDataset(t.Context(), store.Dataset{ID: d.Data, Spec: `{"kind":"text"}`, Chunks: 64, Bytes: 64 * 2048, Sources: `[{"name":"a.txt","sha256":"` + strings.Repeat("a", 64) + `","bytes":131072}]`, Skipped: "[]"}); err != nil {
			t.Fatal(err)
		}
		for _, params := range []int64{50_000, 200_000, 800_000} {
			for _, step := range []int64{100, 400, 1600, 6400} {
				putCell(t, s, sampleCell(params, step, data))
			}
		}
		putCell(t, s, baselineCell("gzip -9", data, 0.6))
		putCell(t, s, baselineCell("xz -9e", data, 0.55))
	}
	for i, name := range hostile {
		c := baselineCell(name, "tales", 0.9+float64(i)/100)
		c.Subject, c.Note = fmt.Sprintf("hostile %d %.60s", i, name), name
		putCell(t, s, identified(c))
	}
	broken := baselineCell("broken", "tales", 0)
	claim, err := s.Claim(t.Context(), broken)
	if err != nil {
		t.Fatal(err)
	}
	if err := claim.Fail(t.Context(), errors.New("it fell over: "+hostile[0])); err != nil {
		t.Fatal(err)
	}
	return s, path
}

// sampleFigures have every mark, hostile names, and open ends.
func sampleFigures() []figure.Figure {
	at := func(x float64) *float64 { return &x }
	sizes := figure.Figure{ID: "sample-sizes", Title: "Ratio by size", Text: "A figure with " + hostile[0], X: figure.Axis{Label: "parameters", Log: true}, Y: figure.Axis{Label: "ratio, %"}}
	for i, name := range append([]string{"step 100", "step 1,000"}, hostile...) {
		var points, line []figure.Datum
		for _, p := range []float64{5e4, 2e5, 8e5} {
			y := 60 - 4*math.Log(p/1e4) + 3*float64(i)
			points = append(points, figure.Datum{X: p, Y: y, Low: at(y - 1), High: at(y + 1), Label: name})
			line = append(line, figure.Datum{X: p, Y: y})
		}
		sizes.Layers = append(sizes.Layers, figure.Layer{Mark: figure.Line, Series: name, Data: line}, figure.Layer{Mark: figure.Points, Series: name, Data: points})
	}
	sizes.Layers = append(sizes.Layers, figure.Layer{Mark: figure.Rule, Series: "gzip", Dashed: true, Data: []figure.Datum{{Y: 70, Label: "gzip"}}},
		figure.Layer{Mark: figure.Band, Series: "step 100", Data: []figure.Datum{{X: 5e4, Low: at(50), High: at(56)}, {X: 8e5, Low: at(40), High: at(44)}}})
	bars := figure.Figure{ID: "sample-bars", Title: "How many", Text: "A histogram.", X: figure.Axis{Label: "bits"}, Y: figure.Axis{Label: "tokens"},
		Layers: []figure.Layer{{Mark: figure.Bars, Data: []figure.Datum{{X: 0, X2: 1, Y: 10}, {X: 1, X2: 2, Y: 30}, {X: 2, X2: 3, Y: 5}}}, {Mark: figure.RuleX, Data: []figure.Datum{{X: 1.5, Label: "mean"}}}}}
	names := figure.Figure{ID: "sample-names", Title: "Exponents", Text: "Intervals, one of which is open.", X: figure.Axis{Label: "exponent"}, Y: figure.Axis{Label: "data", Names: hostile[:3]},
		Layers: []figure.Layer{{Mark: figure.Points, Data: []figure.Datum{{X: 0.3, Y: 0, Low: at(0.2), High: at(0.4)}, {X: 0.5, Y: 1, Low: at(0.1)}, {X: 0.2, Y: 2}}}}}
	cells := figure.Figure{ID: "sample-cells", Title: "Surface", Text: "A surface.", Ordered: true, X: figure.Axis{Label: "x"}, Y: figure.Axis{Label: "y"}, Z: &figure.Axis{Label: "ratio"},
		Layers: []figure.Layer{{Mark: figure.Cells, Data: []figure.Datum{{X: 0, Y: 0, X2: 1, Y2: 1, Z: 1}, {X: 1, Y: 0, X2: 2, Y2: 1, Z: 2}}},
			{Mark: figure.Line, Series: "first", Data: []figure.Datum{{X: 0, Y: 0}, {X: 2, Y: 1}}}, {Mark: figure.Line, Series: "last", Data: []figure.Datum{{X: 0, Y: 1}, {X: 2, Y: 0}}}}}
	return []figure.Figure{sizes, bars, names, cells}
}

// samplePage is the page of the sample store with the sample figures.
func samplePage(t *testing.T) []byte {
	t.Helper()
	s, _ := sampleStore(t)
	r, err := Build(t.Context(), s, Options{Title: "A sample of " + hostile[1], Question: "Does it " + hostile[0] + "?"})
	if err != nil {
		t.Fatal(err)
	}
	r.Figures = append(r.Figures, sampleFigures()...)
	var b bytes.Buffer
	if err := r.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
