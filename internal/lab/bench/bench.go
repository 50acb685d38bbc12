// Package bench measures what lmz makes of the machine that it runs on: the bound that the processor's
// own multiply-add instruction sets, the products of the model's layers, and the whole, compressing and
// decompressing, each as a rate and as a ratio of that bound.
//
// Start at Run. The package prints nothing: a Report holds base units, multiply-adds a second, seconds,
// bytes. Its ratios are honest on a machine that is shared: the bound is the fastest of many short
// windows, before and after the work, and what is coded is measured as a whole, and decoded and compared.
package bench

import (
	"context"
	"fmt"
	"runtime"

	"lmz/internal/kernels"
	"lmz/internal/lm"
)

// Options say what is measured.
type Options struct {
	Model    string // directory of a model; "" for the one that lmz carries
	Shape    string // one of Shapes with random weights, instead of a Model
	Text     []byte // what the model codes, from its beginning; nil for text drawn from a small chain of words
	Symbols  int    // how many to code, 0 for about 20 seconds' work
	Segments int    // that the symbols of a Shape are cut into, 0 for 64, what a file of tokens from 1 MiB on has
	Train    bool   // measure steps of training too
	Threads  int    // 0 for runtime.GOMAXPROCS(0)

	// Stage, if not nil, is called when a part of the work begins, with its length in some unit, "" for
	// measurements. The add that it returns is called with how much more is done, perhaps by several
	// goroutines at once.
	Stage func(name, unit string, total int) (add func(n int))

	windows int // for a figure, 0 for as many as it needs: tests look at no figures
}

// Report is what was measured. Rates are in multiply-adds, symbols or positions a second.
type Report struct {
	Architecture string    `json:"architecture"`
	Kernel       string    `json:"kernel"` // implementation of internal/kernels
	Threads      int       `json:"threads"`
	Model        Model     `json:"model"`
	Peak         Peak      `json:"peak"`
	Products     []Product `json:"products"`
	Coding       Coding    `json:"coding"`
	Training     *Training `json:"training,omitempty"`
	Memory       Memory    `json:"memory"`
}

// Memory is in bytes.
type Memory struct {
	PeakResident int64 `json:"peakResident,omitempty"` // of the process so far; 0 where the system does not tell
	Weights      int64 `json:"weights"`
	Context      int64 `json:"context"` // of a segment at work whose window is full
}

// Run measures. The error is that of ctx, of opening the model, or says that decoding gave something else than
// was coded.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.Stage == nil {
		o.Stage = func(string, string, int) func(int) { return func(int) {} }
	}
	s, err := openSubject(o)
	if err != nil {
		return nil, err
	}
	kernel, instruction := kernels.Active()
	r := &Report{Architecture: runtime.GOARCH, Kernel: kernel, Threads: o.Threads, Model: s.describe()}
	r.Peak.Instruction = instruction
	if r.Peak.Before, err = bound(ctx, o, "peak of "+instruction, peakSteps, kernels.Peak); err != nil {
		return nil, err
	}
	if r.Products, err = products(ctx, o, s); err != nil {
		return nil, err
	}
	if o.Symbols == 0 {
		o.Symbols = s.affordable(r.Peak.Before.AllThreads)
	}
	if r.Coding, err = s.code(ctx, o); err != nil {
		return nil, err
	}
	r.Memory = Memory{peakResident(), s.config.Memory(lm.Int8), s.memoryPerLane()}
	if r.Peak.After, err = bound(ctx, o, "peak again", peakSteps, kernels.Peak); err != nil {
		return nil, err
	}
	r.Peak.Rates = r.Peak.Before.larger(r.Peak.After)
	if o.Train {
		if r.Training, err = training(ctx, o); err != nil {
			return nil, err
		}
	}
	r.compare()
	return r, nil
}

// compare fills in the ratios.
func (r *Report) compare() {
	peak := r.Peak.Rates
	for i := range r.Products {
		p := &r.Products[i]
		p.OneThreadOfPeak, p.AllThreadsOfPeak = p.OneThread/peak.OneThread, p.AllThreads/peak.AllThreads
		p.SpeedUp = p.AllThreads / p.OneThread
	}
	c := &r.Coding
	c.Compress.compare(peak)
	c.Decompress.compare(peak)
	c.DecompressOfCompress = c.Decompress.Symbols / c.Compress.Symbols
}

// mismatch is the error of what decodes to something else: a defect of lmz or of the machine.
func mismatch(format string, args ...any) error {
	return fmt.Errorf("bench: what was decoded is not what was coded: "+format, args...)
}
