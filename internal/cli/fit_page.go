package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lmz/internal/lab/law"
	labreport "lmz/internal/lab/report"
)

// fitPageFlags say where the account goes as a page and its charts.
type fitPageFlags struct {
	html    string
	figures figureFlags
}

func (f *fitPageFlags) add(cmd *cobra.Command) {
	const instead = "print the account only with --json"
	cmd.Flags().StringVar(&f.html, "html", "", "write the account to this file as a page with charts, and "+instead)
	f.figures.add(cmd, instead)
	if err := cmd.MarkFlagFilename("html", "html"); err != nil {
		panic("cli: " + err.Error())
	}
}

func (f fitPageFlags) asked() bool { return f != fitPageFlags{} }

// fitPage writes the laws of data as a page and charts, and is their account.
func fitPage(cmd *cobra.Command, f fitFlags, args []string, d *law.Data, o law.Options) (*law.Account, error) {
	if err := notInput(f.page.html, append([]string{f.csv, f.published, f.store}, args...)...); err != nil {
		return nil, err
	}
	made := labreport.Made{Command: commandLine(cmd, args)}
	for _, name := range []string{f.csv, f.published} {
		if name == "" {
			continue
		}
		source, err := sourceFile(name)
		if err != nil {
			return nil, err
		}
		made.Sources = append(made.Sources, source)
	}
	page, err := labreport.BuildFit(cmd.Context(), d, o, made)
	if err != nil {
		return nil, err
	}
	if err := f.page.figures.write(page.Figures, cmd.ErrOrStderr()); err != nil {
		return nil, err
	}
	if f.page.html != "" {
		if err := writeWhole(f.page.html, page.WriteHTML); err != nil {
			return nil, err
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %d laws, %d charts\n", printable(f.page.html), len(page.Groups), len(page.Figures))
	}
	return page.Account, nil
}

// sourceFile is a file that was read.
func sourceFile(name string) (labreport.File, error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return labreport.File{}, hint(fmt.Errorf("%s: is no regular file, and a page tells the SHA-256 of what it is of", name), "write it to a file first")
	}
	file, err := os.Open(name)
	if err != nil {
		return labreport.File{}, err
	}
	defer file.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, file)
	return labreport.File{Name: filepath.Base(name), SHA256: hex.EncodeToString(sum.Sum(nil)), Bytes: n}, err
}

// fitFlagNames are all that lmz fit knows, in the order of its help, and which name files.
var (
	fitFlagNames = []string{"csv", "store", "by", "params-column", "steps-column", "ratio-column", "tokens-per-step", "min-steps", "draws", "seed", "json",
		"params", "form", "loss", "against", "score", "published", "html", "png", "svg"}
	fitFileFlags = []string{"csv", "store", "published", "html", "png", "svg"}
)

// commandLine is what was typed, with names of files without their directories, which say nothing elsewhere.
func commandLine(cmd *cobra.Command, args []string) string {
	words := []string{cmd.CommandPath()}
	for _, a := range args {
		words = append(words, shellWord(filepath.Base(a)))
	}
	for _, name := range fitFlagNames {
		flag := cmd.Flags().Lookup(name)
		if flag == nil || !flag.Changed {
			continue
		}
		words = append(words, "--"+name)
		if flag.Value.Type() == "bool" {
			continue
		}
		value := flag.Value.String()
		if slices.Contains(fitFileFlags, name) {
			value = filepath.Base(value)
		}
		words = append(words, shellWord(value))
	}
	return strings.Join(words, " ")
}

// shellWord is a word as a shell takes it.
func shellWord(word string) string {
	plain := func(r rune) bool {
		return r < 128 && strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./,=:@%+", r)
	}
	if word != "" && strings.TrimFunc(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
