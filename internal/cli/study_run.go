package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lmz/internal/lab/store"
	"lmz/internal/lab/study"
	"lmz/internal/lab/table"
)

// studyFlags are those of lmz study run and status.
type studyFlags struct {
	store, data, memory string
	jobs, check         int
	dryRun, skipMissing bool
	quiet               bool
	natsFlags
}

func runStudyCommand() *cobra.Command {
	var f studyFlags
	cmd := &cobra.Command{
		Use:   "run FILE",
		Short: "Measure what a study's store lacks",
		Long: `Measure what a study's store lacks, in worker processes of bounded memory. A cell that
fails is tried a second time, then reported; the others go on. The next run tries it again.

A cell is measured in ranges of chunks of a few seconds, several of them at once where there are
several workers.

Ctrl-C stops, a second one at once; what was measured is kept, and the same command goes on.

Exit status: 0 all is measured; 1 something failed or is missing; 130 interrupted.`,
		Args:              arguments(1, 1),
		ValidArgsFunction: studyFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.URLs != "" && !cmd.Flags().Changed("check") {
				f.check = clusterCheck
			}
			return runStudy(cmd, f, args[0])
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	lookFlags(cmd, &f)
	fs.BoolVarP(&f.dryRun, "dry-run", "n", false, "show what there is to do, measure nothing")
	fs.IntVarP(&f.jobs, "jobs", "j", 1, "worker processes; they share the processors")
	fs.StringVar(&f.memory, "memory", "", "memory of a worker at most, 4GB say: one that takes more is killed (default what the study says, or three quarters of what is free)")
	fs.IntVar(&f.check, "check", 0, "have one range of chunks in so many measured by a second worker, with --jobs 2 or more; 0 for none (with --nats 100 if it is not given)")
	f.natsFlags.add(cmd)
	fs.BoolVar(&f.skipMissing, "skip-missing", false, "measure the rest if data or models are missing")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "show no progress")
	return cmd
}

// lookFlags say where a study's things are.
func lookFlags(cmd *cobra.Command, f *studyFlags) {
	cmd.Flags().StringVar(&f.store, "store", "", "database of the results (default NAME.db beside the study file)")
	cmd.Flags().StringVar(&f.data, "data", "", "directory that the study's sources and models are relative to (default the study file's)")
	directories(cmd, "data")
}

func runStudy(cmd *cobra.Command, f studyFlags, file string) error {
	ctx, stdout, stderr := cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr()
	if f.jobs < 1 {
		return usagef("--jobs %d, want 1 or more", f.jobs)
	}
	if f.check < 0 || f.check > 0 && f.jobs < 2 && f.URLs == "" {
		return usagef("--check %d with --jobs %d, want 0, or 1 and more with two workers at least", f.check, f.jobs)
	}
	if err := f.natsFlags.check(); err != nil {
		return err
	}
	parsed, err := study.Load(file)
	if err != nil {
		return err
	}
	memory := parsed.Memory
	if f.memory != "" {
		if memory, err = study.ParseSize(f.memory); err != nil {
			return usagef("--memory: %w", err)
		}
	}
	path := storePath(parsed, file, f.store)
	s, err := openStudyStore(ctx, path, f.dryRun)
	if err != nil {
		return err
	}
	defer func() {
		if s != nil {
			s.Close()
		}
	}()
	v := &study.Supervisor{Plan: parsed.Plan(f.data), Store: s, Workers: f.jobs, Memory: memory, Check: f.check}
	if err := look(ctx, stderr, v, f); err != nil {
		return err
	}
	v.Plan.Retry()
	fmt.Fprintf(stdout, "Study %s, store %s\n\n", parsed.Name, path)
	if f.dryRun {
		fmt.Fprintln(stdout, cellTable(v).Text())
	} else {
		fmt.Fprintln(stdout, subjectTable(v).Text())
	}
	if missing := v.Plan.Problems(study.Missing); missing != nil {
		printMissing(stderr, missing)
		if !f.skipMissing {
			fmt.Fprintf(stderr, "lmz: error: %d of %d cells cannot be measured\n", v.Plan.Count(study.Missing), len(v.Plan.Cells))
			fmt.Fprintln(stderr, "lmz: hint: get what is missing, say with --data where it is, or measure the rest with --skip-missing")
			return errReported
		}
	}
	if !f.dryRun && (s != nil || v.Plan.Count(study.ToDo) > 0) {
		if s == nil {
			if s, err = store.Open(ctx, path); err != nil {
				return err
			}
			v.Store = s
		}
		if f.URLs != "" {
			err = superviseCluster(ctx, stderr, v, parsed.Name, path, f)
		} else {
			err = superviseStudy(ctx, stderr, v, f.quiet)
		}
		if err != nil {
			if errors.Is(err, context.Canceled) {
				fmt.Fprintln(stderr, "stopped; the rows so far are kept: the same command goes on from there")
			}
			return err
		}
	}
	return concludeStudy(stderr, v, file, f)
}

// openStudyStore opens the store if there is one; the first is made when it is known that there is something to measure.
func openStudyStore(ctx context.Context, path string, dryRun bool) (*store.Store, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if dryRun {
		return store.OpenReadOnly(ctx, path)
	}
	return store.Open(ctx, path)
}

// look finds out what the cells of a plan are, and shows how far it is.
func look(ctx context.Context, stderr io.Writer, v *study.Supervisor, f studyFlags) error {
	var err error
	if v.Command, err = worker(); err != nil {
		return err
	}
	last := time.Now()
	terminal := isTerminal(stderr) && !f.quiet
	err = v.Look(ctx, func(done, of int) {
		switch {
		case terminal:
			fmt.Fprintf(stderr, "\r\x1b[Klooking at data and models: %d of %d cells", done, of)
		case !f.quiet && time.Since(last) > tellEach:
			fmt.Fprintf(stderr, "looking at data and models: %d of %d cells\n", done, of)
			last = time.Now()
		}
	})
	if terminal {
		fmt.Fprint(stderr, "\r\x1b[K")
	}
	return err
}

// printMissing says what keeps cells from being measured, and how to get it.
func printMissing(stderr io.Writer, missing []study.Problem) {
	fmt.Fprintln(stderr, "missing:")
	for _, p := range missing {
		if p.Pull != "" {
			fmt.Fprintf(stderr, "  model %s is not here and not in the cache of the hub: lmz models pull %[1]s gets it\n", printable(p.Pull))
		} else {
			fmt.Fprintf(stderr, "  %s\n", printable(p.Text))
		}
	}
}

// concludeStudy says how a run ended.
func concludeStudy(stderr io.Writer, v *study.Supervisor, file string, f studyFlags) error {
	p := v.Plan
	before := 0
	for _, c := range p.Cells {
		if c.State == study.Done && c.Stored {
			before++
		}
	}
	if !f.dryRun && !f.quiet {
		show := "lmz study show " + file
		if f.store != "" {
			show += " --store " + f.store
		}
		fmt.Fprintf(stderr, "%d of %d cells are done, %d of them before; %s\n", p.Count(study.Done), len(p.Cells), before, show)
	}
	failed := p.Problems(study.Failed)
	for _, problem := range failed {
		fmt.Fprintf(stderr, "lmz: error: failed, %d of %d cells: %s\n", problem.Cells, len(p.Cells), printable(problem.Text))
	}
	if !f.dryRun && failed != nil || p.Count(study.Missing) > 0 {
		return errReported
	}
	return nil
}

// cellTable is a line for each cell of a plan.
func cellTable(v *study.Supervisor) *table.Table {
	t := &table.Table{Title: "Cells", Head: []string{"subject", "data", "protocol", "chunks", "state", "raw bytes", "time"}, Left: 5}
	for _, c := range v.Plan.Cells {
		chunks := fmt.Sprintf("%d x %d", c.Chunks, c.Record.ChunkSize)
		if c.Job.Whole || c.Record.Whole {
			chunks = "whole"
		}
		if c.State == study.Missing {
			chunks = "-"
		}
		state := string(c.State)
		if c.State == study.ToDo && c.StoredChunks > 0 {
			state = fmt.Sprintf("to do, %d there", c.StoredChunks)
		}
		t.Rows = append(t.Rows, []string{printable(cmp.Or(c.Label, c.Record.Name)), printable(c.Job.Name), c.Job.Protocol, chunks, state, fmt.Sprint(c.Bytes), estimate(v, []*study.Cell{c})})
	}
	t.Notes = planNotes(v)
	return t
}

// subjectTable is a line for each subject of a plan.
func subjectTable(v *study.Supervisor) *table.Table {
	t := &table.Table{Title: "Plan", Head: []string{"subject", "cells", "done", "failed", "missing", "to do", "MB to do", "time"}, Left: 1}
	for begin, end := 0, 0; begin < len(v.Plan.Cells); begin = end {
		for end < len(v.Plan.Cells) && v.Plan.Cells[end].Label == v.Plan.Cells[begin].Label {
			end++
		}
		of := study.Plan{Cells: v.Plan.Cells[begin:end]}
		var bytes int64
		for _, c := range of.Cells {
			if c.State == study.ToDo {
				bytes += c.Bytes
			}
		}
		t.Rows = append(t.Rows, []string{printable(of.Cells[0].Label), fmt.Sprint(len(of.Cells)), orBlank(of.Count(study.Done)), orBlank(of.Count(study.Failed)),
			orBlank(of.Count(study.Missing)), orBlank(of.Count(study.ToDo)), fmt.Sprintf("%.1f", float64(bytes)/1e6), estimate(v, of.Cells)})
	}
	t.Notes = planNotes(v)
	return t
}

func orBlank(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// estimate is how long cells that are to be done take together, "" if none is, ? if that is not known.
func estimate(v *study.Supervisor, cells []*study.Cell) string {
	var sum time.Duration
	left := false
	for _, c := range cells {
		if c.State != study.ToDo {
			continue
		}
		left = true
		d, known := v.Estimate(c)
		if !known {
			return "?"
		}
		sum += d
	}
	if !left {
		return ""
	}
	return duration(sum)
}

func planNotes(v *study.Supervisor) []string {
	for _, c := range v.Plan.Cells {
		if c.State == study.ToDo && estimate(v, []*study.Cell{c}) == "?" {
			return []string{"? until the first chunks of such a cell are measured"}
		}
	}
	return nil
}

// duration is rounded to what matters.
func duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return "1s"
	case d < time.Hour:
		return d.Round(time.Second).String()
	}
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}
