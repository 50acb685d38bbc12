package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lmz"
	"lmz/internal/container"
)

// listing is what lmz -l tells of a file. Sizes are in bytes.
type listing struct {
	File     string   `json:"file"`
	Size     int64    `json:"size"`
	RawSize  int64    `json:"rawSize"`
	Ratio    float64  `json:"ratio"` // size / raw size, 0 for an empty file
	Members  int      `json:"members"`
	Frames   int      `json:"frames"`
	Model    []string `json:"model"`    // identities, of each member
	Numerics []int    `json:"numerics"` // versions, of each member
	Policy   []string `json:"policy"`   // fresh or carry, of each member
	Mixed    []bool   `json:"mixed"`    // predictions, of each member
}

// list prints what each file holds, by its index: nothing is decoded.
func list(cmd *cobra.Command, f flags, names []string) error {
	listings := []listing{}
	failed := false
	for _, name := range names {
		if err := cmd.Context().Err(); err != nil {
			return err
		}
		l, err := inspect(name)
		if err != nil {
			report(cmd.ErrOrStderr(), err)
			failed = true
			continue
		}
		listings = append(listings, l)
	}
	out := cmd.OutOrStdout()
	var err error
	if f.json {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		err = e.Encode(listings)
	} else if len(listings) > 0 {
		err = printTable(out, listings, f.verbose)
	}
	if err == nil && failed {
		err = errReported
	}
	return err
}

// inspect reads the index of a file.
func inspect(name string) (l listing, err error) {
	if name == "-" {
		return l, hint(fmt.Errorf("standard input: has no end to read the index from"), "-l wants a file; -t reads a pipe")
	}
	file, err := os.Open(name)
	if err != nil {
		return l, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return l, err
	}
	if !info.Mode().IsRegular() {
		return l, hint(fmt.Errorf("%s: is no regular file", name), "-l wants a file; -t reads a pipe")
	}
	members, err := container.ReadIndex(file, info.Size())
	if err != nil {
		return l, fmt.Errorf("%s: %w", name, err)
	}
	l = listing{File: name, Size: info.Size(), Members: len(members)}
	for _, m := range members {
		l.RawSize += m.RawSize
		l.Frames += len(m.Frames)
		l.Model = append(l.Model, lmz.ModelID(m.Header.Model).String())
		l.Numerics = append(l.Numerics, int(m.Header.Numerics))
		l.Policy = append(l.Policy, m.Header.Policy.String())
		l.Mixed = append(l.Mixed, m.Header.Mixed)
	}
	if l.RawSize > 0 {
		l.Ratio = float64(l.Size) / float64(l.RawSize)
	}
	return l, nil
}

func printTable(out io.Writer, listings []listing, verbose bool) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "size\traw\tratio\tframes\t")
	if verbose {
		fmt.Fprint(t, "members\tmodel\tnumerics\tpolicy\tmixed\t")
	}
	fmt.Fprintln(t, " file")
	for _, l := range listings {
		fmt.Fprintf(t, "%d\t%d\t%.2f%%\t%d\t", l.Size, l.RawSize, 100*l.Ratio, l.Frames)
		if verbose {
			fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t", l.Members, distinct(l.Model), distinct(l.Numerics), distinct(l.Policy), distinct(yesNo(l.Mixed)))
		}
		fmt.Fprintf(t, " %s\n", strings.ReplaceAll(printable(l.File), "\n", `\n`))
	}
	return t.Flush()
}

// distinct names what members have in common, or all that they have.
func distinct[T cmp.Ordered](members []T) string {
	members = slices.Compact(slices.Sorted(slices.Values(members)))
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(members), " ", ","), "[]")
}

// yesNo says for each member whether something holds.
func yesNo(members []bool) []string {
	words := make([]string, len(members))
	for i, b := range members {
		words[i] = "no"
		if b {
			words[i] = "yes"
		}
	}
	return words
}
