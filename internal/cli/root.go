package cli

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"lmz/internal/container"
	"lmz/internal/lab/measure"
	"lmz/internal/lm"
)

// flags are those of compressing and decompressing.
type flags struct {
	decompress, test, list bool
	toStdout, keep, force  bool
	quiet, verbose, json   bool
	carry                  bool
	output, model          string
	precision              precisionFlag
	threads                int
	natsFlags
}

const suffix = ".lmz"

func rootCommand() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "lmz [flags] [FILE]...",
		Short: "Compress files with a language model",
		Long: `lmz compresses each FILE to FILE.lmz, and with -d decompresses FILE.lmz to FILE.
The source is kept. Without FILE, or where FILE is -, it reads standard input and
writes standard output.

Text becomes much smaller than other compressors make it; what does not shrink is
stored. Files decode to the same bytes on every machine, by the model that they
were made with: the one that lmz carries, or that of -m.

Exit status: 0 all done; 1 a file could not be done (the others were);
2 wrong usage, nothing was done; 130 interrupted.

A file that is named like a command, train say, is ./train.`,
		Example: `  lmz book.txt                  makes book.txt.lmz
  lmz -d book.txt.lmz           makes book.txt
  tar c DIR | lmz > dir.tar.lmz
  lmz -dc dir.tar.lmz | tar x
  lmz -t *.lmz                  checks files
  lmz -l *.lmz                  lists sizes, without decoding
  lmz --nats URL huge.txt       has the workers of a cluster do it: the same bytes`,
		Version:       version(),
		Args:          cobra.ArbitraryArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		ValidArgsFunction: func(_ *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			if f.decompress || f.test || f.list {
				return []string{suffix[1:]}, cobra.ShellCompDirectiveFilterFileExt
			}
			return nil, cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd, f, args)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.BoolVarP(&f.decompress, "decompress", "d", false, "decompress")
	fs.BoolVarP(&f.test, "test", "t", false, "decompress and check, write nothing")
	fs.BoolVarP(&f.list, "list", "l", false, "list what files hold, as their index says")
	fs.BoolVar(&f.json, "json", false, "with -l: as JSON, sizes in bytes")
	fs.BoolVarP(&f.toStdout, "stdout", "c", false, "write to standard output")
	fs.StringVarP(&f.output, "output", "o", "", "write to this file")
	fs.BoolVarP(&f.force, "force", "f", false, "overwrite, compress .lmz files again, write to a terminal")
	fs.BoolVarP(&f.keep, "keep", "k", true, "keep the source: lmz always does")
	fs.StringVarP(&f.model, "model", "m", "", "model to use instead of the one that lmz carries: a directory, a GGUF file, or ORG/NAME[@REVISION][:FILE.gguf] of Hugging Face's hub; files need it again to decompress")
	fs.Var(&f.precision, "precision", "how to keep the model's weights: int8, int8-outlier, or f32, several times slower; files need it again to decompress")
	fs.BoolVar(&f.carry, "carry", false, "carry half the context over when it is full: some 4% smaller, less than half as fast")
	fs.IntVarP(&f.threads, "threads", "T", runtime.GOMAXPROCS(0), "threads; they change the speed only, in decompressing that of files from 32 KiB on")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "say nothing but errors")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "say what was done, sizes and speed")
	f.natsFlags.add(cmd)
	completeModels(cmd)
	completePrecisions(cmd)
	cmd.SetFlagErrorFunc(badUsage)
	cmd.AddCommand(trainCommand(), modelsCommand(), benchCommand(), dataCommand(), measureCommand(), generateCommand(), studyCommand(), workerCommand(), fitCommand(), reportCommand(), explainCommand(), tokenizerCommand())
	return cmd
}

// directories has the shell complete flags by directories.
func directories(cmd *cobra.Command, flags ...string) {
	for _, name := range flags {
		if err := cmd.MarkFlagDirname(name); err != nil {
			panic("cli: " + err.Error())
		}
	}
}

// version tells the release, and what it has in common with the files that it can read.
func version() string {
	return fmt.Sprintf("%s, format %d, numerics %d", measure.Release(), container.Version, lm.Numerics)
}

// run does what the flags say to each file.
func run(cmd *cobra.Command, f flags, names []string) error {
	if err := f.check(names); err != nil {
		return err
	}
	if len(names) == 0 {
		names = []string{"-"}
	}
	defer context.AfterFunc(cmd.Context(), func() {
		time.Sleep(2 * time.Second) // work ends at once and cleans up; what blocks, in a pipe's open say, never does
		fmt.Fprintln(cmd.ErrOrStderr(), "lmz: interrupted")
		os.Exit(exitInterrupted)
	})()
	if f.list {
		return list(cmd, f, names)
	}
	w := &work{flags: f, ctx: cmd.Context(), stdin: cmd.InOrStdin(), stdout: cmd.OutOrStdout(), stderr: cmd.ErrOrStderr()}
	var err error
	if w.model, err = w.openModel(); err != nil {
		return err
	}
	if f.URLs != "" {
		if w.conn, err = f.dial(cmd.Context(), hostProcess("file"), false, natsLog(w.stderr)); err != nil {
			return err
		}
		defer w.conn.Close()
	}
	return w.each(names)
}

// check finds what makes no sense together.
func (f flags) check(names []string) error {
	switch {
	case !f.keep:
		return usagef("--keep=false: lmz never removes the source")
	case f.list && (f.decompress || f.test || f.model != "" || f.toStdout || f.output != ""),
		f.test && (f.toStdout || f.output != ""):
		return usagef("-l and -t write no files: give -t without -c and -o, -l without these, -d, -t and -m")
	case f.json && !f.list:
		return usagef("--json goes with -l")
	case f.toStdout && f.output != "":
		return usagef("-c and -o both say where to write: give one")
	case f.output != "" && len(names) > 1:
		return usagef("-o names one output, there are %d inputs", len(names))
	case f.quiet && f.verbose:
		return usagef("-q and -v contradict each other")
	case f.threads < 1:
		return usagef("-T %d, want 1 or more", f.threads)
	case f.carry && (f.decompress || f.test || f.list):
		return usagef("--carry is for compressing: files say themselves how they were made")
	case f.list && f.URLs != "":
		return usagef("-l decodes nothing: leave out --nats")
	}
	return f.natsFlags.check()
}
