package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"lmz/internal/lab/store"
	"lmz/internal/lab/study"
	"lmz/internal/lab/table"
)

func studyStatusCommand() *cobra.Command {
	var f studyFlags
	cmd := &cobra.Command{
		Use:   "status FILE|STORE",
		Short: "Show which cells are done, failed or to do",
		Long: `Show which cells are done, failed or to do: those of a study FILE, whose data and models
are looked at to know them, or all that a STORE has. With --nats also the workers of a
cluster, the study's queue there, and the ranges that were given up.`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return studyStatus(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), f, args[0])
		},
	}
	cmd.Flags().SortFlags = false
	lookFlags(cmd, &f)
	cmd.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "show no progress")
	f.natsFlags.add(cmd)
	return cmd
}

func studyStatus(ctx context.Context, stdout, stderr io.Writer, f studyFlags, name string) error {
	if err := f.natsFlags.check(); err != nil {
		return err
	}
	parsed, s, err := readStore(ctx, name, f.store)
	if err != nil {
		return err
	}
	if s != nil {
		defer s.Close()
	}
	if parsed == nil && f.URLs != "" {
		return usagef("--nats goes with a study file: %s is a store", name)
	}
	if parsed == nil {
		return storeStatus(ctx, stdout, s)
	}
	v := &study.Supervisor{Plan: parsed.Plan(f.data), Store: s}
	if err := look(ctx, stderr, v, f); err != nil {
		return err
	}
	p := v.Plan
	fmt.Fprintf(stdout, "%d cells: %d done, %d failed, %d to do, %d missing\n\n", len(p.Cells), p.Count(study.Done),
		p.Count(study.Failed), p.Count(study.ToDo), p.Count(study.Missing))
	fmt.Fprint(stdout, cellTable(v).Text())
	printProblems(stdout, p)
	if f.URLs != "" {
		return clusterStatus(ctx, stdout, stderr, p, parsed.Name, storePath(parsed, name, f.store), f)
	}
	return nil
}

// printProblems says why cells failed or cannot be measured.
func printProblems(stdout io.Writer, p *study.Plan) {
	for _, problem := range p.Problems(study.Failed) {
		fmt.Fprintf(stdout, "failed: %s\n", printable(problem.Text))
	}
	if missing := p.Problems(study.Missing); missing != nil {
		printMissing(stdout, missing)
	}
}

// storeStatus lists all cells of a store.
func storeStatus(ctx context.Context, stdout io.Writer, s *store.Store) error {
	cells, err := s.Cells(ctx)
	if err != nil {
		return err
	}
	t := &table.Table{Title: "Cells", Head: []string{"subject", "data", "protocol", "chunks", "state"}, Left: 5}
	states := map[string]int{}
	for _, c := range cells {
		states[c.Status]++
		chunks := "chunks"
		if c.Whole {
			chunks = "whole"
		}
		t.Rows = append(t.Rows, []string{printable(c.Name), printable(c.Dataset), c.Protocol, chunks, c.Status})
		if c.Error != "" {
			t.Notes = append(t.Notes, fmt.Sprintf("%s of %s: %s", printable(c.Name), printable(c.Dataset), printable(c.Error)))
		}
	}
	fmt.Fprintf(stdout, "%d cells: %d done, %d running or interrupted, %d failed\n\n%s", len(cells), states[store.Done], states[store.Running], states[store.Failed], t.Text())
	return nil
}

// showFlags are those of lmz study show.
type showFlags struct {
	store, against, beside         string
	json, markdown, latex, records bool
}

func showStudyCommand() *cobra.Command {
	var f showFlags
	cmd := &cobra.Command{
		Use:   "show FILE|STORE",
		Short: "Show what was measured, as tables",
		Long: `Show what was measured, of a study FILE or of a STORE: for each protocol a table like
that of Deletang et al. 2023, with a row for each subject, whole and chunk by chunk, and
a column for each data set; with --records all that there is about each cell; with
--against the differences to one subject on the same chunks, which are much surer than
the ratios themselves: what makes a chunk hard is hard for all.`,
		Example: `  lmz study show studies/deletang-2023-table-1/study.yaml --beside studies/deletang-2023-table-1/published.csv
  lmz study show results.db --against 'xz -9e'
  lmz study show results.db --json | jq .bits_per_byte`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return showStudy(cmd.Context(), cmd.OutOrStdout(), f, args[0])
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.store, "store", "", "database of the results (default NAME.db beside the study file)")
	fs.StringVar(&f.against, "against", "", "show the differences to this subject")
	fs.BoolVar(&f.records, "records", false, "show all of each cell")
	fs.StringVar(&f.beside, "beside", "", "CSV file of published figures to show beside: protocol,chunks,subject,data,ratio,adjusted, the last two in %")
	fs.BoolVar(&f.json, "json", false, "print the records as JSON")
	fs.BoolVar(&f.markdown, "markdown", false, "print tables in Markdown")
	fs.BoolVar(&f.latex, "latex", false, "print tables in LaTeX")
	cmd.MarkFlagsMutuallyExclusive("json", "markdown", "latex")
	cmd.MarkFlagsMutuallyExclusive("json", "records", "against", "beside")
	return cmd
}

func showStudy(ctx context.Context, stdout io.Writer, f showFlags, name string) error {
	parsed, s, err := readMeasured(ctx, name, f.store)
	if err != nil {
		return err
	}
	defer s.Close()
	cells, err := s.Cells(ctx)
	if err != nil {
		return err
	}
	var order []string
	if parsed != nil {
		for _, d := range parsed.Data {
			order = append(order, d.Name)
		}
	}
	if f.json {
		return printJSON(stdout, cells)
	}
	view := study.NewView(cells, order)
	tables, err := f.tables(ctx, view, s)
	if err != nil {
		return err
	}
	for i, t := range tables {
		if i > 0 {
			fmt.Fprintln(stdout)
		}
		text := t.Text
		switch {
		case f.markdown:
			text = t.Markdown
		case f.latex:
			text = t.LaTeX
		}
		if _, err := io.WriteString(stdout, printable(text())); err != nil {
			return err
		}
	}
	return nil
}

func (f showFlags) tables(ctx context.Context, v *study.View, s *store.Store) ([]*table.Table, error) {
	switch {
	case f.records:
		return []*table.Table{v.Records()}, nil
	case f.against != "":
		return v.Against(ctx, s, f.against)
	}
	var published []study.Published
	if f.beside != "" {
		var err error
		if published, err = readPublished(f.beside); err != nil {
			return nil, err
		}
	}
	tables := v.Ratios(published)
	splits, err := v.InContext(ctx, s)
	if contexts := v.Contexts(splits); contexts != nil {
		tables = append(tables, contexts)
	}
	return tables, err
}
