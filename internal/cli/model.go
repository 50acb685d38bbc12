package cli

import (
	"lmz"
	"lmz/internal/lm"
	"lmz/internal/model"

	"github.com/spf13/cobra"
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

// openModel is the model of a name, the one that lmz carries if that is "".
func openModel(name string, p lmz.Precision) (*lmz.Model, error) {
	if name == "" && p == lmz.Int8 {
		return lmz.DefaultModel()
	}
	m, err := lmz.OpenModel(name, p)
	if err != nil {
		return nil, hint(err, "-m wants a directory with config.json, tokenizer.json and model.safetensors, a GGUF file, or ORG/NAME[@REVISION]")
	}
	return m, nil
}
