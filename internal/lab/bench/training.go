package bench

import (
	"context"
	"os"
	"path/filepath"

	"lmz/internal/lab/gemm"
	"lmz/internal/lab/train"
	"lmz/internal/model"
)

// Training is the speed of internal/lab/train on the shape byte-3m.
type Training struct {
	Shape     string `json:"shape"`
	Positions int    `json:"positions"` // of a step
	Steps     int    `json:"steps"`
	Time
	PerSecond       float64 `json:"positionsPerSecond"`
	MultiplyAdds    float64 `json:"multiplyAddsPerSecond"` // as Run.MultiplyAdds counts them
	Peak            Rates   `json:"peak"`                  // of float32, in registers alone, the larger of before and after
	OfPeak          float64 `json:"ofPeak"`
	OfPeakProcessor float64 `json:"ofPeakProcessor,omitempty"` // as Coded has it
}

// trainedSteps are measured, after one more that warms up.
const trainedSteps = 3

// training takes whole steps: forward and backward pass, clipping, update. What counts as a multiply-add of a step,
// Run.MultiplyAdds says.
func training(ctx context.Context, o Options) (*Training, error) {
	const name = "byte-3m"
	return trainShape(ctx, o, name, shapes[name])
}

func trainShape(ctx context.Context, o Options, name string, c model.Config) (*Training, error) {
	dir, err := os.MkdirTemp("", "lmz-bench-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, drawText(1<<20), 0o666); err != nil {
		return nil, err
	}
	run, err := train.New(train.Options{
		Model: c, Data: []train.Source{{Path: text, Weight: 1}}, Length: c.Window,
		Batch:     max(8, 2*o.Threads) * max(1, 2048/c.Window), // shards of 2048 positions, at least two a thread
		Schedule:  train.Schedule{Peak: 1e-3, Final: 1e-4, Warmup: 10, Steps: 100},
		Optimizer: train.AdamW{Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, Decay: 0.1}, MaxGradNorm: 1, Seed: 1, Threads: o.Threads,
	})
	if err != nil {
		return nil, err
	}
	t := &Training{Shape: name, Positions: run.Options.Batch * c.Window, Steps: trainedSteps}
	before, err := bound(ctx, o, "float32 peak", peakSteps, gemm.Peak)
	if err != nil {
		return nil, err
	}
	add := o.Stage("training", "steps", 1+trainedSteps)
	var watch stopwatch
	for step := range 1 + trainedSteps {
		if step == 1 {
			watch = start()
		}
		if _, err := run.TakeStep(ctx); err != nil {
			return nil, err
		}
		add(1)
	}
	t.Time = watch.stop()
	after, err := bound(ctx, o, "float32 peak again", peakSteps, gemm.Peak)
	if err != nil {
		return nil, err
	}
	t.Peak = before.larger(after)
	t.PerSecond = float64(trainedSteps*t.Positions) / t.Elapsed
	t.MultiplyAdds = float64(trainedSteps*run.MultiplyAdds()) / t.Elapsed
	t.OfPeak = t.MultiplyAdds / t.Peak.AllThreads
	if t.Processor > 0 {
		t.OfPeakProcessor = t.MultiplyAdds * t.Elapsed / t.Processor / t.Peak.OneThread
	}
	return t, nil
}
