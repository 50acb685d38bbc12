package cli

import (
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"lmz/internal/lab/store"
)

func exportStudyCommand() *cobra.Command {
	var table, format, output string
	cmd := &cobra.Command{
		Use:   "export STORE",
		Short: "Write a table of a store as CSV, JSONL or Parquet",
		Long: `Write a table of a store: cells (a row a measurement), chunks (a row for each of its
chunks), tokens (a row for each token, where a study has profile: true), or datasets
(where the data came from).`,
		Example: `  lmz study export small.db --table chunks -o chunks.parquet
  lmz study export small.db > cells.csv`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			of, err := exportFormat(format, output)
			if err != nil {
				return err
			}
			s, err := store.OpenReadOnly(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			defer s.Close()
			if output == "" {
				return s.Export(cmd.Context(), cmd.OutOrStdout(), store.Table(table), of)
			}
			out, err := createFile(output, &input{}, true)
			if err != nil {
				return err
			}
			defer out.discard()
			if err := s.Export(cmd.Context(), out, store.Table(table), of); err != nil {
				return err
			}
			return out.commit(&input{})
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&table, "table", string(store.Cells), "cells, chunks, tokens or datasets")
	fs.StringVar(&format, "format", "", "csv, jsonl or parquet (default what the file's name ends in, else csv)")
	fs.StringVarP(&output, "output", "o", "", "write to this file")
	for flag, values := range map[string][]string{"table": {"cells", "chunks", "tokens", "datasets"}, "format": {"csv", "jsonl", "parquet"}} {
		if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
			panic("cli: " + err.Error())
		}
	}
	return cmd
}

// exportFormat is that of the flag, or of the file's name.
func exportFormat(flag, output string) (store.Format, error) {
	if flag != "" {
		return store.FormatOf("." + flag)
	}
	if output == "" {
		return store.CSV, nil
	}
	return store.FormatOf(output)
}

func importStudyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "import STORE FILE...",
		Short: "Add to a store what was exported from another",
		Long: `Add to a store, which is made if there is none, what was exported from another. Cells
come before their chunks, and chunks before their tokens.`,
		Args: arguments(2, math.MaxInt),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := store.Open(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			defer s.Close()
			for _, name := range args[1:] {
				if err := importFile(cmd, s, name); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func importFile(cmd *cobra.Command, s *store.Store, name string) error {
	format, err := store.FormatOf(strings.ToLower(name))
	if err != nil {
		return err
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	done, err := s.Import(cmd.Context(), f, format)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s: %d rows of %s, %d of them new\n", printable(name), done.Rows, done.Table, done.New)
	return nil
}
