package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	labreport "lmz/internal/lab/report"
	"lmz/internal/lab/store"
	"lmz/internal/lab/study"
)

// reportFlags are those of lmz report.
type reportFlags struct {
	reportSource
	figureFlags
	output          string
	markdown, latex bool
}

// reportSource is what a report is of.
type reportSource struct {
	store, title, beside string
	draws                int
	since                float64 // steps
}

// add adds the flags; draws is how often laws are resampled by default.
func (f *reportSource) add(cmd *cobra.Command, draws int) {
	fs := cmd.Flags()
	fs.StringVar(&f.store, "store", "", "database of the results (default NAME.db beside the study file)")
	fs.StringVar(&f.title, "title", "", "title of the page (default the study's or the store's name)")
	fs.StringVar(&f.beside, "beside", "", "CSV file of published figures to show beside: protocol,chunks,subject,data,ratio,adjusted, the last two in %")
	fs.IntVar(&f.draws, "draws", draws, "resamples of the bootstrap of scaling laws, 0 for none")
	fs.Float64Var(&f.since, "min-steps", 0, "leave out of scaling laws what was measured before so many steps")
}

func reportCommand() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report STORE|STUDY",
		Short: "Make a page of what was measured: tables, charts, every record",
		Long: `Make one file of HTML of what a STORE has, or that of a STUDY file: tables, charts that
can be explored, and every record with its provenance, to sort and filter. It needs no
network and no other file, and may be sent or put on a web server as it is. The same
records make the same bytes.

For papers, --png and --svg write the charts as files, --markdown and --latex print the
tables. lmz report serve shows the page while a study runs.`,
		Example: `  lmz report results.db -o report.html
  lmz report studies/deletang-2023-table-1/study.yaml --beside studies/deletang-2023-table-1/published.csv
  lmz report results.db --svg figures --latex > tables.tex
  lmz report serve results.db`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runReport(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), f, args[0])
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVarP(&f.output, "output", "o", "", "write the page to this file (default NAME.html in this directory; - for standard output)")
	fs.BoolVar(&f.markdown, "markdown", false, "print the tables in Markdown, and write no page without -o")
	fs.BoolVar(&f.latex, "latex", false, "print the tables in LaTeX, and write no page without -o")
	f.figureFlags.add(cmd, "no page without -o")
	f.reportSource.add(cmd, 2000)
	cmd.MarkFlagsMutuallyExclusive("markdown", "latex")
	cmd.AddCommand(serveReportCommand())
	return cmd
}

// open reads what there is of a store, or of a study's.
func (f *reportSource) open(ctx context.Context, name string) (*store.Store, labreport.Options, error) {
	o := labreport.Options{Title: f.title, Draws: f.draws, Since: f.since}
	if err := checkDraws(f.draws); err != nil {
		return nil, o, err
	}
	if !(f.since >= 0) {
		return nil, o, usagef("--min-steps %v, want 0 or more", f.since)
	}
	parsed, s, err := readMeasured(ctx, name, f.store)
	if err != nil {
		return nil, o, err
	}
	if o.Title == "" {
		o.Title = strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
	}
	if parsed != nil {
		if f.title == "" {
			o.Title = parsed.Name
		}
		o.Question = parsed.Question
		for _, d := range parsed.Data {
			o.Order = append(o.Order, d.Name)
		}
	}
	if f.beside != "" {
		if o.Published, err = readPublished(f.beside); err != nil {
			s.Close()
			return nil, o, err
		}
	}
	return s, o, nil
}

// readPublished reads a file of others' figures.
func readPublished(path string) ([]study.Published, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	published, err := study.ReadPublished(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return published, nil
}

func runReport(ctx context.Context, stdout, stderr io.Writer, f reportFlags, name string) error {
	s, o, err := f.open(ctx, name)
	if err != nil {
		return err
	}
	defer s.Close()
	output := f.output
	if output == "" {
		output = strings.TrimSuffix(filepath.Base(name), filepath.Ext(name)) + ".html"
	}
	if err := notInput(output, name, s.Path(), f.beside); err != nil {
		return err
	}
	r, err := labreport.Build(ctx, s, o)
	if err != nil {
		return err
	}
	switch {
	case f.markdown:
		_, err = io.WriteString(stdout, printable(r.Markdown()))
	case f.latex:
		_, err = io.WriteString(stdout, printable(r.LaTeX()))
	}
	if err != nil {
		return err
	}
	if err := f.figureFlags.write(r.Figures, stderr); err != nil {
		return err
	}
	if f.output == "" && (f.markdown || f.latex || f.figureFlags.asked()) {
		return nil
	}
	if f.output == "-" {
		return r.WriteHTML(stdout)
	}
	if err := writeWhole(output, r.WriteHTML); err != nil {
		return err
	}
	fmt.Fprintf(stderr, "%s: %d records, %d tables, %d charts\n", printable(output), len(r.Cells), len(r.Tables), len(r.Figures))
	return nil
}

// writeWhole writes a file that has its name when it is complete.
func writeWhole(path string, write func(io.Writer) error) error {
	out, err := createFile(path, &input{}, true)
	if err != nil {
		return err
	}
	defer out.discard()
	if err := write(out); err != nil {
		return err
	}
	return out.commit(&input{})
}
