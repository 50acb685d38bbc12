package report

import (
	"context"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"

	"lmz/internal/lab/figure"
	"lmz/internal/lab/law"
	"lmz/internal/lab/store"
	"lmz/internal/lab/study"
	"lmz/internal/lab/table"
)

// Report is what a store has, ready to be shown.
type Report struct {
	Title    string
	Question string // of the study, or ""
	Cells    []store.Cell
	Data     []Source
	Tables   []*table.Table
	Figures  []figure.Figure
	Laws     *law.Account // nil where no law could be fitted
	Law      *table.Table // of its numbers
	Held     *table.Table // of how the largest model is predicted from the others; nil where it cannot be
	Problem  string       // why none could, where there seemed to be enough
}

// Options are what a study knows beyond its store.
type Options struct {
	Title     string
	Question  string
	Order     []string          // names of data sets, which come in this order
	Published []study.Published // others' figures, to be shown beside
	Draws     int               // of the bootstrap of laws
	Since     float64           // steps: what was measured before is in no law
}

// Build reads a store. The same records give the same report.
func Build(ctx context.Context, s *store.Store, o Options) (*Report, error) {
	cells, err := s.Cells(ctx)
	if err != nil {
		return nil, err
	}
	r := &Report{Title: o.Title, Question: o.Question, Cells: cells}
	if r.Data, err = sources(ctx, s, cells); err != nil {
		return nil, err
	}
	v := study.NewView(cells, o.Order)
	r.Tables = append(v.Ratios(o.Published), scalingTables(alike(cells))...)
	r.Tables = append(r.Tables, tokenTables(cells)...)
	splits, err := v.InContext(ctx, s)
	if err != nil {
		return nil, err
	}
	if contexts := v.Contexts(splits); contexts != nil {
		r.Tables = append(r.Tables, contexts)
	}
	if r.Laws, r.Problem, err = laws(ctx, cells, o); err != nil {
		return nil, err
	}
	r.Law, r.Held = lawTable(r.Laws), heldOutTable(r.Laws)
	if r.Figures, err = figures(ctx, s, cells, o.Order, r.Laws, splits); err != nil {
		return nil, err
	}
	return r, nil
}

// Markdown is the report's tables in Markdown.
func (r *Report) Markdown() string { return r.text((*table.Table).Markdown) }

// LaTeX is the report's tables in LaTeX.
func (r *Report) LaTeX() string { return r.text((*table.Table).LaTeX) }

func (r *Report) text(of func(*table.Table) string) string {
	var all []string
	for _, t := range r.Tables {
		all = append(all, of(t))
	}
	for _, t := range []*table.Table{r.Law, r.Held} {
		if t != nil {
			all = append(all, of(t))
		}
	}
	return strings.Join(all, "\n")
}

var (
	reportScripts = append(slices.Clone(chartScripts), "records.js")
	reportPage    = kind("report.html", reportScripts...)
	servedScripts = append(slices.Clone(reportScripts), "live.js")
	servedPage    = kind("report.html", servedScripts...)
)

// WriteHTML writes the report as one page that needs nothing else.
func (r *Report) WriteHTML(w io.Writer) error { return r.write(w, reportPage(), "") }

// write writes the report as a kind of page. version is that of a served one, "" for a file.
func (r *Report) write(w io.Writer, p *page, version string) error {
	c := reportContent{Report: r, Summary: summary(r.Cells)}
	var err error
	if c.Charts, err = charts(r.Figures); err != nil {
		return err
	}
	if c.Records, err = data(records(r.Cells)); err != nil {
		return fmt.Errorf("report: records: %w", err)
	}
	for i, t := range r.Tables {
		c.Sections = append(c.Sections, tableView{fmt.Sprintf("table-%d", i+1), t})
	}
	if r.Law != nil {
		c.Law = &tableView{"law", r.Law}
	}
	if r.Held != nil {
		c.Held = &tableView{"held-out", r.Held}
	}
	return p.write(w, view{Title: r.Title, Live: version != "", Version: version, Content: c})
}

// reportContent is what report.html shows.
type reportContent struct {
	*Report
	Summary  string
	Sections []tableView
	Law      *tableView
	Held     *tableView
	Charts   []chart
	Records  template.JS
}

// summary says in a sentence what cells are.
func summary(cells []store.Cell) string {
	if len(cells) == 0 {
		return "Nothing was measured yet."
	}
	states := map[string]int{}
	subjects, data, protocols := map[string]bool{}, map[string]bool{}, map[string]bool{}
	var raw int64
	for _, c := range cells {
		states[c.Status]++
		subjects[c.Subject], data[c.Data], protocols[c.Counting()] = true, true, true
		raw += c.RawBytes
	}
	s := fmt.Sprintf("%s of %s on %s under %s: %s raw bytes in all.", counted(states[store.Done], "measurement"), counted(len(subjects), "subject"),
		counted(len(data), "data set"), counted(len(protocols), "protocol"), grouped(raw))
	if n := states[store.Failed]; n > 0 {
		s += fmt.Sprintf(" %s failed.", counted(n, "more"))
	}
	if n := states[store.Running]; n > 0 {
		s += fmt.Sprintf(" %s not finished.", counted(n, "more"))
	}
	return s
}

// counted is a number of things.
func counted(n int, thing string) string {
	if n == 1 || thing == "more" {
		return fmt.Sprintf("%d %s", n, thing)
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// grouped is n with its digits in groups of three.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
