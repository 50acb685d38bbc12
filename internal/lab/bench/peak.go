package bench

import "context"

// peakSteps take far less than a window and far more than a call.
const peakSteps = 10000

// Peak is what registers alone allow: a loop of one instruction without loads. Rates is the larger of Before
// and After the coding: where they differ much, others use the machine.
type Peak struct {
	Instruction string `json:"instruction"`
	Rates
	Before Rates `json:"before"`
	After  Rates `json:"after"`
}

// Unsteady reports whether the machine was not the same before and after.
func (p Peak) Unsteady() bool {
	differ := func(a, b float64) bool { return max(a, b) > 1.1*min(a, b) }
	return differ(p.Before.OneThread, p.After.OneThread) || differ(p.Before.AllThreads, p.After.AllThreads)
}

// Shared reports whether n threads have far less than n times the peak of one: others use the machine, or two
// threads are of one core. Ratios of all threads are of what was left then.
func (p Peak) Shared(n int) bool { return p.AllThreads < 0.8*float64(n)*p.OneThread }

// bound measures the loop of kernels.Peak or gemm.Peak.
func bound(ctx context.Context, o Options, stage string, steps int, loop func(steps int) int64) (Rates, error) {
	add := o.Stage(stage, "", 1)
	r, err := rates(ctx, o, 80, func(int) int64 { return loop(steps) })
	add(1)
	return r, err
}
