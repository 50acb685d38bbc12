package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"lmz/internal/lm"
)

func modelsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "models",
		Short: "Show and prepare models",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return badUsage(cmd, fmt.Errorf("lmz models %s: no such command, want inspect or quantize", args[0]))
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(inspectCommand(), quantizeCommand())
	cmd.AddCommand(pullCommand(), listModelsCommand(), removeModelsCommand())
	return cmd
}

func inspectCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "inspect [DIR]...",
		Short: "Show what a model is: that in DIR, or the one that lmz carries",
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(cmd *cobra.Command, dirs []string) error {
			if len(dirs) == 0 {
				dirs = []string{""}
			}
			for _, dir := range dirs {
				open, from := lm.Default, "carried by lmz"
				if dir != "" {
					open, from = func() (*lm.Model, error) { return lm.Open(dir, lm.Int8) }, dir
				}
				m, err := open()
				if err != nil {
					return err
				}
				describe(cmd.OutOrStdout(), m, from)
			}
			return nil
		},
	}
}

func describe(out io.Writer, m *lm.Model, from string) {
	c := m.Config()
	total, nonEmbedding := c.Parameters()
	id := m.ID()
	fmt.Fprintf(out, `model       %s (%s)
identity    %x
parameters  %d (%d without embeddings)
shape       %d layers, width %d, %d heads, feed-forward %d
window      %d positions
memory      %d bytes a segment at work
`, m.Name(), from, id[:16], total, nonEmbedding, c.Layers, c.Hidden, c.Heads, c.FeedForward, c.Window, m.MemoryPerLane())
}

func quantizeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "quantize FROM TO",
		Short: "Write a model in the int8 form that lmz computes with",
		Long: `Write the model in directory FROM to directory TO with int8 matrices, as lmz makes
them when it loads the model: a quarter of the size, and the same identity.`,
		Args: arguments(2, 2),
		RunE: func(_ *cobra.Command, args []string) error { return lm.Quantise(args[1], args[0]) },
	}
}
