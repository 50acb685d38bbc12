package cli

import (
	"strings"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// progress shows how far work on one file is, if someone is there to see it.
type progress struct {
	bars *mpb.Progress // nil: nobody
	bar  *mpb.Bar
}

// watched reports whether someone is there to see a bar.
func (w *work) watched() bool { return !w.quiet && isTerminal(w.stderr) }

// newProgress begins to show work on rawSize bytes, 0 if not known.
func (w *work) newProgress(label string, rawSize int64) *progress {
	if !w.watched() {
		return &progress{}
	}
	label = strings.ReplaceAll(printable(label), "\n", " ")
	bars := mpb.New(mpb.WithOutput(w.stderr), mpb.WithWidth(40), mpb.WithRefreshRate(200*time.Millisecond))
	begin := mpb.PrependDecorators(decor.Name(label, decor.WC{C: decor.DindentRight | decor.DextraSpace}), decor.CountersKiloByte("% .1f / % .1f"))
	pace := mpb.AppendDecorators(decor.AverageSpeed(decor.SizeB1000(0), "% .1f"))
	if rawSize > 0 {
		pace = mpb.AppendDecorators(decor.Percentage(), decor.AverageSpeed(decor.SizeB1000(0), "  % .1f"), decor.AverageETA(decor.ET_STYLE_GO, decor.WC{W: 8}))
	} else {
		begin = mpb.PrependDecorators(decor.Name(label, decor.WC{C: decor.DindentRight | decor.DextraSpace}), decor.CurrentKiloByte("% .1f"))
	}
	return &progress{bars, bars.New(rawSize, mpb.BarStyle(), begin, pace, mpb.BarRemoveOnComplete())}
}

// add says that as many raw bytes more are done.
func (p *progress) add(rawBytes int) {
	if p.bar != nil {
		p.bar.IncrBy(rawBytes)
	}
}

// end takes the bar away.
func (p *progress) end() {
	if p.bar != nil {
		p.bar.Abort(true)
		p.bars.Wait()
	}
}
