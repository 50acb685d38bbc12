// Command compressors measures lmz beside the classical compressors: sizes, speeds, memory, of the files that README.md
// of this study names, each decoded again and compared. From the root of the repository,
//
//	go run ./studies/compressors DATA
//
// runs what results.csv does not have yet, and prints the tables as Markdown. Start at files (files.go) and programs
// (programs.go), the two lists; to add a line is to add a row or a column.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := command(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintf(os.Stderr, "compressors: error: %v\n", err)
		os.Exit(1)
	}
}

// command measures what is missing, says on stderr what it does, and prints the tables.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("compressors", flag.ContinueOnError)
	flags.SetOutput(stderr)
	results := flags.String("results", "studies/compressors/results.csv", "what was measured; read, and written after each measurement")
	someFiles := flags.String("files", "", "measure only files whose name this regular expression matches")
	somePrograms := flags.String("programs", "", "measure only programs whose name this regular expression matches; '^$' only prints the tables")
	again := flags.Bool("again", false, "measure even what the results have")
	training := flags.String("training", "", "measure nothing: count how much of each file stands in these files and directories, separated by commas")
	flags.Usage = func() {
		fmt.Fprintf(stderr, "usage: go run ./studies/compressors [flags] DATA\n")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if flags.NArg() != 1 {
		flags.Usage()
		return fmt.Errorf("%d arguments, want one: the directory of the data", flags.NArg())
	}
	data := flags.Arg(0)
	chosenFiles, err := chosen(files, *someFiles, func(f file) string { return f.name })
	if err != nil {
		return err
	}
	chosenPrograms, err := chosen(programs, *somePrograms, func(p program) string { return p.name })
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "compressors-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()

	if *training != "" {
		return overlaps(ctx, data, chosenFiles, strings.Split(*training, ","), work, stdout, stderr)
	}
	known, err := readResults(*results)
	if err != nil {
		return err
	}
	s := &study{
		data: data, work: work, results: known, path: *results, again: *again, stderr: stderr,
		find: func(name string) (string, error) { return find(ctx, name, work) },
	}
	failed := s.run(ctx, chosenFiles, chosenPrograms)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, t := range tables(s.results, files, programs) {
		fmt.Fprintln(stdout, t.Markdown())
	}
	return failed
}

// chosen are the entries of a list whose name an expression matches.
func chosen[T any](list []T, expression string, name func(T) string) ([]T, error) {
	e, err := regexp.Compile(expression)
	if err != nil {
		return nil, err
	}
	var some []T
	for _, one := range list {
		if e.MatchString(name(one)) {
			some = append(some, one)
		}
	}
	return some, nil
}

// find is the path of a program, and of lmz, which is built from the tree that this is run in.
func find(ctx context.Context, name, work string) (string, error) {
	if name != "lmz" {
		return exec.LookPath(name)
	}
	path := filepath.Join(work, "lmz")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	// Without paths and revision: equal sources make equal bytes, by which lmz has its version.
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-o", path, "lmz/cmd/lmz")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("lmz does not build: %w: %s", err, said)
	}
	return path, nil
}
