package cli

import (
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/spf13/cobra"

	"lmz/internal/lab/bpe"
	"lmz/internal/tokenizer"
)

// tokenizerTrainFlags are the flags of lmz tokenizer train.
type tokenizerTrainFlags struct {
	vocab  int
	bytes  bool
	output string
	force  bool
}

func tokenizerTrainCommand() *cobra.Command {
	var f tokenizerTrainFlags
	cmd := &cobra.Command{
		Use:   "train --vocab N FILE...",
		Short: "Train a vocabulary of byte-level BPE on text",
		Long: `Train a vocabulary of byte-level BPE on the given files and the files in the given
directories, and write it as tokenizer.json, which lmz and Hugging Face's tokenizers
read alike. lmz train --tokenizer trains a model over it.

The vocabulary has N tokens: the 256 bytes and what N - 256 merges make of them; the
id after them is start-of-text. Words are cut by GPT-2's pattern. Equal files give
equal vocabularies: of pairs that are equally frequent the lower ids go first, as in
Hugging Face's BpeTrainer.

--bytes, or --vocab 256, writes the vocabulary of the bytes, which needs no text and
is what lmz train uses by default. It is the nearest to the ASCII tokenizer of
Deletang et al. (2023), which drops the top bit of each byte: lmz loses none.

Words are counted and the text is not kept, so that large files take some minutes and
memory for their distinct words only. Of these there may be 64 MiB, with which it takes
some 2 GB; where there are more the rarest are left out, and it says so.`,
		Example: `  lmz tokenizer train --vocab 1000 -o bpe1000.json wiki.txt
  lmz tokenizer inspect bpe1000.json wiki.txt
  lmz train --out runs/bpe1000 --tokenizer bpe1000.json wiki.txt`,
		Args: arguments(0, math.MaxInt),
		RunE: func(cmd *cobra.Command, args []string) error {
			given := cmd.Flags().Changed
			switch {
			case f.bytes && given("vocab") && f.vocab != 256:
				return badUsage(cmd, errors.New("--bytes and --vocab both say what the tokens are: give one"))
			case f.bytes:
				f.vocab = 256
			case !given("vocab"):
				return badUsage(cmd, errors.New("--vocab is missing, want the number of tokens"))
			}
			switch {
			case f.vocab < 256 || f.vocab > bpe.MaxVocab:
				return badUsage(cmd, fmt.Errorf("--vocab %d, want 256, the bytes, to %d", f.vocab, bpe.MaxVocab))
			case f.vocab > 256 && len(args) == 0:
				return badUsage(cmd, errors.New("no FILE, want text to train on"))
			}
			return trainVocabulary(cmd, f, args)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.IntVar(&f.vocab, "vocab", 0, "tokens, from 256 on")
	fs.BoolVar(&f.bytes, "bytes", false, "write the vocabulary of the bytes")
	fs.StringVarP(&f.output, "output", "o", "tokenizer.json", "write to this file, - for standard output")
	fs.BoolVarP(&f.force, "force", "f", false, "overwrite")
	return cmd
}

// trainVocabulary trains and writes. The output's name is tried before hours of work depend on it, and has its file when
// that is complete.
func trainVocabulary(cmd *cobra.Command, f tokenizerTrainFlags, paths []string) error {
	stderr := cmd.ErrOrStderr()
	none := &input{} // the output is made of no single file
	out := &output{Writer: cmd.OutOrStdout(), label: "standard output"}
	if f.output != "-" {
		var err error
		if out, err = createFile(f.output, none, f.force); err != nil {
			return err
		}
	}
	defer out.discard()
	text, said := tokenizer.BytesJSON(), func() {}
	if f.vocab > 256 {
		o := bpe.Options{Vocab: f.vocab}
		bars := &stages{out: stderr}
		if isTerminal(stderr) {
			o.Stage = bars.next
		}
		v, err := bpe.Train(cmd.Context(), paths, o)
		bars.end()
		if err != nil {
			return err
		}
		text = v.JSON()
		said = func() { describeVocabulary(stderr, v, out.label) }
	}
	if _, err := out.Write(text); err != nil {
		return err
	}
	if err := out.commit(none); err != nil {
		return err
	}
	said()
	return nil
}

// describeVocabulary says what was made of what.
func describeVocabulary(stderr io.Writer, v *bpe.Vocabulary, label string) {
	fmt.Fprintf(stderr, "%s: %d tokens, start-of-text is %d; of %d bytes, %d distinct words\n",
		printable(label), len(v.Tokens), v.Start(), v.RawBytes, v.Words)
	if v.Forgotten > 0 {
		fmt.Fprintf(stderr, "%d more distinct words, the rarest, did not fit into memory and were left out\n", v.Forgotten)
	}
}
