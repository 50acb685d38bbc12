package model

import (
	"sync"
	"sync/atomic"

	"lmz/internal/kernels"
)

// leastShare is how many multiply-adds are worth waking a goroutine: some 12 microseconds of them.
const leastShare = 1 << 20

// shares is how many of a State's goroutines are of use for so many multiply-adds.
func (s *State) shares(multiplyAdds int) int { return max(1, min(s.threads, multiplyAdds/s.share)) }

// spread does parts 0..parts-1 of some work, each on a goroutine. A panic goes on in the caller's.
func spread(parts int, work func(part int)) {
	if parts == 1 {
		work(0)
		return
	}
	var others sync.WaitGroup
	var fault atomic.Pointer[any] // a panic's value
	for i := 1; i < parts; i++ {
		others.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					fault.CompareAndSwap(nil, &v)
				}
			}()
			work(i)
		})
	}
	func() {
		defer others.Wait()
		work(0)
	}()
	if v := fault.Load(); v != nil {
		panic(*v)
	}
}

// outputs shares the outputs of a product with n rows out: work is done on parts of the matrix, whose outputs begin at from. Outputs do
// not depend on one another, so this changes no bit.
func (s *State) outputs(p linear, n int, work func(part *kernels.Matrix, from int, bias []float32)) {
	rows := p.weight.Rows()
	units := (rows + kernels.PartMultiple - 1) / kernels.PartMultiple
	parts := min(s.shares(rows*p.inputs*n), units)
	if parts == 1 {
		work(p.weight, 0, p.bias)
		return
	}
	spread(parts, func(i int) {
		from, to := units*i/parts*kernels.PartMultiple, min(units*(i+1)/parts*kernels.PartMultiple, rows)
		var bias []float32
		if p.bias != nil {
			bias = p.bias[from:to]
		}
		work(p.weight.Part(from, to), from, bias)
	})
}
