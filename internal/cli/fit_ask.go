package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"lmz/internal/lab/law"
)

func predictCommand() *cobra.Command {
	var f fitFlags
	var params, steps string
	cmd := &cobra.Command{
		Use:   "predict [STORE|FILE] --params P --steps S",
		Short: "Predict the rate of a model that was not measured",
		Long: `Predict the rate of a model of P parameters after S steps from the law of what was
measured, with two intervals: of the law itself, if its form is right, and of a new
measurement, which scatters besides. What other forms say is shown beside, and how far
the model is outside of what was measured.`,
		Example: `  lmz fit predict --csv measurements.csv --params 5e9 --steps 2e5
  lmz fit predict results.db --form kaplan-nd --params 2.8b --steps 143000 --params-as total`,
		Args: arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := numbersFlag("params", params)
			if err != nil {
				return err
			}
			s, err := numbersFlag("steps", steps)
			if err != nil {
				return err
			}
			if len(p) != 1 || len(s) != 1 {
				return badUsage(cmd, usagef("lmz fit predict: --params %q and --steps %q, want a number each", params, steps))
			}
			d, o, err := f.one(cmd, args)
			if err != nil {
				return err
			}
			list, err := law.Predict(cmd.Context(), d, o, p[0], s[0])
			if err != nil {
				return err
			}
			if f.json {
				return printFitJSON(cmd.OutOrStdout(), list)
			}
			_, err = io.WriteString(cmd.OutOrStdout(), printable(law.ForecastText(list)))
			return err
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&params, "params", "", "size of the model, as 5e9 or 2.8b")
	fs.StringVar(&steps, "steps", "", "steps of its training, as 2e5")
	oneFormFlags(cmd, &f)
	fs.StringVar(&f.params, "params-as", "", "how model sizes are counted, the given one too: nominal, total or non-embedding")
	completeConventions(cmd, "params-as")
	return cmd
}

func allocateCommand() *cobra.Command {
	var f fitFlags
	var flops, bytes, steps, rate string
	w := law.Wanted{}
	cmd := &cobra.Command{
		Use:   "allocate [STORE|FILE] --flops LIST | --bytes LIST | --rate R",
		Short: "Say how large a model should be, for a budget of training or for so much data",
		Long: `Say how large a model should be by the law of what was measured: with --flops, the size
and the steps of least rate for so much training (6 P D FLOPs); with --bytes, the size
of least adjusted ratio, N*(D), where the model is sent with so many bytes of data. With
--rate R, say from how many bytes on each measured model pays against a classical
compressor of that ratio, and against the next smaller model.`,
		Example: `  lmz fit allocate --csv measurements.csv --flops 1e20,1e21
  lmz fit allocate --csv measurements.csv --bytes 1e9,1e12 --bytes-per-param 2
  lmz fit allocate results.db --rate 0.29`,
		Args: arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if w.FLOPs, err = numbersFlag("flops", flops); err != nil {
				return err
			}
			if w.Bytes, err = numbersFlag("bytes", bytes); err != nil {
				return err
			}
			for _, one := range []struct {
				flag, text string
				into       *float64
			}{{"steps", steps, &w.Steps}, {"rate", rate, &w.Ratio}} {
				list, err := numbersFlag(one.flag, one.text)
				if err != nil {
					return err
				}
				if len(list) > 1 {
					return badUsage(cmd, usagef("lmz fit allocate: --%s %s, want one number", one.flag, one.text))
				}
				if len(list) == 1 {
					*one.into = list[0]
				}
			}
			switch {
			case len(w.FLOPs)+len(w.Bytes) == 0 && w.Ratio == 0:
				return badUsage(cmd, usagef("lmz fit allocate: nothing is asked: give --flops, --bytes or --rate"))
			case !(w.BytesPerParam > 0 && w.BytesPerParam <= 1e6):
				return usagef("--bytes-per-param %v, want a number above 0", w.BytesPerParam)
			}
			d, o, err := f.one(cmd, args)
			if err != nil {
				return err
			}
			list, err := law.Allocate(cmd.Context(), d, o, w)
			if err != nil {
				return err
			}
			if f.json {
				return printFitJSON(cmd.OutOrStdout(), list)
			}
			_, err = io.WriteString(cmd.OutOrStdout(), printable(law.AllocationText(list)))
			return err
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&flops, "flops", "", "budgets of training, as 1e20,1e21")
	fs.StringVar(&bytes, "bytes", "", "sizes of raw data in bytes, as 1e9,1e12")
	fs.StringVar(&rate, "rate", "", "ratio of a classical compressor, as 0.29")
	fs.Float64Var(&w.BytesPerParam, "bytes-per-param", 2, "bytes a parameter, of a model that is sent along: 2 as published, int8 needs 1")
	fs.StringVar(&steps, "steps", "", "with --bytes: steps of training (default the most that were measured)")
	oneFormFlags(cmd, &f)
	fs.StringVar(&f.params, "params", "", "how model sizes are counted: nominal, total or non-embedding")
	completeConventions(cmd, "params")
	return cmd
}

// oneFormFlags are those of commands that ask one law.
func oneFormFlags(cmd *cobra.Command, f *fitFlags) {
	cmd.Flags().StringVar(&f.forms, "form", "published", "form of the law: "+strings.Join(formNames(), ", "))
	completeForms(cmd, formNames(), "form")
	fitDataFlags(cmd, f)
	f.loss = leastSquares // others have no resamples, of which the intervals are
}

// one reads the data and the options of a command that asks one law.
func (f fitFlags) one(cmd *cobra.Command, args []string) (*law.Data, law.Options, error) {
	o, err := f.options()
	if err != nil {
		return nil, o, err
	}
	if len(o.Forms) != 1 {
		return nil, o, usagef("--form %s, want one form", f.forms)
	}
	if f.draws == 0 {
		return nil, o, usagef("--draws 0: intervals need resamples")
	}
	d, err := f.data(cmd.Context(), args)
	if err != nil {
		return nil, o, err
	}
	d, without := d.Fitted(o.Forms[0], o.Loss)
	for _, text := range without {
		fmt.Fprintf(cmd.ErrOrStderr(), "lmz: %s\n", printable(text))
	}
	return d, o, nil
}

// numbersFlag are the numbers above 0 of a flag, by commas; units k, m, b and t are thousands, and so on.
func numbersFlag(flag, text string) (list []float64, err error) {
	const most = 100
	for part := range strings.SplitSeq(text, ",") {
		if text == "" {
			break
		}
		number, err := law.ParseAmount(part)
		if err != nil || len(list) == most {
			return nil, usagef("--%s %s: found %s, want at most %d finite numbers above 0", flag, text, strconv.Quote(part), most)
		}
		list = append(list, number)
	}
	return list, nil
}
