package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"lmz/internal/lm"
	"lmz/models"
)

func modelsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "models",
		Short: "Find, show and prepare models",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return badUsage(cmd, fmt.Errorf("lmz models %s: no such command, want list, inspect, pull, quantize or rm", args[0]))
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(inspectCommand(), quantizeCommand())
	cmd.AddCommand(pullCommand(), listModelsCommand(), removeModelsCommand())
	return cmd
}

func inspectCommand() *cobra.Command {
	var precision precisionFlag
	cmd := &cobra.Command{
		Use:   "inspect [MODEL]...",
		Short: "Show what a model is: those named, or the one that lmz carries",
		Long: `Show what each MODEL is: a directory, a GGUF file, or ORG/NAME[@REVISION] of the hub
that was pulled; without MODEL, the one that lmz carries. The identity is what files
name the model by. It depends on the precision.`,
		ValidArgsFunction: completeCached,
		RunE: func(cmd *cobra.Command, names []string) error {
			if len(names) == 0 {
				names = []string{""}
			}
			for _, name := range names {
				if err := inspectModel(cmd.OutOrStdout(), name, lm.Precision(precision)); err != nil {
					return hubHint(err)
				}
			}
			return nil
		},
	}
	cmd.Flags().Var(&precision, "precision", "how the model's weights are kept: int8, int8-outlier or f32")
	completePrecisions(cmd)
	return cmd
}

func inspectModel(out io.Writer, name string, precision lm.Precision) error {
	m, err := lm.Open(name, precision)
	if err != nil {
		return err
	}
	from, disk := "carried by lmz", int64(0)
	if name == "" {
		disk, err = sizeOf(models.Files)
	} else if from, err = lm.Find(name); err == nil {
		disk, err = sizeOnDisk(from)
	}
	if err != nil {
		return err
	}
	c := m.Config()
	table := ""
	if c.NGrams > 0 {
		table = fmt.Sprintf("n-grams       %d rows, of 2 to %d symbols\n", c.NGrams, c.NGramLength)
	}
	total, nonEmbedding := c.Parameters()
	id := m.ID()
	_, err = fmt.Fprintf(out, `model         %s (%s)
identity      %x
architecture  %s
parameters    %d (%d without embeddings)
shape         %d layers, width %d, %d heads of %d, %d of keys and values, feed-forward %d
vocabulary    %d rows, %d symbols
%swindow        %d positions
precision     %v
on disk       %d bytes
in memory     %d bytes, and at most %d a segment at work
`, printable(m.Name()), printable(from), id[:16], c.Architecture, total, nonEmbedding,
		c.Layers, c.Hidden, c.Heads, c.HeadWidth, c.KVHeads, c.FeedForward,
		c.Vocab, m.Tokenizer().Symbols(), table, c.Window, precision, disk, c.Memory(precision), m.MemoryPerLane())
	return err
}

// sizeOnDisk is the size in bytes of a file, or of the files in a directory.
func sizeOnDisk(path string) (sum int64, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	if !info.IsDir() {
		return info.Size(), nil
	}
	entries, err := os.ReadDir(path)
	for _, e := range entries {
		if info, err := os.Stat(filepath.Join(path, e.Name())); err == nil && info.Mode().IsRegular() { // Stat: the cache is made of links
			sum += info.Size()
		}
	}
	return sum, err
}

func quantizeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "quantize MODEL DIR",
		Short: "Write a model in the int8 form that lmz computes with",
		Long: `Write MODEL, a directory or ORG/NAME[@REVISION] of the hub that was pulled, to the
directory DIR with int8 matrices, as lmz makes them when it loads the model: smaller,
loaded faster, and with the same identity. DIR is new or empty. What is in it is for
lmz: other programs would take the integers for the weights, without their scales.`,
		Args: arguments(2, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			if entries, err := os.ReadDir(args[1]); err == nil && len(entries) > 0 { // the model itself perhaps, whose floats would be lost
				return fmt.Errorf("lmz models quantize: directory %s is not empty, want a new or an empty one", args[1])
			}
			return hubHint(lm.Quantise(args[1], args[0]))
		},
	}
}
