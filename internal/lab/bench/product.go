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

// products measures a shape common to all reports, then those of the model, each once.
func products(ctx context.Context, o Options, s *subject) (list []Product, err error) {
	shapes := s.linears()
	add := o.Stage("products", "", len(shapes)*len(productRows))
	for _, p := range shapes {
		rng := rand.New(rand.NewPCG(1, 2))
		w, scale := make([]int8, p.Outputs*p.Inputs), make([]float32, p.Outputs)
		draw(rng, w)
		for i := range scale {
			scale[i] = 1
		}
		m := kernels.NewMatrix(w, scale, p.Outputs, p.Inputs)
		for _, p.Rows = range productRows {
			if p.Rates, err = p.measure(ctx, o, m); err != nil {
				return nil, err
			}
			list = append(list, p)
			add(1)
		}
	}
	return list, nil
}

// measure times a product.
func (p Product) measure(ctx context.Context, o Options, m *kernels.Matrix) (Rates, error) {
	type operands struct {
		x     []int8
		y, sx []float32
	}
	threads := make([]operands, o.Threads)
	rng := rand.New(rand.NewPCG(3, 4))
	for t := range threads {
		threads[t] = operands{make([]int8, p.Rows*p.Inputs), make([]float32, p.Rows*p.Outputs), make([]float32, p.Rows)}
		draw(rng, threads[t].x)
	}
	return rates(ctx, o, 20, func(thread int) int64 {
		t := threads[thread]
		m.Mul(t.y, t.x, t.sx, nil, p.Rows)
		return int64(p.Rows) * int64(p.Inputs) * int64(p.Outputs)
	})
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
