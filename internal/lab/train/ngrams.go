package train

import (
	"math"

	"lmz/internal/lab/gemm"
	"lmz/internal/model"
)

// ngramRate is the learning rate of rows of n-grams relative to the other weights': each is met rarely, and Adagrad's steps
// become shorter with every time.
const ngramRate = 4

// ngramParts is how many goroutines may update the table: each has the rows whose number leaves its remainder.
const ngramParts = 4

// ngrams is the table of a run: rows that are added to the embedding (docs/numerics.md, "N-grams"). A step meets few of
// them, so their gradient is not in the flat vectors but is gathered row by row. They begin at zero, do not decay, and are
// updated by Adagrad (Duchi, Hazan and Singer 2011).
type ngrams struct {
	*model.NGrams
	d       int
	weights []float32 // (rows, D)
	squares []float32 // (rows, D) sums of the gradients' squares

	// Of the current step, for each shard of the batch.
	found [][]int32   // (n, Length - 1) rows of the positions' n-grams, -1 for none
	dx    [][]float32 // (n, D) gradients of the embedding

	slot  []int32 // (rows) while a step is taken, the place of the row in its part's met, from 1
	parts [ngramParts]struct {
		met   []int32
		grads []float32 // (met, D)
	}
}

// newNGrams makes a table of rows that are zero, for a number of shards of so many positions.
func newNGrams(index *model.NGrams, hidden, shards, positions int) *ngrams {
	rows := len(index.Keys) / index.Length
	g := &ngrams{
		NGrams: index, d: hidden, weights: make([]float32, rows*hidden), squares: make([]float32, rows*hidden), slot: make([]int32, rows),
	}
	for range shards {
		g.found = append(g.found, make([]int32, positions*(index.Length-1)))
		g.dx = append(g.dx, make([]float32, positions*hidden))
	}
	return g
}

// find writes the rows of all positions, (n, Length - 1), of inputs, sequences of the given length.
func (g *ngrams) find(found, inputs []int32, length int) {
	k := g.Length - 1
	for i := range inputs {
		g.Find(found[i*k:][:k], inputs[i-i%length:i+1])
	}
}

// add adds the rows found to x, (n, D).
func (g *ngrams) add(x []float32, found []int32) {
	for i, row := range found {
		if row >= 0 {
			gemm.Add(x[i/(g.Length-1)*g.d:][:g.d], g.weights[int(row)*g.d:][:g.d])
		}
	}
}

// keep holds what a shard of the batch found and the gradient of its embedding until update.
func (g *ngrams) keep(shard int, s *Shard) {
	copy(g.found[shard], s.found)
	copy(g.dx[shard], s.dx)
}

// update is the optimizer's step for the rows of a part that were met. Gradients are added in the order of shards and positions. clip
// is the factor of the other weights' gradient, in whose norm that of the rows is not.
func (g *ngrams) update(part int, rate, eps, clip float32) {
	p := &g.parts[part]
	p.met, p.grads = p.met[:0], p.grads[:0]
	for shard, found := range g.found {
		for i, row := range found {
			if row < 0 || row%ngramParts != int32(part) {
				continue
			}
			dx := g.dx[shard][i/(g.Length-1)*g.d:][:g.d]
			if at := g.slot[row]; at > 0 {
				gemm.Add(p.grads[int(at-1)*g.d:][:g.d], dx)
				continue
			}
			p.met, p.grads = append(p.met, row), append(p.grads, dx...)
			g.slot[row] = int32(len(p.met))
		}
	}
	for k, row := range p.met {
		g.slot[row] = 0
		w, squares := g.weights[int(row)*g.d:][:g.d], g.squares[int(row)*g.d:][:g.d]
		for i, x := range p.grads[k*g.d:][:g.d] {
			x *= clip
			squares[i] += x * x
			w[i] -= rate * x / (float32(math.Sqrt(float64(squares[i]))) + eps)
		}
	}
}
