package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"lmz/internal/codec"
	"lmz/internal/lab/bench"
)

// maxBenchSymbols are more than anyone waits for, and fit into memory.
const maxBenchSymbols = 1 << 28

func benchCommand() *cobra.Command {
	var o bench.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "bench [flags] [FILE]",
		Short: "Measure speed, against what the processor could do at most",
		Long: `Measure, in one run, how fast lmz is here and how fast it could be: the peak of the
processor's own multiply-add instruction in a loop without memory, the products of
the model's layers, and compressing and decompressing as a whole, each in
multiply-adds a second (GMAC/s) and as a ratio of that peak; and memory.

What is coded is the beginning of FILE, or without FILE text drawn from a small
chain of words. What was compressed is decompressed and compared. --shape measures
a model without having it: weights and symbols are drawn at random.

Whatever else runs on the machine changes the figures. The peak is measured before
and after the rest, the larger counts, and both are shown if they differ.`,
		Example: `  lmz bench                                the model that lmz carries
  lmz bench -T 1 book.txt                  one thread, text of yours
  lmz bench --shape pythia-70m             Pythia's shape, random weights
  lmz bench --shape byte-3m --symbols 10000000 --train --json > speed.json`,
		Args: arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkBench(cmd, o, args); err != nil {
				return err
			}
			if len(args) == 1 {
				var err error
				if o.Text, err = readBeginning(args[0], o.Symbols); err != nil {
					return err
				}
			}
			return runBench(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), o, asJSON)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVarP(&o.Model, "model", "m", "", "model to measure: a directory, a GGUF file, or ORG/NAME[@REVISION] of the hub that was pulled (default the one that lmz carries)")
	fs.StringVar(&o.Shape, "shape", "", "measure a shape with random weights: "+strings.Join(bench.Shapes(), ", "))
	fs.IntVar(&o.Symbols, "symbols", 0, "how much to code: bytes, or tokens of Pythia's shapes (default about 20 seconds' work)")
	fs.IntVar(&o.Segments, "segments", 0, "segments that a shape's symbols are cut into (default 8 of bytes and 64 of tokens, as files of 1 MiB have)")
	fs.BoolVar(&o.Train, "train", false, "measure training too, steps of the shape byte-3m")
	fs.IntVarP(&o.Threads, "threads", "T", runtime.GOMAXPROCS(0), "threads")
	fs.BoolVar(&asJSON, "json", false, "print JSON, in base units: a second, bytes")
	completeModels(cmd)
	err := cmd.RegisterFlagCompletionFunc("shape", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return bench.Shapes(), cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic("cli: " + err.Error())
	}
	return cmd
}

// checkBench finds what makes no sense.
func checkBench(cmd *cobra.Command, o bench.Options, args []string) error {
	given := cmd.Flags().Changed
	switch {
	case o.Threads < 1 || o.Threads > codec.MaxThreads():
		return badUsage(cmd, fmt.Errorf("-T %d, want 1 to %d", o.Threads, codec.MaxThreads()))
	case given("symbols") && (o.Symbols < 1 || o.Symbols > maxBenchSymbols):
		return badUsage(cmd, fmt.Errorf("--symbols %d, want 1 to %d", o.Symbols, maxBenchSymbols))
	case given("segments") && o.Segments < 1:
		return badUsage(cmd, fmt.Errorf("--segments %d, want 1 or more", o.Segments))
	case given("shape") && bench.KnownShape(o.Shape) != nil:
		return badUsage(cmd, bench.KnownShape(o.Shape))
	case given("shape") && o.Model != "":
		return badUsage(cmd, errors.New("-m and --shape both say what to measure: give one"))
	case given("shape") && len(args) > 0:
		return badUsage(cmd, errors.New("--shape codes symbols drawn at random: leave out FILE, or --shape"))
	case given("segments") && !given("shape"):
		return badUsage(cmd, errors.New("--segments goes with --shape: a file is cut by its size"))
	}
	return nil
}

// readBeginning reads a file, up to most bytes, or, if that is 0, more than are coded in the default time.
func readBeginning(name string, most int) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if most == 0 {
		most = 8 << 20
	}
	text, err := io.ReadAll(io.LimitReader(f, int64(most)))
	if err == nil && len(text) == 0 {
		err = fmt.Errorf("%s: is empty, want text to code", name)
	}
	return text, err
}

func runBench(ctx context.Context, stdout, stderr io.Writer, o bench.Options, asJSON bool) error {
	s := &stages{out: stderr}
	if isTerminal(stderr) {
		o.Stage = s.next
	}
	r, err := bench.Run(ctx, o)
	s.end()
	switch {
	case errors.Is(err, bench.ErrNotPredicted):
		return hint(err, "name a FILE of text, or give more of it with --symbols")
	case err != nil:
		return err
	case asJSON:
		e := json.NewEncoder(stdout)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	return printReport(stdout, r)
}

// stages shows a bar for the part of a benchmark that is at work.
type stages struct {
	out io.Writer
	p   progress
}

func (s *stages) next(name, unit string, total int) func(n int) {
	s.end()
	pace := decor.AverageSpeed(0, "%.0f "+unit+"/s ")
	if unit == "" {
		pace = decor.Name("")
	}
	bars := mpb.New(mpb.WithOutput(s.out), mpb.WithWidth(40), mpb.WithRefreshRate(200*time.Millisecond))
	s.p = progress{bars, bars.New(int64(total), mpb.BarStyle(),
		mpb.PrependDecorators(decor.Name(name, decor.WC{C: decor.DindentRight | decor.DextraSpace})),
		mpb.AppendDecorators(decor.Percentage(), decor.Name("  "), pace, decor.AverageETA(decor.ET_STYLE_GO, decor.WC{W: 8})),
		mpb.BarRemoveOnComplete())}
	return s.p.add
}

func (s *stages) end() {
	s.p.end()
	s.p = progress{}
}
