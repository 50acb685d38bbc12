package report

import (
	"math"
	"slices"
	"strconv"

	"lmz/internal/lab/store"
)

// recordTable is all cells by columns, for records.js.
type recordTable struct {
	Rows    int             `json:"rows"`
	Columns []*recordColumn `json:"columns"`
}

// recordColumn is one column. A text is written once; so that ten thousand records stay small, one value stands for all rows where they have
// the same, and a column whose values all differ has no index.
type recordColumn struct {
	Name    string     `json:"name"`
	Group   string     `json:"group"`  // which columns are shown and hidden together
	Kind    string     `json:"kind"`   // text, hash or number
	Digits  int        `json:"digits"` // decimals of a number
	Texts   []string   `json:"texts,omitzero"`
	Index   []int      `json:"index,omitzero"` // of a row's text
	Numbers []*float64 `json:"numbers,omitzero"`
	places  map[string]int
	text    func(*store.Cell) string
	number  func(*store.Cell) float64 // NaN where there is none
	failed  bool                      // also cells that are not done have it
}

// recordColumns are the columns of the table of records.
func recordColumns() []*recordColumn {
	texts := func(group, name, kind string, of func(*store.Cell) string) *recordColumn {
		return &recordColumn{Name: name, Group: group, Kind: kind, text: of, places: map[string]int{}, failed: true}
	}
	numbers := func(group, name string, digits int, of func(*store.Cell) float64) *recordColumn {
		return &recordColumn{Name: name, Group: group, Kind: "number", Digits: digits, number: of}
	}
	known := func(c *recordColumn) *recordColumn { c.failed = true; return c }
	some := func(x float64) float64 { // 0 says that there is none
		if x == 0 {
			return math.NaN()
		}
		return x
	}
	return []*recordColumn{
		texts("result", "subject", "text", func(c *store.Cell) string { return c.Name }),
		texts("result", "data", "text", func(c *store.Cell) string { return c.Dataset }),
		texts("result", "protocol", "text", func(c *store.Cell) string { return c.Protocol }),
		numbers("result", "ratio %", 2, func(c *store.Cell) float64 { return 100 * c.Ratio }),
		numbers("result", "bits/byte", 4, func(c *store.Cell) float64 { return c.BitsPerByte }),
		numbers("result", "95% low", 4, func(c *store.Cell) float64 { return c.Low }),
		numbers("result", "95% high", 4, func(c *store.Cell) float64 { return c.High }),
		numbers("result", "coverage %", 1, func(c *store.Cell) float64 { return 100 * c.Coverage }),
		texts("result", "state", "text", state),
		numbers("result", "chunks", 0, func(c *store.Cell) float64 { return float64(c.Chunks) }),
		known(numbers("result", "chunk bytes", 0, func(c *store.Cell) float64 {
			if c.Whole {
				return math.NaN() // all chunks as one
			}
			return float64(c.ChunkSize)
		})),
		numbers("result", "raw bytes", 0, func(c *store.Cell) float64 { return float64(c.RawBytes) }),

		texts("model", "kind", "text", func(c *store.Cell) string { return c.Kind }),
		known(numbers("model", "parameters", 0, func(c *store.Cell) float64 { return some(float64(c.Params)) })),
		known(numbers("model", "without embeddings", 0, func(c *store.Cell) float64 { return some(float64(c.ParamsBody)) })),
		known(numbers("model", "step", 0, func(c *store.Cell) float64 {
			if c.Step < 0 {
				return math.NaN()
			}
			return float64(c.Step)
		})),
		texts("model", "precision", "text", func(c *store.Cell) string { return c.Precision }),
		known(numbers("model", "window", 0, func(c *store.Cell) float64 { return some(float64(c.Window)) })),

		numbers("sizes", "coded bytes", 0, func(c *store.Cell) float64 { return some(float64(c.CodedBytes)) }),
		numbers("sizes", "counted bits", 3, func(c *store.Cell) float64 { return c.CountedBits }),
		numbers("sizes", "code length, bits", 1, func(c *store.Cell) float64 { return some(c.CodeLength) }),
		numbers("sizes", "covered bytes", 0, func(c *store.Cell) float64 { return float64(c.CoveredBytes) }),
		numbers("sizes", "lost bits", 0, func(c *store.Cell) float64 { return float64(c.LostBits) }),
		numbers("sizes", "header bytes", 0, func(c *store.Cell) float64 { return float64(c.HeaderBytes) }),
		numbers("sizes", "tokens", 0, func(c *store.Cell) float64 { return some(float64(c.Tokens)) }),
		numbers("sizes", "nats/token", 4, func(c *store.Cell) float64 { return some(c.NatsPerToken) }),
		numbers("sizes", "mean ratio %", 2, func(c *store.Cell) float64 { return 100 * c.MeanRatio }),
		numbers("sizes", "adjusted ratio %", 1, func(c *store.Cell) float64 { return 100 * c.AdjustedRatio }),
		numbers("sizes", "bytes a parameter", 3, func(c *store.Cell) float64 { return c.BytesPerParam }),

		numbers("time", "encoding, s", 2, func(c *store.Cell) float64 { return some(c.EncodeSeconds) }),
		numbers("time", "decoding, s", 2, func(c *store.Cell) float64 { return some(c.DecodeSeconds) }),
		known(numbers("time", "failed attempts", 0, func(c *store.Cell) float64 { return float64(c.Attempts) })),

		texts("provenance", "kind of data", "text", func(c *store.Cell) string { return c.Modality }),
		texts("provenance", "seed", "text", func(c *store.Cell) string { return strconv.FormatUint(c.Seed, 10) }),
		texts("provenance", "software", "text", func(c *store.Cell) string { return c.Software }),
		texts("provenance", "subject's identity", "hash", func(c *store.Cell) string { return c.Subject }),
		texts("provenance", "data, SHA-256", "hash", func(c *store.Cell) string { return c.Data }),
		texts("provenance", "cell", "hash", func(c *store.Cell) string { return c.ID }),
		texts("provenance", "note", "text", func(c *store.Cell) string {
			if c.Status == store.Failed {
				return c.Error
			}
			return c.Note
		}),
	}
}

// state is how far a cell came, and what its result is worth.
func state(c *store.Cell) string {
	switch {
	case c.Status == store.Running:
		return "not finished"
	case c.Status == store.Failed:
		return "failed"
	case c.Coverage < 1:
		return "not all covered"
	case !c.Decodable:
		return "not decodable"
	case !c.Verified:
		return "not verified"
	}
	return "verified"
}

// records is the table of cells.
func records(cells []store.Cell) recordTable {
	t := recordTable{Rows: len(cells), Columns: recordColumns()}
	for _, column := range t.Columns {
		for i := range cells {
			column.add(&cells[i])
		}
		column.pack()
	}
	return t
}

// pack leaves out what goes without saying.
func (r *recordColumn) pack() {
	if len(r.Texts) == len(r.Index) || len(r.Texts) == 1 {
		r.Index = nil
	}
	same := func(x *float64) bool {
		return x == nil && r.Numbers[0] == nil || x != nil && r.Numbers[0] != nil && *x == *r.Numbers[0]
	}
	if len(r.Numbers) > 1 && !slices.ContainsFunc(r.Numbers, func(x *float64) bool { return !same(x) }) {
		r.Numbers = r.Numbers[:1]
	}
}

// add appends a cell's value.
func (r *recordColumn) add(c *store.Cell) {
	if r.text != nil {
		text := r.text(c)
		place, known := r.places[text]
		if !known {
			place = len(r.Texts)
			r.places[text] = place
			r.Texts = append(r.Texts, text)
		}
		r.Index = append(r.Index, place)
		return
	}
	x := r.number(c)
	if c.Status != store.Done && !r.failed || math.IsNaN(x) || math.IsInf(x, 0) {
		r.Numbers = append(r.Numbers, nil)
		return
	}
	x, _ = strconv.ParseFloat(strconv.FormatFloat(x, 'f', r.Digits, 64), 64) // what is not shown is not written
	r.Numbers = append(r.Numbers, &x)
}
