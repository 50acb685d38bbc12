package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"lmz/internal/lab/fit"
	"lmz/internal/lab/law"
)

// fitFlags say what a law is fitted to, and how.
type fitFlags struct {
	csv, store string
	columns    law.Columns
	params     string // how model sizes are counted
	tokens     float64
	since      float64 // steps
	forms      string
	loss       string
	draws      int
	seed       uint64
	against    string
	score      string
	published  string
	json       bool
	page       fitPageFlags
}

// leastSquares is the usual value of --loss.
const leastSquares = "squares"

func fitCommand() *cobra.Command {
	var f fitFlags
	cmd := &cobra.Command{
		Use:   "fit [STORE|FILE]",
		Short: "Fit scaling laws, and say how far they can be trusted",
		Long: `Fit scaling laws to what was measured: to the finished records of models in a STORE or
of a study FILE, or to any CSV file with columns for model size, steps and ratio. The
published law is CR = a + b P^-alpha + c S^-beta.

The account says which numbers the data identify and which they do not, what each term
is worth, how all forms predict what was held out, beside copying the nearest
measurement, and what else a reader must know. Groups are never mixed: each data set of
a CSV file has a law of its own, and of a store also each protocol, precision and size
of chunks.

Sizes are numbers (70e6, 70m) or names that tell them (pythia-70m). Of Pythia models
all three ways of counting are known. Columns are found by their usual names, or named.`,
		Example: `  lmz fit results.db
  lmz fit --csv measurements.csv --form published --params non-embedding
  lmz fit --csv measurements.csv --published table1.csv
  lmz fit --csv measurements.csv --form all --json
  lmz fit --csv measurements.csv --html laws.html
  lmz fit predict --csv measurements.csv --params 5e9 --steps 2e5
  lmz fit allocate --csv measurements.csv --flops 1e21`,
		Args: arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := f.options()
			if err != nil {
				return err
			}
			d, err := f.data(cmd.Context(), args)
			if err != nil {
				return err
			}
			var a *law.Account
			if f.page.asked() {
				a, err = fitPage(cmd, f, args, d, o)
			} else {
				a, err = law.Make(cmd.Context(), d, o)
			}
			switch {
			case err != nil:
				return err
			case f.json:
				return printFitJSON(cmd.OutOrStdout(), a)
			case f.page.asked():
				return nil
			}
			_, err = io.WriteString(cmd.OutOrStdout(), printable(a.Text()))
			return err
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fitDataFlags(cmd, &f)
	fs.StringVar(&f.params, "params", "", "how model sizes are counted: nominal, total or non-embedding (default as found; of a store total)")
	completeConventions(cmd, "params")
	fs.StringVar(&f.forms, "form", "published", "forms told in full, by commas, or all; others are compared in any case: "+strings.Join(formNames(), ", "))
	fs.StringVar(&f.loss, "loss", leastSquares, fmt.Sprintf("squares, or huber[:DELTA] of the logarithm (default delta %g)", fit.HoffmannDelta))
	fs.StringVar(&f.against, "against", "", "form to compare the first with")
	fs.StringVar(&f.score, "score", "", "coefficients to score on the same points, as a=0.1,b=60,c=10,alpha=0.38,beta=0.75")
	fs.StringVar(&f.published, "published", "", "CSV file of coefficients to score: group,a,b,c,alpha,beta")
	f.page.add(cmd)
	completeForms(cmd, append(formNames(), "all"), "form")
	completeForms(cmd, formNames(), "against")
	cmd.MarkFlagsMutuallyExclusive("score", "published")
	cmd.AddCommand(predictCommand(), allocateCommand())
	return cmd
}

// fitDataFlags are those of all commands that fit.
func fitDataFlags(cmd *cobra.Command, f *fitFlags) {
	fs := cmd.Flags()
	fs.StringVar(&f.csv, "csv", "", "CSV file to read instead of a store")
	fs.StringVar(&f.store, "store", "", "database of a study FILE's results (default NAME.db beside it)")
	fs.StringVar(&f.columns.By, "by", "", "column of the CSV file that groups its rows (default dataset, if there is one)")
	fs.StringVar(&f.columns.Params, "params-column", "", "column of model sizes, numbers or names")
	fs.StringVar(&f.columns.Steps, "steps-column", "", "column of steps or tokens")
	fs.StringVar(&f.columns.Ratio, "ratio-column", "", "column of what was measured")
	fs.Float64Var(&f.tokens, "tokens-per-step", 0, "tokens a step of training (default as known: 2097152 of Pythia models)")
	fs.Float64Var(&f.since, "min-steps", 0, "leave out what was measured before so many steps: a learning rate that warms up follows no law")
	fs.IntVar(&f.draws, "draws", 2000, "resamples of the bootstrap, 0 for none")
	fs.Uint64Var(&f.seed, "seed", 1, "seed of the resamples")
	fs.BoolVar(&f.json, "json", false, "print as JSON; null is what is not known")
	if err := cmd.MarkFlagFilename("csv", "csv", "tsv"); err != nil {
		panic("cli: " + err.Error())
	}
}

// completeForms has the shell complete a flag by the names of forms.
func completeForms(cmd *cobra.Command, names []string, flag string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic("cli: " + err.Error())
	}
}

func completeConventions(cmd *cobra.Command, flag string) {
	var names []string
	for _, c := range law.Conventions() {
		names = append(names, string(c))
	}
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic("cli: " + err.Error())
	}
}

func formNames() (names []string) {
	for _, form := range fit.Forms {
		names = append(names, form.Name)
	}
	return names
}

// options are what the flags ask of an account.
func (f fitFlags) options() (o law.Options, err error) {
	o.Draws, o.Seed = f.draws, f.seed
	if err := checkDraws(f.draws); err != nil {
		return o, err
	}
	if o.Loss, err = parseLoss(f.loss); err != nil {
		return o, err
	}
	for name := range strings.SplitSeq(f.forms, ",") {
		if name == "all" {
			o.Forms = fit.Forms
			break
		}
		form, err := fit.FormNamed(name)
		if err != nil {
			return o, usagef("--form: %v", err)
		}
		o.Forms = append(o.Forms, form)
	}
	if f.against != "" {
		if o.Against, err = fit.FormNamed(f.against); err != nil {
			return o, usagef("--against: %v", err)
		}
	}
	switch {
	case f.score != "":
		p, err := law.ParsePublished(f.score)
		if err != nil {
			return o, usagef("--score: %v", err)
		}
		o.Published = []law.Published{p}
	case f.published != "":
		file, err := os.Open(f.published)
		if err != nil {
			return o, err
		}
		defer file.Close()
		if o.Published, err = law.ReadPublished(file, filepath.Base(f.published)); err != nil {
			return o, err
		}
	}
	return o, nil
}

// checkDraws says what is no number of resamples.
func checkDraws(draws int) error {
	const most = 1_000_000
	if draws < 0 || draws > most {
		return usagef("--draws %d, want 0 to %d", draws, most)
	}
	return nil
}

func parseLoss(text string) (fit.Loss, error) {
	name, delta, given := strings.Cut(text, ":")
	switch {
	case text == leastSquares:
		return fit.LeastSquares, nil
	case text == "huber":
		return fit.Loss{Delta: fit.HoffmannDelta}, nil
	case name == "huber" && given:
		if d, err := strconv.ParseFloat(delta, 64); err == nil && d > 0 && d <= 1e6 {
			return fit.Loss{Delta: d}, nil
		}
	}
	return fit.Loss{}, usagef("--loss %s, want squares or huber[:DELTA], a number above 0", text)
}

// data reads what is to be fitted.
func (f fitFlags) data(ctx context.Context, args []string) (d *law.Data, err error) {
	var c law.Convention
	for _, known := range law.Conventions() {
		if f.params == string(known) {
			c = known
		}
	}
	switch {
	case f.params != "" && c == "":
		return nil, usagef("model sizes counted as %q, want nominal, total or non-embedding", f.params)
	case f.csv == "" && len(args) == 0:
		return nil, hint(usagef("nothing to fit"), "name a store or a study file, or a CSV file with --csv")
	case f.csv != "" && len(args) > 0:
		return nil, usagef("--csv %s and %s: give one", f.csv, args[0])
	case f.csv == "" && f.columns != law.Columns{}:
		return nil, usagef("--by and columns are of a CSV file: give one with --csv")
	case !(f.since >= 0):
		return nil, usagef("--min-steps %v, want 0 or more", f.since)
	case !(f.tokens >= 0) || math.IsInf(f.tokens, 0):
		return nil, usagef("--tokens-per-step %v, want a number above 0", f.tokens)
	}
	if f.csv != "" {
		d, err = f.readCSV(c)
	} else {
		d, err = f.readCells(ctx, args[0], c)
	}
	if err != nil {
		return nil, err
	}
	if f.tokens > 0 {
		d.Tokens = f.tokens
	}
	if f.since > 0 {
		err = d.Since(f.since)
	}
	return d, err
}

func (f fitFlags) readCSV(c law.Convention) (*law.Data, error) {
	if f.store != "" {
		return nil, usagef("--store goes with a study file")
	}
	file, err := os.Open(f.csv)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return law.ReadCSV(file, filepath.Base(f.csv), f.columns, c)
}

func (f fitFlags) readCells(ctx context.Context, name string, c law.Convention) (*law.Data, error) {
	_, s, err := readMeasured(ctx, name, f.store)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	cells, err := s.Cells(ctx)
	if err != nil {
		return nil, err
	}
	return law.FromCells(cells, filepath.Base(name), c)
}

func printFitJSON(stdout io.Writer, value any) error {
	e := json.NewEncoder(stdout)
	e.SetIndent("", "  ")
	return e.Encode(value)
}
