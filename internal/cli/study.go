package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lmz/internal/lab/measure"
	"lmz/internal/lab/store"
	"lmz/internal/lab/study"
)

func studyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "study",
		Short: "Measure many models and compressors on many data, as a file says",
		Long: `A study is a file, in YAML or TOML, that names data, models and their checkpoints,
classical compressors, and protocols. lmz study run measures each on each and keeps
the rows of every chunk in a database beside the file: whatever stops a run, the same
command goes on where it stopped, and nothing is measured twice. Several may run on
one store at the same time.

A small one:

  name: small
  question: How much better than xz is the model that lmz carries?
  data:
    - name: books
      source: books/            # relative to this file, or to --data
      count: 200                # chunks, of 2048 bytes
    - name: noise
      kind: random
  models: [default]
  baselines: [gzip, xz]
  protocols: [lossless]

lmz study schema prints the JSON schema of such files, with all fields. Editors that
know it complete and check them: # yaml-language-server: $schema=FILE`,
		Example: `  lmz study run --dry-run small.yaml    what there is to do
  lmz study run small.yaml              does it, into small.db
  lmz study status small.yaml
  lmz study show small.yaml
  lmz study show small.db --against 'xz -9e'
  lmz study export small.db --table cells -o cells.parquet`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return badUsage(cmd, fmt.Errorf("lmz study %s: no such command, want run, status, show, export, import or schema", args[0]))
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(runStudyCommand(), studyStatusCommand(), showStudyCommand(), exportStudyCommand(), importStudyCommand(), studySchemaCommand(), studyWorkerCommand())
	return cmd
}

func studySchemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON schema of study files",
		Args:  arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(study.Schema)
			return err
		},
	}
}

// studyWorkerCommand is what lmz study run starts.
func studyWorkerCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "worker",
		Short:  "Do what standard input asks for, as lmz study run starts it",
		Hidden: true,
		Args:   arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return study.Serve(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), &measure.Lab{})
		},
	}
}

// worker is this program as a worker.
func worker() (func() *exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return func() *exec.Cmd {
		cmd := exec.Command(program, "study", "worker")
		cmd.Args[0] = os.Args[0]
		return cmd
	}, nil
}

// isStudy tells a study file from a store by its name.
func isStudy(name string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".toml"}, strings.ToLower(filepath.Ext(name)))
}

// studyFiles completes the names of study files.
func studyFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"yaml", "yml", "toml"}, cobra.ShellCompDirectiveFilterFileExt
}

// storePath is where a study's store is: given, or beside its file.
func storePath(s *study.Study, file, given string) string {
	if given != "" {
		return given
	}
	return filepath.Join(filepath.Dir(file), s.Name+".db")
}

// readMeasured is readStore where there must be one.
func readMeasured(ctx context.Context, name, given string) (*study.Study, *store.Store, error) {
	parsed, s, err := readStore(ctx, name, given)
	if err == nil && s == nil {
		err = hint(fmt.Errorf("%s: nothing was measured yet: there is no %s", name, storePath(parsed, name, given)), "lmz study run %s", name)
	}
	return parsed, s, err
}

// readStore opens the store of a study file, or the store that is named, to read it. Without one the store is nil if there
// is a study.
func readStore(ctx context.Context, name, given string) (*study.Study, *store.Store, error) {
	if !isStudy(name) {
		if given != "" {
			return nil, nil, usagef("--store goes with a study file: %s is a store", name)
		}
		s, err := store.OpenReadOnly(ctx, name)
		return nil, s, err
	}
	parsed, err := study.Load(name)
	if err != nil {
		return nil, nil, err
	}
	path := storePath(parsed, name, given)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return parsed, nil, nil
	}
	s, err := store.OpenReadOnly(ctx, path)
	return parsed, s, err
}
