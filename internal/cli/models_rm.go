package cli

import (
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"lmz/internal/hub"
)

func removeModelsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rm MODEL...",
		Short: "Delete models from Hugging Face's cache",
		Long: `Delete each MODEL from Hugging Face's cache, as lmz models list names it, and say how
much room that makes. Files that other revisions in the cache have too stay.`,
		Args:              arguments(1, math.MaxInt),
		ValidArgsFunction: completeCached,
		RunE: func(cmd *cobra.Command, args []string) error {
			return eachModel(cmd, args, func(ref hub.Ref) error {
				freed, err := hub.Remove(ref)
				if err == nil {
					fmt.Fprintf(cmd.OutOrStdout(), "%s: %d bytes freed\n", ref, freed)
				}
				return err
			})
		},
	}
}
