package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"lmz/internal/checkpoint"
	"lmz/internal/codec"
	"lmz/internal/lab/dataset"
	"lmz/internal/lab/measure"
	"lmz/internal/lab/store"
	"lmz/internal/lab/table"
)

// measureFlags are those of lmz measure.
type measureFlags struct {
	models, baselines, protocols []string
	precision                    precisionFlag
	data                         dataset.Spec
	job                          measure.Job // what all jobs have in common
	store, curve                 string
	json, quiet                  bool
}

func measureCommand() *cobra.Command {
	var f measureFlags
	var about strings.Builder
	for _, p := range measure.Protocols {
		fmt.Fprintf(&about, "  %-17s %s\n", p.Name, p.About)
	}
	cmd := &cobra.Command{
		Use:   "measure [flags] SOURCE...",
		Short: "Measure how well models and classical compressors compress data",
		Long: `Measure how well models and classical compressors compress data: SOURCE is a file
(packed ones are read as what they hold), a directory, or random; lmz data lists the
kinds. It is cut into chunks, each chunk is coded by itself and decoded again, and what
the streams hold is counted. docs/method.md says what each protocol counts:

` + about.String() + `
Models (-m) and classical compressors (--baseline) may be given several times, and all
are measured on every SOURCE under every protocol. Without either it is the model that
lmz carries. -m uniform gives every byte the same probability, -m uniform:FILE every
token of a tokenizer.json.

Ratio is counted / raw bytes, of all chunks. Adjusted counts the model too, at 2 bytes a
parameter: it means something of data much larger than the model.

With --store, the rows of each chunk are kept in a database: an interrupted run goes on
where it stopped, and nothing is measured twice. For more than a few measurements,
write a study: lmz study --help.`,
		Example: `  lmz measure enwik8.zip
  lmz measure --baseline xz,zstd -m runs/small/step-2000 -m default --store results.db corpus/
  lmz measure --kind speech8 --protocol deletang-2023 --baseline flac LibriSpeech/
  lmz measure --curve curve.csv book.txt`,
		Args: arguments(1, math.MaxInt),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.job.Precision = f.precision.String()
			if err := f.check(args); err != nil {
				return badUsage(cmd, err)
			}
			return runMeasure(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), f, args)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringArrayVarP(&f.models, "model", "m", nil, "model: a directory, a GGUF file, ORG/NAME[@REVISION][:FILE.gguf] of the hub's cache, uniform, or default for the one that lmz carries")
	fs.Var(&f.precision, "precision", "how to keep models' weights: int8, int8-outlier, or f32")
	fs.StringSliceVar(&f.baselines, "baseline", nil, "classical compressors: gzip, xz, zstd, brotli, bzip2, png, flac, ...")
	fs.StringSliceVar(&f.protocols, "protocol", []string{measure.Protocols[0].Name}, "protocols")
	fs.BoolVar(&f.job.Whole, "whole", false, "compress all chunks as one, by classical compressors")
	dataFlags(cmd, &f.data)
	fs.BoolVar(&f.job.Carry, "carry", false, "carry half the context over when a model's window is full")
	fs.StringVar(&f.store, "store", "", "keep the rows in this database")
	fs.StringVar(&f.curve, "curve", "", "write the code length by position to this CSV file, from the first byte that is coded of a chunk")
	fs.BoolVar(&f.job.Unverified, "unverified", false, "do not decode what was coded, in about half the time; the record says so")
	fs.Float64Var(&f.job.BytesPerParam, "bytes-per-param", measure.DefaultBytesPerParam, "bytes a parameter in the adjusted ratio: 2 as published, 1 for int8")
	fs.IntVarP(&f.job.Threads, "threads", "T", runtime.GOMAXPROCS(0), "threads; they change the speed only")
	fs.BoolVar(&f.json, "json", false, "print the records as JSON")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "show no progress")
	completeModels(cmd)
	completePrecisions(cmd)
	return cmd
}

// jobs are all that the flags ask for.
func (f measureFlags) jobs(sources []string) (jobs []measure.Job) {
	models := f.models
	if len(models)+len(f.baselines) == 0 {
		models = []string{measure.Carried}
	}
	for _, source := range sources {
		for _, protocol := range f.protocols {
			j := f.job
			j.Data, j.Protocol = f.data, protocol
			j.Data.Source = source
			for _, name := range f.baselines {
				b := j
				b.Baseline, b.Precision = name, ""
				jobs = append(jobs, b)
			}
			for _, name := range models {
				m := j
				if name == measure.Carried {
					name = ""
				}
				m.Model, m.Profile = name, f.curve != ""
				jobs = append(jobs, m)
			}
		}
	}
	return jobs
}

// check says what of the flags is wrong, before anything is read.
func (f measureFlags) check(sources []string) error {
	switch {
	case f.job.Threads < 1 || f.job.Threads > codec.MaxThreads():
		return fmt.Errorf("-T %d, want 1 to %d", f.job.Threads, codec.MaxThreads())
	case !(f.job.BytesPerParam > 0) || math.IsInf(f.job.BytesPerParam, 0):
		return fmt.Errorf("--bytes-per-param %v, want a number above 0", f.job.BytesPerParam)
	}
	for _, name := range f.protocols {
		if _, err := measure.ParseProtocol(name); err != nil {
			return err
		}
	}
	for _, source := range sources {
		spec := f.data
		spec.Source = source
		if err := spec.Validate(); err != nil {
			return err
		}
	}
	return nil
}

// open opens the store of the rows.
func (f measureFlags) open(ctx context.Context) (*store.Store, error) {
	if f.store == "" {
		return store.Temporary(ctx)
	}
	return store.Open(ctx, f.store)
}

func runMeasure(ctx context.Context, stdout, stderr io.Writer, f measureFlags, sources []string) error {
	var lab measure.Lab
	var s *store.Store
	defer func() {
		if s != nil {
			s.Close()
		}
	}()
	if _, err := os.Stat(f.store); f.store != "" && err == nil {
		if s, err = f.open(ctx); err != nil {
			return err
		}
	}
	var cells []store.Cell
	failed := false
	for _, j := range f.jobs(sources) {
		var err error
		if s == nil { // one is made when there is something to measure
			if _, _, err = lab.Describe(ctx, j); err == nil {
				if s, err = f.open(ctx); err != nil {
					return err
				}
			}
		}
		var cell store.Cell
		if err == nil {
			cell, err = f.measure(ctx, stderr, &lab, s, j)
		}
		if ctx.Err() != nil {
			if f.store != "" {
				fmt.Fprintln(stderr, "the rows so far are kept; the same command goes on from there")
			}
			return ctx.Err()
		}
		if errors.Is(err, store.ErrBusy) {
			err = hint(err, "another lmz measures it into the same store: wait for it")
		}
		if err != nil {
			report(stderr, err)
			failed = true
			continue
		}
		cells = append(cells, cell)
	}
	if len(cells) == 0 {
		return errReported
	}
	if err := f.print(stdout, cells); err != nil {
		return err
	}
	if f.curve != "" {
		if err := writeCurves(ctx, s, cells, f.curve); err != nil {
			return err
		}
	}
	if failed {
		return errReported
	}
	return nil
}

// measure does one job and shows how far it is.
func (f measureFlags) measure(ctx context.Context, stderr io.Writer, lab *measure.Lab, s *store.Store, j measure.Job) (store.Cell, error) {
	w := work{stderr: stderr}
	w.quiet = f.quiet
	label := fmt.Sprintf("%s of %s, %s", cmp.Or(j.Baseline, j.Model, "the model that lmz carries"), j.Data.Source, j.Protocol)
	bar := &progress{}
	defer func() { bar.end() }()
	shown := int64(0)
	return lab.Run(ctx, s, j, func(p measure.Progress) {
		if bar.bar == nil {
			bar = w.newProgress(label, p.OfBytes)
		}
		bar.add(int(p.Bytes - shown))
		shown = p.Bytes
	})
}

// print writes the records as a table or as JSON.
func (f measureFlags) print(stdout io.Writer, cells []store.Cell) error {
	if f.json {
		return printJSON(stdout, cells)
	}
	t := &table.Table{Left: 3, Head: strings.Split("subject,data,protocol,raw bytes,counted,ratio,bits/byte,95% interval,adjusted,kB/s in,kB/s out,", ",")}
	for _, c := range cells {
		mark := ""
		for _, note := range notes(c) {
			if !slices.Contains(t.Notes, note) {
				t.Notes = append(t.Notes, note)
			}
			mark += strings.Repeat("*", 1+slices.Index(t.Notes, note))
		}
		t.Rows = append(t.Rows, []string{printable(c.Name), printable(c.Dataset), protocolName(c), strconv.FormatInt(c.RawBytes, 10), fmt.Sprintf("%.0f", c.CountedBits/8),
			fmt.Sprintf("%.2f%%", 100*c.Ratio), fmt.Sprintf("%.4f", c.BitsPerByte), interval(c), adjusted(c),
			speed(c.RawBytes, c.EncodeSeconds), speed(c.RawBytes, c.DecodeSeconds), mark})
	}
	for i, note := range t.Notes {
		t.Notes[i] = strings.Repeat("*", i+1) + " " + note
	}
	_, err := io.WriteString(stdout, t.Text())
	return err
}

// printJSON prints records, one a line.
func printJSON(stdout io.Writer, cells []store.Cell) error {
	e := json.NewEncoder(stdout)
	for _, c := range cells {
		if err := e.Encode(record(c)); err != nil {
			return err
		}
	}
	return nil
}

// record is a cell as JSON has it, which has no NaN.
func record(c store.Cell) any {
	type interval struct {
		Low  *float64 `json:"bits_per_byte_low"`
		High *float64 `json:"bits_per_byte_high"`
	}
	var i interval
	if !math.IsNaN(c.Low) {
		i = interval{&c.Low, &c.High}
	}
	return struct {
		store.Cell
		interval
	}{c, i}
}

func protocolName(c store.Cell) string {
	if c.Whole && !strings.HasPrefix(c.Protocol, "stream") {
		return c.Protocol + ", whole"
	}
	return c.Protocol
}

func interval(c store.Cell) string {
	if math.IsNaN(c.Low) {
		return "-"
	}
	return fmt.Sprintf("%.4f..%.4f", c.Low, c.High)
}

// adjusted is the adjusted ratio of what has parameters.
func adjusted(c store.Cell) string {
	if c.Params == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*c.AdjustedRatio)
}

// speed is that of coding or decoding in kB/s.
func speed(bytes int64, seconds float64) string {
	if seconds == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f", float64(bytes)/seconds/1000)
}

// notes are what a reader of a record must know.
func notes(c store.Cell) (list []string) {
	if c.Note != "" {
		list = append(list, c.Note)
	}
	if c.Decodable && !c.Verified {
		list = append(list, "not decoded")
	}
	return list
}

// writeCurves writes the code length by position of cells that have profiles.
func writeCurves(ctx context.Context, s *store.Store, cells []store.Cell, name string) error {
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	w.Write([]string{"subject", "data", "protocol", "position", "chunks", "bits", "bits_per_byte"})
	for _, c := range cells {
		points, err := measure.Curve(s.Profile(ctx, c.ID))
		if err != nil {
			return err
		}
		for _, p := range points {
			w.Write([]string{c.Name, c.Dataset, c.Protocol, strconv.Itoa(p.Position), strconv.Itoa(p.Chunks),
				strconv.FormatFloat(p.Bits, 'g', 8, 64), strconv.FormatFloat(p.Rate, 'g', 8, 64)})
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return err
	}
	return checkpoint.WriteFile(name, text.Bytes())
}
