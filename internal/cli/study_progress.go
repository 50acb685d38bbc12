package cli

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"lmz/internal/lab/study"
)

const (
	tellEach = 10 * time.Second // between lines of progress, where there is no terminal
	drawEach = 200 * time.Millisecond
)

// superviseStudy runs the plan and shows how far it is.
func superviseStudy(ctx context.Context, stderr io.Writer, v *study.Supervisor, quiet bool) error {
	if v.Plan.Count(study.ToDo) == 0 {
		return nil
	}
	say := stderr
	var draw func(study.Snapshot)
	every := drawEach
	var bars *studyBars
	switch {
	case quiet:
		draw = func(study.Snapshot) {}
	case isTerminal(stderr):
		bars = newStudyBars(stderr)
		say, draw = bars.all, bars.draw
	default:
		every = tellEach
		draw = func(n study.Snapshot) { io.WriteString(stderr, progressLines(n)) }
	}
	v.Changed = func(c *study.Cell) {
		switch {
		case c.State == study.Done && !quiet:
			fmt.Fprintf(say, "done: %s\n", cellName(c))
		case c.State == study.Failed:
			fmt.Fprintf(say, "failed: %s: %s\n", cellName(c), printable(c.Problem))
		case c.State == study.ToDo && c.Problem != "" && ctx.Err() == nil:
			fmt.Fprintf(say, "failed, to be tried again: %s: %s\n", cellName(c), printable(c.Problem))
		case c.State == study.Waiting && !quiet:
			fmt.Fprintf(say, "another process measures %s: waiting for it\n", cellName(c))
		}
	}
	v.Noticed = func(text string) { fmt.Fprintf(say, "%s\n", printable(text)) }
	ended := make(chan error, 1)
	go func() { ended <- v.Run(ctx) }()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			if bars != nil {
				bars.end()
			}
			return err
		case <-tick.C:
			draw(v.Snapshot())
		}
	}
}

func cellName(c *study.Cell) string {
	name := fmt.Sprintf("%s of %s, %s", c.Label, c.Job.Name, c.Job.Protocol)
	if c.Job.Whole {
		name += ", whole"
	}
	return printable(name)
}

// progressLines are those of a log.
func progressLines(n study.Snapshot) string {
	s := fmt.Sprintf("%d of %d cells, %.1f%% of %.1f MB%s\n", n.Done+n.Failed, n.Cells, percentage(n.Bytes, n.OfBytes), float64(n.OfBytes)/1e6, remaining(n))
	for _, r := range n.Running {
		s += fmt.Sprintf("  %s: chunk %d of %d, %.1f%%%s\n", cellName(r.Cell), r.At.Chunks, r.At.OfChunks, percentage(r.At.Bytes, r.At.OfBytes), pace(r))
	}
	return s
}

func percentage(n, of int64) float64 { return 100 * float64(n) / float64(max(of, 1)) }

// remaining is how long the whole takes yet.
func remaining(n study.Snapshot) string {
	s := ""
	if n.Failed > 0 {
		s += fmt.Sprintf(", %d failed", n.Failed)
	}
	if n.Waiting > 0 {
		s += fmt.Sprintf(", %d with other processes", n.Waiting)
	}
	if n.Left > 0 {
		s += ", " + duration(n.Left) + " left"
	}
	if n.Unknown > 0 {
		s += fmt.Sprintf(" and %d cells not estimated yet", n.Unknown)
	}
	return s
}

func pace(r study.RunningCell) string {
	s := ""
	if r.Speed > 0 {
		s += fmt.Sprintf(", %.1f kB/s", r.Speed/1000)
	}
	if r.Left >= 0 {
		s += ", " + duration(r.Left) + " left"
	}
	return s
}

// studyBars are a bar for the whole and one for each running cell.
type studyBars struct {
	all   *mpb.Progress
	whole studyBar
	cells map[*study.Cell]*studyBar
}

// studyBar is a bar with a text behind it.
type studyBar struct {
	bar  *mpb.Bar
	text atomic.Pointer[string]
}

func newStudyBars(stderr io.Writer) *studyBars {
	b := &studyBars{all: mpb.New(mpb.WithOutput(stderr), mpb.WithWidth(30), mpb.WithRefreshRate(drawEach)), cells: map[*study.Cell]*studyBar{}}
	b.whole.add(b.all, "the whole", 1<<20) // stays below the cells
	return b
}

func (b *studyBar) add(all *mpb.Progress, name string, priority int) {
	empty := ""
	b.text.Store(&empty)
	b.bar = all.New(0, mpb.BarStyle(), mpb.BarPriority(priority), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(name, decor.WC{C: decor.DindentRight | decor.DextraSpace})),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return *b.text.Load() })))
}

func (b *studyBar) set(at, of int64, text string) {
	b.text.Store(&text)
	b.bar.SetTotal(of, false)
	b.bar.SetCurrent(at)
}

func (b *studyBars) draw(n study.Snapshot) {
	gone := make(map[*study.Cell]*studyBar, len(b.cells))
	for c, bar := range b.cells {
		gone[c] = bar
	}
	for _, r := range n.Running {
		bar := b.cells[r.Cell]
		if bar == nil {
			bar = &studyBar{}
			bar.add(b.all, cellName(r.Cell), len(b.cells))
			b.cells[r.Cell] = bar
		}
		delete(gone, r.Cell)
		bar.set(r.At.Bytes, max(r.At.OfBytes, 1)+1, fmt.Sprintf("%.1f%%%s", percentage(r.At.Bytes, r.At.OfBytes), pace(r)))
	}
	for c, bar := range gone {
		bar.bar.Abort(true)
		delete(b.cells, c)
	}
	b.whole.set(n.Bytes, max(n.OfBytes, 1)+1, fmt.Sprintf("%d of %d cells%s", n.Done+n.Failed, n.Cells, remaining(n)))
}

// end takes the bars away.
func (b *studyBars) end() {
	for _, bar := range b.cells {
		bar.bar.Abort(true)
	}
	b.whole.bar.Abort(true)
	b.all.Wait()
}
