package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
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
(where the data came from). Cells that are not finished have no result yet, and are left
out.`,
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
			if err := notInput(output, args[0]); err != nil {
				return err
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
come before their chunks, and chunks before their tokens. Of each file the store gets all
or nothing; one that is made here gets all files, or is not made.`,
		Args: arguments(2, math.MaxInt),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := os.Lstat(args[0]); errors.Is(err, fs.ErrNotExist) {
				return importNew(cmd, args[0], args[1:])
			}
			return importFiles(cmd, args[0], args[1:])
		},
	}
}

// importNew makes a store of files, which has its name when it is complete.
func importNew(cmd *cobra.Command, path string, files []string) error {
	temporary := filepath.Join(filepath.Dir(path), fmt.Sprintf(".import.%08x.tmp", rand.Uint32()))
	defer func() {
		for _, part := range []string{"", "-wal", "-shm"} {
			os.Remove(temporary + part)
		}
	}()
	if err := importFiles(cmd, temporary, files); err != nil {
		return err
	}
	err := os.Link(temporary, path) // unlike Rename it never replaces a store that another process has made meanwhile
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = os.Rename(temporary, path) // a file system without links
	}
	return err
}

// importFiles adds files to a store.
func importFiles(cmd *cobra.Command, path string, files []string) (err error) {
	s, err := store.Open(cmd.Context(), path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for _, name := range files {
		if err := importFile(cmd, s, name); err != nil {
			return err
		}
	}
	return nil
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
