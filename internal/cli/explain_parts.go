package cli

import (
	"bufio"
	"fmt"

	"lmz"
	"lmz/internal/lab/surprisal"
	"lmz/internal/lab/table"
)

// parts lists an .lmz file by what its bytes are for.
func (x *explanation) parts(out *bufio.Writer, a *surprisal.Account) {
	p := a.Parts
	fmt.Fprintf(out, "%s\n%s bytes hold %s raw bytes", x.ink.bold(printable(a.File)), surprisal.Thousands(p.Size), surprisal.Thousands(p.RawSize))
	if p.RawSize > 0 {
		fmt.Fprintf(out, ": %.2f%%, %.3f bits/byte", percentOf(float64(p.Size), float64(p.RawSize)), 8*float64(p.Size)/float64(p.RawSize))
	}
	fmt.Fprintf(out, "; members %d, frames %d\n", len(p.Members), len(p.Frames))
	said := map[string]bool{}
	for _, m := range p.Members {
		line := fmt.Sprintf("model %s%s, numerics %d, contexts %s", m.Model, carriedNote(m.Model), m.Numerics, m.Policy)
		if m.Mixed {
			line += ", mixed predictions"
		}
		if !said[line] && len(said) < 5 {
			said[line] = true
			fmt.Fprintln(out, line)
		}
	}
	fmt.Fprintln(out)
	fmt.Fprintln(out, x.ink.quiet(fmt.Sprintf("%-16s %10s", "part", "bytes")))
	for _, part := range p.Parts {
		fmt.Fprintf(out, "%-16s %10s %7.2f%%  %s %s\n", part.Name, surprisal.Thousands(part.Bytes), percentOf(float64(part.Bytes), float64(p.Size)),
			bar(float64(part.Bytes)/float64(p.Size), 10), x.ink.quiet(part.About))
	}
	fmt.Fprintf(out, "%-16s %10s\n\n", "total", surprisal.Thousands(p.Size))
	if x.verbose && len(p.Frames) > 0 {
		t := &table.Table{Left: 1, Head: []string{"frame", "at byte", "raw bytes", "segments", "head", "lengths", "checksum", "body"}}
		for _, f := range p.Frames {
			row := []string{f.Kind}
			for _, n := range []int64{f.Offset, int64(f.RawSize), int64(f.Segments), int64(f.Head), int64(f.Lengths), int64(f.Checksum), int64(f.Body)} {
				row = append(row, surprisal.Thousands(n))
			}
			t.Rows = append(t.Rows, row)
		}
		fmt.Fprintln(out, t.Text())
	}
	if a.Content == nil && p.RawSize > 0 {
		fmt.Fprintln(out, x.ink.quiet("--decode shows where the bits of its content go"))
	}
}

// carriedNote names the model that lmz carries, if an identity is its.
func carriedNote(identity string) string {
	m, err := lmz.DefaultModel()
	if err != nil || m.ID().String() != identity {
		return ""
	}
	return fmt.Sprintf(" (%s, which lmz carries)", m.Name())
}
