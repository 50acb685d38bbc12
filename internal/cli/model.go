package cli

import (
	"errors"
	"io/fs"

	"github.com/spf13/cobra"

	"lmz"
	"lmz/internal/hub"
	"lmz/internal/lm"
	"lmz/internal/model"
)

// precisionFlag is a flag's value: the name of a precision.
type precisionFlag lm.Precision

func (p precisionFlag) String() string { return lm.Precision(p).String() }
func (precisionFlag) Type() string     { return "NAME" }

func (p *precisionFlag) Set(name string) error {
	precision, err := model.ParsePrecision(name)
	*p = precisionFlag(precision)
	return err
}

// completePrecisions has the shell complete --precision.
func completePrecisions(cmd *cobra.Command) {
	err := cmd.RegisterFlagCompletionFunc("precision", cobra.FixedCompletions(model.Precisions(), cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic("cli: " + err.Error())
	}
}

// completeModels has the shell complete --model: the names of models in the cache, and files.
func completeModels(cmd *cobra.Command) {
	err := cmd.RegisterFlagCompletionFunc("model", func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		names, _ := completeCached(cmd, args, typed)
		return names, cobra.ShellCompDirectiveDefault
	})
	if err != nil {
		panic("cli: " + err.Error())
	}
}

// openModel is the model that the flags say, the one that lmz carries if they say none. One of the hub that is not in the cache
// is downloaded.
func (w *work) openModel() (*lmz.Model, error) {
	name, precision := w.flags.model, lmz.Precision(w.precision)
	if name == "" && precision == lmz.Int8 {
		return lmz.DefaultModel()
	}
	m, err := lmz.OpenModel(name, precision)
	if absent := (*hub.NotCachedError)(nil); errors.As(err, &absent) {
		if _, err := w.pull(absent.Ref); err != nil {
			return nil, hubHint(err)
		}
		m, err = lmz.OpenModel(name, precision)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, hint(err, "-m wants a directory with config.json, tokenizer.json and model.safetensors, a GGUF file, or ORG/NAME[@REVISION][:FILE.gguf]")
	}
	return m, err
}
