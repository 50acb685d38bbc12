package main

import (
	"fmt"
	"slices"
	"strings"

	"lmz/internal/lab/table"
)

// spoken is the file whose speeds and memory are printed: long enough to be measured, short enough for all.
const spoken = "enwik8, first 1 MB"

// tables are the sizes, the speeds, and what was run.
func tables(results []result, files []file, programs []program) []*table.Table {
	return []*table.Table{sizes(results, files, programs), speeds(results, files, programs), commands(results, programs)}
}

// smallest is the result of the command that makes the least of a file, of a program; of two, the first.
func smallest(results []result, f file, p program) (best result, ok bool) {
	for _, r := range results {
		if r.SHA256 == f.sha256 && r.Program == p.name && slices.Contains(p.encode, r.Command) && (!ok || r.CodedBytes < best.CodedBytes) {
			best, ok = r, true
		}
	}
	return best, ok
}

// sizes has a row for each file and a column for each program.
func sizes(results []result, files []file, programs []program) *table.Table {
	t := &table.Table{
		Title: "Coded / raw size, lower is better, all headers counted; the smallest of a row is bold.",
		Head:  []string{"file", "raw bytes"}, Left: 1,
	}
	for _, p := range programs {
		t.Head = append(t.Head, p.name)
	}
	for _, f := range files {
		least, raw := int64(-1), int64(0)
		for _, p := range programs {
			if r, ok := smallest(results, f, p); ok && (least < 0 || r.CodedBytes < least) {
				least, raw = r.CodedBytes, r.RawBytes
			}
		}
		if least < 0 {
			continue // not measured
		}
		row := []string{f.name, grouped(raw)}
		for _, p := range programs {
			r, ok := smallest(results, f, p)
			cell := ""
			if ok {
				cell = fmt.Sprintf("%.2f%%", 100*float64(r.CodedBytes)/float64(r.RawBytes))
			}
			if ok && r.CodedBytes == least {
				cell = "**" + cell + "**"
			}
			row = append(row, cell)
		}
		t.Row(row...)
	}
	return t
}

// speeds has a row for each program, on the file spoken.
func speeds(results []result, files []file, programs []program) *table.Table {
	t := &table.Table{
		Title: spoken + ": kB of raw data in a second that passes, and in a second of a processor; most memory in RAM.",
		Head: []string{"program", "coded bytes", "coding: kB/s", "kB/s of a processor", "memory",
			"decoding: kB/s", "kB/s of a processor", "memory"}, Left: 1,
	}
	i := slices.IndexFunc(files, func(f file) bool { return f.name == spoken })
	var machines []string
	for _, p := range programs {
		if i < 0 {
			break
		}
		r, ok := smallest(results, files[i], p)
		if !ok {
			continue
		}
		row := []string{p.name, grouped(r.CodedBytes)}
		for _, c := range []cost{r.Encode, r.Decode} {
			row = append(row, rate(r.RawBytes, c.Seconds), rate(r.RawBytes, c.ProcessorSeconds), c.memory())
		}
		t.Row(row...)
		if !slices.Contains(machines, r.Machine) {
			machines = append(machines, r.Machine)
		}
	}
	if len(machines) > 0 {
		t.Notes = []string{"Machine: " + strings.Join(machines, "; ") + "."}
	}
	return t
}

// memory is the peak in MB, "" where it is not known.
func (c cost) memory() string {
	switch {
	case c.MemoryBytes == 0:
		return ""
	case c.MemoryHidden:
		return fmt.Sprintf("≤ %.0f MB", float64(c.MemoryBytes)/1e6)
	}
	return fmt.Sprintf("%.0f MB", float64(c.MemoryBytes)/1e6)
}

// commands says what was run.
func commands(results []result, programs []program) *table.Table {
	t := &table.Table{Title: "What was run.", Head: []string{"program", "version", "coding", "decoding"}, Left: 4}
	for _, p := range programs {
		var versions []string
		for _, r := range results {
			if r.Program == p.name && slices.Contains(p.encode, r.Command) && !slices.Contains(versions, r.Version) {
				versions = append(versions, r.Version)
			}
		}
		if len(versions) == 0 {
			continue
		}
		ways := "`" + p.encode[0] + "`"
		if n := len(p.encode); n > 1 {
			ways += fmt.Sprintf(" and %d more (programs.go)", n-1)
		}
		t.Row(p.name, strings.Join(versions, "; "), ways, "`"+p.decode+"`")
	}
	return t
}

// grouped is a number with its digits in threes.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// rate is a speed in kB a second, to three digits or whole.
func rate(bytes int64, seconds float64) string {
	if seconds <= 0 {
		return ""
	}
	kB := float64(bytes) / 1000 / seconds
	switch {
	case kB < 10:
		return fmt.Sprintf("%.2f", kB)
	case kB < 100:
		return fmt.Sprintf("%.1f", kB)
	}
	return grouped(int64(kB + 0.5))
}
