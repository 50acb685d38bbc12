package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"lmz/internal/cumfreq"
	"lmz/internal/lab/train"
	"lmz/internal/model"
	"lmz/internal/tokenizer"
)

func tokenizerCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tokenizer",
		Short: "Train and show vocabularies",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return badUsage(cmd, fmt.Errorf("lmz tokenizer %s: no such command, want train or inspect", args[0]))
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(tokenizerTrainCommand(), tokenizerInspectCommand())
	return cmd
}

// maxTokenizer bounds a tokenizer.json in bytes: the largest that models have are some 40 MB.
const maxTokenizer = 256 << 20

// readTokenizer reads a tokenizer.json, or that of a model's directory.
func readTokenizer(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		path = filepath.Join(path, "tokenizer.json")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxTokenizer+1))
	if err == nil && len(text) > maxTokenizer {
		err = fmt.Errorf("%s: has more than %d bytes, want a tokenizer.json", path, maxTokenizer)
	}
	return text, err
}

// trainTokenizer is the tokenizer to train over: that of a path, or if that is "" of the bytes.
func trainTokenizer(path string) (*train.Tokenizer, error) {
	if path == "" {
		return train.Bytes(), nil
	}
	text, err := readTokenizer(path)
	if err != nil {
		return nil, err
	}
	t, err := train.NewTokenizer(text)
	if err != nil {
		return nil, hint(fmt.Errorf("%s: %w", path, err), "lmz tokenizer train makes one that fits")
	}
	if n := t.Symbols(); n > cumfreq.MaxSymbols {
		return nil, fmt.Errorf("%s: has %d symbols, want at most %d: more cannot be coded", path, n, cumfreq.MaxSymbols)
	}
	return t, nil
}

// sameVocabulary is an error if the model in a directory has another vocabulary than a run that is to begin with its weights.
// A model without tokenizer.json has none that could differ.
func sameVocabulary(dir string, o train.Options) error {
	text, err := readTokenizer(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	c, err := model.ReadConfig(dir)
	if err != nil {
		return err
	}
	t, err := tokenizer.Parse(text, c.Vocab)
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	if t.Name() != o.Tokenizer.Name() {
		return hint(fmt.Errorf("--init %s: the model has another vocabulary than the run", dir), "give --tokenizer %s", dir)
	}
	return nil
}
