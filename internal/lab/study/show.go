package study

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"

	"lmz/internal/lab/bootstrap"
	"lmz/internal/lab/store"
	"lmz/internal/lab/table"
)

// View is the finished cells of a store as tables show them.
type View struct {
	cells   []store.Cell
	columns []column
	names   map[string]string // of subjects, by their identity
}

// column is a data set. Two may have one name.
type column struct{ data, label string }

// NewView takes the finished cells. Data sets whose names are in order come first, in this order.
func NewView(cells []store.Cell, order []string) *View {
	v := &View{names: map[string]string{}}
	for _, c := range cells {
		if c.Status == store.Done {
			v.cells = append(v.cells, c)
		}
	}
	place := func(name string) int {
		if i := slices.Index(order, name); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(v.cells, func(a, b store.Cell) int { return cmp.Compare(place(a.Dataset), place(b.Dataset)) })
	data, subjects := map[string]map[string]bool{}, map[string]map[string]bool{} // identities, by name
	for _, c := range v.cells {
		note(data, c.Dataset, c.Data)
		note(subjects, subjectName(c), c.Subject)
	}
	for _, c := range v.cells {
		v.names[c.Subject] = label(subjects, subjectName(c), c.Subject)
		if !slices.ContainsFunc(v.columns, func(of column) bool { return of.data == c.Data }) {
			v.columns = append(v.columns, column{c.Data, label(data, c.Dataset, c.Data)})
		}
	}
	// Classical compressors first, then models by size and step, as published tables have them.
	slices.SortStableFunc(v.cells, func(a, b store.Cell) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Params, b.Params), cmp.Compare(a.Run(), b.Run()), cmp.Compare(a.Step, b.Step),
			cmp.Compare(a.Name, b.Name), cmp.Compare(a.Subject, b.Subject))
	})
	return v
}

// note adds an identity to those of a name.
func note(of map[string]map[string]bool, name, id string) {
	if of[name] == nil {
		of[name] = map[string]bool{}
	}
	of[name][id] = true
}

// label is a name, with some of the identity if others are called the same.
func label(of map[string]map[string]bool, name, id string) string {
	if len(of[name]) == 1 {
		return name
	}
	return fmt.Sprintf("%s (%.8s)", name, id)
}

// subjectName is what a subject is called: a model with its precision, if that is not int8, and its step.
func subjectName(c store.Cell) string {
	name := c.Name
	if step := strconv.FormatInt(c.Step, 10); c.Kind == "model" && c.Step >= 0 && !strings.Contains(name, step) {
		name += " step " + step
	}
	if c.Precision != "" && c.Precision != "int8" {
		name += " " + c.Precision
	}
	return name
}

// Ratios are the tables of Deletang et al. 2023, Table 1, one for each protocol: a row for each subject, whole or chunk by chunk;
// a column for each data set, with the ratio in % and its 95% interval, and where there are parameters another with the adjusted ratio. published
// are rows of others' figures, nil for none.
func (v *View) Ratios(published []Published) (tables []*table.Table) {
	protocols := values(v.cells, store.Cell.Counting)
	slices.Sort(protocols)
	for _, protocol := range protocols {
		cells := slices.DeleteFunc(slices.Clone(v.cells), func(c store.Cell) bool { return c.Counting() != protocol })
		t := &table.Table{Title: fmt.Sprintf("%s: counted / raw bytes in %%, smaller is better, with 95%% intervals", protocol), Head: []string{"chunk size", "subject"}, Left: 2}
		columns := slices.DeleteFunc(slices.Clone(v.columns), func(of column) bool {
			return !slices.ContainsFunc(cells, func(c store.Cell) bool { return c.Data == of.data })
		})
		adjusted := slices.ContainsFunc(cells, func(c store.Cell) bool { return c.Params > 0 })
		for _, of := range columns {
			t.Head = append(t.Head, of.label)
		}
		if adjusted {
			for _, of := range columns {
				t.Head = append(t.Head, "adjusted: "+of.label)
			}
		}
		marks := map[string]bool{}
		for _, whole := range []bool{true, false} {
			name := map[bool]string{true: "whole", false: ""}[whole]
			for _, p := range published {
				if name, _, _ := strings.Cut(protocol, "/"); p.protocol == name && (p.chunks == "whole") == whole {
					t.Rows = append(t.Rows, p.row(columns, adjusted))
				}
			}
			for subject := range each(cells, whole) {
				row, adjustedRow := []string{"", v.names[subject]}, []string(nil)
				for _, of := range columns {
					i := slices.IndexFunc(cells, func(c store.Cell) bool { return c.Subject == subject && c.Data == of.data && c.Whole == whole })
					if i < 0 {
						row, adjustedRow = append(row, ""), append(adjustedRow, "")
						continue
					}
					c := cells[i]
					row[0] = cmp.Or(name, strconv.Itoa(c.ChunkSize))
					row = append(row, ratio(c, marks))
					if c.Params == 0 {
						adjustedRow = append(adjustedRow, "")
					} else {
						adjustedRow = append(adjustedRow, fmt.Sprintf("%.1f", 100*c.AdjustedRatio))
					}
				}
				if adjusted {
					row = append(row, adjustedRow...)
				}
				t.Rows = append(t.Rows, row)
			}
		}
		for _, m := range markHelp {
			if marks[m.mark] {
				t.Notes = append(t.Notes, m.mark+" "+m.means)
			}
		}
		if adjusted {
			t.Notes = append(t.Notes, adjustment(cells))
		}
		for _, c := range cells {
			if n := strings.TrimSpace(c.Note); n != "" && !slices.Contains(t.Notes, n) {
				t.Notes = append(t.Notes, n)
			}
		}
		tables = append(tables, t)
	}
	return tables
}

// each yields the subjects of cells that are whole or not, each once.
func each(cells []store.Cell, whole bool) iter.Seq[string] {
	return slices.Values(values(slices.DeleteFunc(slices.Clone(cells), func(c store.Cell) bool { return c.Whole != whole }), func(c store.Cell) string { return c.Subject }))
}

// values are those that cells have of something, each once, in their order.
func values(cells []store.Cell, of func(store.Cell) string) (list []string) {
	for _, c := range cells {
		if x := of(c); !slices.Contains(list, x) {
			list = append(list, x)
		}
	}
	return list
}

var markHelp = []struct{ mark, means string }{
	{"†", "not decodable: what was counted is not enough to get the raw data back"},
	{"?", "not verified: the streams were not decoded"},
	{"[n%]", "coverage: only so much of the raw bytes was coded; what is below 100% is no result"},
}

// ratio is a cell's, with what a reader must know.
func ratio(c store.Cell, marks map[string]bool) string {
	s := fmt.Sprintf("%.1f", 100*c.Ratio)
	if !math.IsNaN(c.Low) && c.High > 0 {
		s += fmt.Sprintf(" (%.1f..%.1f)", 100*c.Low/8, 100*c.High/8)
	}
	mark := func(name, text string) {
		marks[name] = true
		s += text
	}
	switch {
	case !c.Decodable:
		mark("†", "†")
	case !c.Verified:
		mark("?", "?")
	}
	if c.Coverage < 1 {
		mark("[n%]", fmt.Sprintf(" [%.1f%%]", 100*c.Coverage))
	}
	return s
}

// adjustment says what the adjusted columns count.
func adjustment(cells []store.Cell) string {
	var counts []string
	for _, c := range cells {
		if s := strconv.FormatFloat(c.BytesPerParam, 'g', -1, 64); c.Params > 0 && !slices.Contains(counts, s) {
			counts = append(counts, s)
		}
	}
	return "adjusted: with the model's parameters at " + strings.Join(counts, " and ") + " bytes each, over the raw bytes measured here"
}

// Records is a row for each cell with all that was measured.
func (v *View) Records() *table.Table {
	t := &table.Table{Title: "Records", Left: 4, Head: strings.Fields("subject data protocol chunks raw-bytes coverage coded-bytes bits/byte interval ratio-% mean-ratio-% adjusted-% nats/token tokens params step kB/s-in kB/s-out state")}
	for _, c := range v.cells {
		chunks := fmt.Sprintf("%d x %d", c.Chunks, c.ChunkSize)
		if c.Whole {
			chunks = "whole"
		}
		interval, nats, coded, step := "", "", "", ""
		if !math.IsNaN(c.Low) && c.High > 0 {
			interval = fmt.Sprintf("%.4f..%.4f", c.Low, c.High)
		}
		if c.Tokens > 0 {
			nats = fmt.Sprintf("%.4f", c.NatsPerToken)
		}
		if c.CodedBytes > 0 {
			coded = strconv.FormatInt(c.CodedBytes, 10)
		}
		if c.Step >= 0 {
			step = strconv.FormatInt(c.Step, 10)
		}
		state := "decodable, verified"
		switch {
		case !c.Decodable && c.Verified:
			state = "not decodable"
		case !c.Decodable:
			state = "not decodable, not verified"
		case !c.Verified:
			state = "not verified"
		}
		t.Rows = append(t.Rows, []string{v.names[c.Subject], c.Dataset, c.Protocol, chunks, strconv.FormatInt(c.RawBytes, 10), fmt.Sprintf("%.1f%%", 100*c.Coverage),
			coded, fmt.Sprintf("%.4f", c.BitsPerByte), interval, fmt.Sprintf("%.2f", 100*c.Ratio), fmt.Sprintf("%.2f", 100*c.MeanRatio), fmt.Sprintf("%.1f", 100*c.AdjustedRatio),
			nats, strconv.FormatInt(c.Tokens, 10), strconv.FormatInt(c.Params, 10), step, speed(c.RawBytes, c.EncodeSeconds), speed(c.RawBytes, c.DecodeSeconds), state})
	}
	return t
}

// speed is in kB/s, or "".
func speed(bytes int64, seconds float64) string {
	if seconds == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", float64(bytes)/seconds/1000)
}

// Against are tables, one a protocol, of how many bits/byte more than a subject the others need on the same chunks, with
// 95% intervals of these differences. A name that no subject has is an error.
func (v *View) Against(ctx context.Context, s *store.Store, name string) (tables []*table.Table, err error) {
	var subjects []string
	against := ""
	for id, n := range v.names {
		subjects = append(subjects, n)
		if n == name {
			against = id
		}
	}
	if against == "" {
		slices.Sort(subjects)
		return nil, fmt.Errorf("study: no subject %q, the store has %s%s", name, strings.Join(subjects, ", "), nearest(name, subjects))
	}
	for _, base := range v.cells {
		if base.Subject != against || base.Whole {
			continue
		}
		t := &table.Table{Title: fmt.Sprintf("%s of %s: bits/byte more than %s on the same %d chunks, with 95%% intervals", base.Counting(), base.Dataset, name, base.Chunks),
			Head: []string{"subject", "difference"}, Left: 1}
		for _, c := range v.cells {
			if c.Subject == against || c.Whole || c.Data != base.Data || c.Counting() != base.Counting() {
				continue
			}
			difference, err := differenceOf(ctx, s, &c, &base)
			if err != nil {
				return nil, err
			}
			t.Rows = append(t.Rows, []string{v.names[c.Subject], difference.text()})
		}
		if t.Rows != nil {
			tables = append(tables, t)
		}
	}
	if tables == nil {
		return nil, fmt.Errorf("study: nothing was measured on the same chunks, one by one, under the same protocol as %s", name)
	}
	return tables, nil
}

// paired is how many bits/byte more a cell needs than another on the same chunks.
func paired(ctx context.Context, s *store.Store, a, b store.Cell) (difference, low, high float64, err error) {
	var bits, bytes []float64
	other, stop := iter.Pull2(s.Chunks(ctx, b.ID))
	defer stop()
	var sumBits, sumBytes float64
	for x, err := range s.Chunks(ctx, a.ID) {
		if err != nil {
			return 0, 0, 0, err
		}
		y, err, ok := other()
		if err != nil {
			return 0, 0, 0, err
		}
		if !ok || x.Index != y.Index || x.RawBytes != y.RawBytes {
			return 0, 0, 0, fmt.Errorf("study: cells %.8s and %.8s do not have the same chunks in the store: import them too", a.ID, b.ID)
		}
		bits, bytes = append(bits, x.CountedBits-y.CountedBits), append(bytes, float64(x.RawBytes))
		sumBits += x.CountedBits - y.CountedBits
		sumBytes += float64(x.RawBytes)
	}
	if len(bits) == 0 {
		return 0, 0, 0, fmt.Errorf("study: cell %.8s has no chunks in the store: import them too", a.ID)
	}
	low, high = bootstrap.Interval(bits, bytes)
	return sumBits / sumBytes, low, high, nil
}

// Published is a row of others' figures.
type Published struct {
	protocol string // its name: the table of another does not show the row
	chunks   string // whole, or a size in bytes
	subject  string
	ratios   map[string]string // in %, by the data's name
	adjusts  map[string]string
}

// ReadPublished reads others' figures from CSV with the columns protocol (its name), chunks (whole, or a size in bytes), subject, data, ratio and
// adjusted, the last two in %.
func ReadPublished(r io.Reader) (list []Published, err error) {
	lines := csv.NewReader(r)
	want := []string{"protocol", "chunks", "subject", "data", "ratio", "adjusted"}
	head, err := lines.Read()
	if err != nil || !slices.Equal(head, want) {
		return nil, fmt.Errorf("study: published figures: line 1 is %q, want %s", strings.Join(head, ","), strings.Join(want, ","))
	}
	for {
		f, err := lines.Read()
		if err == io.EOF {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("study: published figures: %w", err)
		}
		for _, x := range f[4:] {
			if _, err := strconv.ParseFloat(x, 64); x != "" && err != nil {
				line, _ := lines.FieldPos(4)
				return nil, fmt.Errorf("study: published figures: line %d: found %q, want a number", line, x)
			}
		}
		i := slices.IndexFunc(list, func(p Published) bool { return p.protocol == f[0] && p.chunks == f[1] && p.subject == f[2] })
		if i < 0 {
			i = len(list)
			list = append(list, Published{f[0], f[1], f[2], map[string]string{}, map[string]string{}})
		}
		list[i].ratios[f[3]], list[i].adjusts[f[3]] = f[4], f[5]
	}
}

func (p Published) row(columns []column, adjusted bool) []string {
	row := []string{p.chunks, "published: " + p.subject}
	for _, of := range columns {
		row = append(row, p.ratios[of.label])
	}
	for _, of := range columns {
		if adjusted {
			row = append(row, p.adjusts[of.label])
		}
	}
	return row
}
