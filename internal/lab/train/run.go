package train

import (
	"context"
	"fmt"
	"math"
	"sync"

	"lmz/internal/lab/gemm"
	"lmz/internal/model"
)

// Options says what is trained, on what and how.
type Options struct {
	Model       model.Config
	Data        []Source   `json:"-"`
	Tokenizer   *Tokenizer `json:"-"` // nil: Bytes
	Length      int        // T, positions of a sequence
	Batch       int        // sequences a step
	Schedule    Schedule
	Optimizer   AdamW
	Muon        bool    // hidden layers' matrices by Muon, the rest by AdamW
	BFloat16    bool    // matrix products of values rounded to bfloat16, see gemm.MulBFloat16
	MaxGradNorm float64 // a longer gradient is scaled down to this Euclidean length
	Seed        uint64
	Threads     int `json:"-"` // changes the speed only

	Context context.Context `json:"-"` // if not nil, New and Resume end with it while they read the data
	Reading func(bytes int) `json:"-"` // if not nil, is told how much of the data was read
}

// shardTokens is about how many positions a shard holds: enough rows for the matrix products to
// run at full speed, few enough that a layer's activations stay in the cache.
const shardTokens = 2048

// Run is a training run between two steps.
type Run struct {
	Options Options
	Step    int // optimizer steps taken

	corpus         *corpus
	mul            gemm.Product
	params         []parameter
	weights        []float32
	m, v           []float32   // moments: AdamW's two, or Muon's one in m
	grads          [][]float32 // one a shard of the batch
	shards         []*Shard    // one a thread
	ngrams         *ngrams     // nil for none
	shardSequences int
}

// New starts a run. It reads the data, draws the weights and, if the model has a table of n-grams, chooses its keys.
func New(o Options) (*Run, error) {
	r, err := prepare(o)
	if err != nil {
		return nil, err
	}
	initialise(o.Model, r.weights, o.Seed)
	if rows, length := o.Model.NGrams, o.Model.NGramLength; rows > 0 {
		counts, err := r.corpus.countNGrams(o.Context, o, min(countedPerRow*rows, maxCounted), length)
		if err != nil {
			return nil, err
		}
		keys, err := counts.mostFrequent(rows, length)
		if err != nil {
			return nil, err
		}
		return r, r.setNGrams(keys)
	}
	return r, nil
}

// prepare makes a run whose weights are still zero.
func prepare(o Options) (*Run, error) {
	if err := o.Model.Validate(); err != nil {
		return nil, err
	}
	switch {
	case !o.Model.Parallel:
		return nil, fmt.Errorf("train: use_parallel_residual is false, want true: training knows the parallel form only")
	case o.Length < 1 || o.Length > o.Model.Window:
		return nil, fmt.Errorf("train: sequences of %d positions, want 1 to the model's window of %d", o.Length, o.Model.Window)
	case o.Batch < 1:
		return nil, fmt.Errorf("train: batch of %d sequences, want at least 1", o.Batch)
	case o.Schedule.Steps < 1 || o.Schedule.Warmup < 0:
		return nil, fmt.Errorf("train: %d steps and %d of warm-up, want at least 1 and 0", o.Schedule.Steps, o.Schedule.Warmup)
	}
	if o.Tokenizer == nil {
		o.Tokenizer = Bytes()
	}
	if err := o.Tokenizer.fits(o.Model.Vocab, o.Model.Start); err != nil {
		return nil, err
	}
	c, err := readCorpus(o, o.Tokenizer)
	if err != nil {
		return nil, err
	}
	r := &Run{Options: o, corpus: c, mul: gemm.Mul, shardSequences: min(o.Batch, max(1, shardTokens/o.Length))}
	if o.BFloat16 {
		r.mul = gemm.MulBFloat16
	}
	if o.Batch%r.shardSequences != 0 {
		return nil, fmt.Errorf("train: batch of %d sequences, want a multiple of %d", o.Batch, r.shardSequences)
	}
	var size int
	r.params, size = layout(o.Model)
	r.weights, r.m, r.v = make([]float32, size), make([]float32, size), make([]float32, size)
	shards := o.Batch / r.shardSequences
	for range shards {
		r.grads = append(r.grads, make([]float32, size))
	}
	for range max(1, min(o.Threads, shards)) {
		r.shards = append(r.shards, NewShard(o.Model, r.mul, r.shardSequences, o.Length))
	}
	return r, nil
}

// setNGrams gives the run a table of n-grams with these keys and rows of zero.
func (r *Run) setNGrams(keys []int32) error {
	index, err := model.NewNGrams(keys, r.Options.Model.NGramLength, r.Options.Model.Vocab)
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	r.ngrams = newNGrams(index, r.Options.Model.Hidden, len(r.grads), r.shardSequences*r.Options.Length)
	for _, s := range r.shards {
		s.setNGrams(r.ngrams)
	}
	return nil
}

// Metrics is what a step tells.
type Metrics struct {
	Step        int
	BitsPerByte float64 // of the step's batch, before the update: nats a token x tokens / (bytes ln 2)
	Bytes       int     // that the batch's tokens stand for
	GradNorm    float64 // before clipping
	Rate        float64 // learning rate
}

// TakeStep takes one optimizer step. When ctx is cancelled it returns its error, the run unchanged.
func (r *Run) TakeStep(ctx context.Context) (Metrics, error) {
	o := r.Options
	nats, rawBytes := make([]float64, len(r.grads)), make([]int, len(r.grads))
	w := newView(o.Model, r.weights)
	scale := 1 / float32(o.Batch*o.Length)
	r.parallel(len(r.grads), func(thread, shard int) {
		if ctx.Err() != nil {
			return
		}
		s := r.shards[thread]
		inputs, targets := make([]int32, s.sequences*o.Length), make([]int32, s.sequences*o.Length)
		for i := range s.sequences {
			index := uint64(r.Step*o.Batch + shard*s.sequences + i)
			r.corpus.sample(inputs[i*o.Length:(i+1)*o.Length], targets[i*o.Length:(i+1)*o.Length], int32(o.Model.Start), o.Seed, index)
		}
		clear(r.grads[shard])
		rawBytes[shard] = o.Tokenizer.bytes(targets)
		nats[shard] = s.Forward(w, inputs, targets)
		s.Backward(newView(o.Model, r.grads[shard]), w, inputs, targets, scale)
		if r.ngrams != nil {
			r.ngrams.keep(shard, s)
		}
	})
	if err := ctx.Err(); err != nil {
		return Metrics{}, err
	}

	// Shards are added in their order, each parameter by one thread; then the parts of the norm in theirs.
	squares := make([]float64, len(r.params))
	r.parallel(len(r.params), func(_, i int) {
		p := r.params[i]
		sum := r.grads[0][p.begin:p.end]
		for _, g := range r.grads[1:] {
			for j, x := range g[p.begin:p.end] {
				sum[j] += x
			}
		}
		for _, x := range sum {
			squares[i] += float64(x) * float64(x)
		}
	})
	var norm, loss float64
	for _, s := range squares {
		norm += s
	}
	batchBytes := 0
	for i, s := range nats {
		loss += s
		batchBytes += rawBytes[i]
	}
	norm = math.Sqrt(norm)
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return Metrics{}, fmt.Errorf("train: step %d: the gradient is not finite; lower the learning rate", r.Step+1)
	}
	clip := float32(1)
	if norm > o.MaxGradNorm {
		clip = float32(o.MaxGradNorm / norm)
	}
	r.Step++
	rate := o.Schedule.Rate(r.Step)
	r.parallel(len(r.params), func(_, i int) {
		p := r.params[i]
		decay := 0.0
		if p.matrix() {
			decay = o.Optimizer.Decay
		}
		w, g, m, v := r.weights[p.begin:p.end], r.grads[0][p.begin:p.end], r.m[p.begin:p.end], r.v[p.begin:p.end]
		if o.Muon && p.hidden() {
			muon(r.mul, w, g, m, p.shape[0], p.shape[1], rate, decay, clip)
		} else {
			o.Optimizer.update(w, g, m, v, r.Step, rate, decay, clip)
		}
	})
	if r.ngrams != nil {
		r.parallel(ngramParts, func(_, part int) {
			r.ngrams.update(part, float32(ngramRate*rate), float32(o.Optimizer.Eps), clip)
		})
	}
	return Metrics{r.Step, loss / math.Ln2 / float64(batchBytes), batchBytes, norm, rate}, nil
}

// MultiplyAdds is what one step has to multiply and add, forward and backward: 3 B T (W + L D (T+1)), B
// being the sequences of a batch and W the matrices' weights without the embedding, which is only looked
// up. Forward, a position meets each weight once, and in each layer (T+1)/2 keys and values on average,
// of D numbers each; backward, each of these products becomes two. What is computed again, or beyond the
// causal half, does not count, nor does the optimizer.
func (r *Run) MultiplyAdds() int64 {
	c, length := r.Options.Model, int64(r.Options.Length)
	perPosition := int64(c.Layers*c.Hidden) * (length + 1)
	for _, p := range r.params {
		if p.matrix() {
			perPosition += int64(p.end - p.begin)
		}
	}
	perPosition -= int64(c.Vocab * c.Hidden) // the embedding
	return 3 * int64(r.Options.Batch) * length * perPosition
}

// parallel runs f for every job on the run's threads; f's first argument says on which.
func (r *Run) parallel(jobs int, f func(thread, job int)) {
	queue := make(chan int, jobs)
	for j := range jobs {
		queue <- j
	}
	close(queue)
	var wg sync.WaitGroup
	for t := range r.shards {
		wg.Go(func() {
			for j := range queue {
				f(t, j)
			}
		})
	}
	wg.Wait()
}
