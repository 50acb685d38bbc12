package bench

import (
	"context"
	"math/rand/v2"

	"lmz/internal/kernels"
)

// Product is y = x W^T of internal/kernels: Rows of x, each quantised from Inputs to int8, times W, (Outputs, Inputs).
// Each thread has rows of its own and all share W.
type Product struct {
	Name    string `json:"name"` // what the model has the shape for
	Rows    int    `json:"rows"`
	Inputs  int    `json:"inputs"`
	Outputs int    `json:"outputs"`
	Rates
	OneThreadOfPeak  float64 `json:"oneThreadOfPeak"`
	AllThreadsOfPeak float64 `json:"allThreadsOfPeak"`
	SpeedUp          float64 `json:"speedUp"` // all threads / one
}

// productRows are how many rows an encoder gives a product at once, and a decoder: one of each segment at work.
var productRows = []int{64, 16}

// rounds are how often all products are measured, the fastest of each being kept: others who use the machine for
// some tenths of a second spoil one round of a few products.
const rounds = 3

// products measures a shape common to all reports, then those of the model, each once.
func products(ctx context.Context, o Options, s *subject) (list []Product, err error) {
	var work []func(thread int) int64
	for _, p := range s.linears() {
		m := p.matrix()
		for _, p.Rows = range productRows {
			list = append(list, p)
			work = append(work, p.work(m, o.Threads))
		}
	}
	add := o.Stage("products", "", rounds*len(list))
	for range rounds {
		for i := range list {
			r, err := rates(ctx, o, 10, work[i])
			if err != nil {
				return nil, err
			}
			list[i].Rates = list[i].larger(r)
			add(1)
		}
	}
	return list, nil
}

// matrix draws W.
func (p Product) matrix() *kernels.Matrix {
	w, scale := make([]int8, p.Outputs*p.Inputs), make([]float32, p.Outputs)
	draw(rand.New(rand.NewPCG(1, 2)), w)
	fill(scale, 1)
	return kernels.NewMatrix(w, scale, p.Outputs, p.Inputs)
}

// work multiplies once, and says how many multiply-adds that is.
func (p Product) work(m *kernels.Matrix, threads int) func(thread int) int64 {
	type operands struct {
		x     []int8
		y, sx []float32
	}
	of := make([]operands, threads)
	rng := rand.New(rand.NewPCG(3, 4))
	for t := range of {
		of[t] = operands{make([]int8, p.Rows*p.Inputs), make([]float32, p.Rows*p.Outputs), make([]float32, p.Rows)}
		draw(rng, of[t].x)
	}
	return func(thread int) int64 {
		t := of[thread]
		m.Mul(t.y, t.x, t.sx, nil, p.Rows)
		return int64(p.Rows) * int64(p.Inputs) * int64(p.Outputs)
	}
}

// draw fills x with int8 from -127 to 127.
func draw[E int8 | byte](rng *rand.Rand, x []E) {
	var bits uint64
	for i := range x {
		if i%8 == 0 {
			bits = rng.Uint64()
		}
		b := byte(bits)
		bits >>= 8
		if b == 0x80 { // -128
			b = 0
		}
		x[i] = E(b)
	}
}
