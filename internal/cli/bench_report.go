package cli

import (
	"fmt"
	"io"
	"strings"

	"lmz/internal/lab/bench"
	"lmz/internal/lab/table"
)

// printGrid prints the rows of a table and an empty line, and empties the table.
func printGrid(out *strings.Builder, t *table.Table) {
	fmt.Fprintln(out, t.Grid(""))
	t.Rows = nil
}

// printReport prints a benchmark for people.
func printReport(out io.Writer, r *bench.Report) error {
	var b strings.Builder
	m, c := r.Model, r.Coding
	random := ""
	if m.Random {
		random = ", random weights"
	}
	fmt.Fprintf(&b, "Model %s%s: %.1f million parameters, %d layers, width %d, %d symbols, window %d.\n",
		m.Name, random, float64(m.Parameters)/1e6, m.Layers, m.Hidden, m.Symbols, m.Window)
	fmt.Fprintf(&b, "Kernels %s on %s, %s. Without another unit: GMAC/s, 10^9 multiply-adds a second.\n", r.Kernel, r.Architecture, threads(r.Threads))
	fmt.Fprint(&b, "%: of the peak of as many threads. busy: processors at work on average; % busy: of the peak of one, for each of these.\n\n")

	t := &table.Table{Left: 1}
	printPeak(t, r)
	printProducts(t, r)
	printGrid(&b, t)
	if r.Peak.Shared(r.Threads) {
		fmt.Fprintf(&b, "The peak of %s is far below %d times that of one: other programs use the processor,\nor two threads share a core. %% is of what was left.\n\n", threads(r.Threads), r.Threads)
	}

	fmt.Fprintf(&b, "Whole, %s: %d %s, each %.2f million multiply-adds with a mean context of %.0f positions.\n",
		threads(r.Threads), c.Symbols, c.Unit, c.MultiplyAdds/1e6, c.MeanContext)
	if c.Segments > 0 {
		fmt.Fprintf(&b, "Symbols drawn at random, in %d segments.\n", c.Segments)
	} else {
		fmt.Fprintf(&b, "As a file: %d bytes, %.1f%%.\n", c.CodedSize, 100*float64(c.CodedSize)/float64(c.Symbols))
	}
	perSecond, scale := "tokens/s", 1.0
	if c.Unit == "bytes" {
		perSecond, scale = "kB/s", 1e-3
	}
	t.Row("", "seconds", perSecond, "GMAC/s", "%", "busy", "% busy", "of compressing")
	for _, way := range []struct {
		name, ratio string
		bench.Coded
	}{{"compressing", "", c.Compress}, {"decompressing", fmt.Sprintf("%.2f", c.DecompressOfCompress), c.Decompress}} {
		t.Row(way.name, seconds(way.Time), fmt.Sprintf("%.1f", scale*way.Symbols), giga(way.MultiplyAdds), percent(way.OfPeak), busy(way.Time), percent(way.OfPeakProcessor), way.ratio)
	}
	printGrid(&b, t)

	if tr := r.Training; tr != nil {
		fmt.Fprintf(&b, "Training %s, %s: %d steps of %d positions, float32.\n", tr.Shape, threads(r.Threads), tr.Steps, tr.Positions)
		t.Row("", "seconds", "kB/s", "GMAC/s", "%", "busy", "% busy")
		t.Row("float32 peak", "", "", giga(tr.Peak.AllThreads))
		t.Row("training", seconds(tr.Time), fmt.Sprintf("%.1f", tr.PerSecond/1e3), giga(tr.MultiplyAdds), percent(tr.OfPeak), busy(tr.Time), percent(tr.OfPeakProcessor))
		printGrid(&b, t)
	}
	printMemory(&b, r.Memory)
	_, err := io.WriteString(out, b.String())
	return err
}

// printPeak prints the peak, and how it changed meanwhile if it did.
func printPeak(t *table.Table, r *bench.Report) {
	row := func(name string, v bench.Rates) {
		if r.Threads == 1 {
			t.Row(name, giga(v.OneThread))
			return
		}
		t.Row(name, giga(v.OneThread), "", giga(v.AllThreads), "", fmt.Sprintf("%.2f", v.AllThreads/v.OneThread))
	}
	p := r.Peak
	if r.Threads == 1 {
		t.Row("", "GMAC/s", "%")
	} else {
		t.Row("", "1 thread", "%", threads(r.Threads), "%", "times one")
	}
	row("peak of "+p.Instruction+", registers alone", p.Rates)
	if p.Unsteady() {
		row("  before the rest", p.Before)
		row("  after it: unsteady", p.After)
	}
}

// printProducts prints a line for each shape and number of rows.
func printProducts(t *table.Table, r *bench.Report) {
	for _, p := range r.Products {
		name := fmt.Sprintf("product %d x %d, %d rows: %s", p.Inputs, p.Outputs, p.Rows, p.Name)
		if r.Threads == 1 {
			t.Row(name, giga(p.OneThread), percent(p.OneThreadOfPeak))
			continue
		}
		t.Row(name, giga(p.OneThread), percent(p.OneThreadOfPeak), giga(p.AllThreads), percent(p.AllThreadsOfPeak), fmt.Sprintf("%.2f", p.SpeedUp))
	}
}

func printMemory(b *strings.Builder, m bench.Memory) {
	peak := "not known here"
	if m.PeakResident > 0 {
		peak = mega(m.PeakResident)
	}
	fmt.Fprintf(b, "Memory of the process at most: %s. Weights: %s. Context of a segment at work, at most: %s.\n",
		peak, mega(m.Weights), mega(m.Context))
}

func threads(n int) string {
	if n == 1 {
		return "1 thread"
	}
	return fmt.Sprintf("%d threads", n)
}

func seconds(t bench.Time) string { return fmt.Sprintf("%.2f", t.Elapsed) }

// busy is how many processors worked on average.
func busy(t bench.Time) string {
	if t.Processor == 0 {
		return "?"
	}
	return fmt.Sprintf("%.2f", t.Processor/t.Elapsed)
}

func giga(perSecond float64) string { return fmt.Sprintf("%.1f", perSecond/1e9) }

// percent is ? for 0, a ratio to something that is not known.
func percent(ratio float64) string {
	if ratio == 0 {
		return "?"
	}
	return fmt.Sprintf("%.0f", 100*ratio)
}

func mega(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }
