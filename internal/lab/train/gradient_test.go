package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"lmz/internal/lab/gemm"
	"lmz/internal/model"
)

// tiny has every part of the architecture and few enough weights to differentiate by differences.
var tiny = model.Config{
	Layers: 2, Hidden: 24, Heads: 3, FeedForward: 40, Vocab: 257, Window: 16,
	RotaryWidth: 4, RotaryBase: 10000, NormEps: 1e-5, Parallel: true, Start: 256,
}.AsGPTNeoX()

// randomise gives every weight, gains and biases too, a value that makes its gradient matter.
func randomise(flat []float32, rng *rand.Rand) {
	for i := range flat {
		flat[i] = float32(rng.NormFloat64() * 0.3)
	}
}

func TestGradientAgainstDifferences(t *testing.T) {
	t.Run("short", func(t *testing.T) { testGradient(t, 2, 13) })
	t.Run("blocks", func(t *testing.T) { testGradient(t, 1, 2*queryBlock+7) }) // attention goes by blocks
}

func testGradient(t *testing.T, sequences, length int) {
	rng := rand.New(rand.NewPCG(1, 2))
	params, size := layout(tiny)
	flat, grad := make([]float32, size), make([]float32, size)
	randomise(flat, rng)
	s := NewShard(tiny, gemm.Mul, sequences, length)
	inputs, targets := make([]int32, sequences*length), make([]int32, sequences*length)
	for i := range inputs {
		inputs[i], targets[i] = int32(rng.IntN(tiny.Vocab)), int32(rng.IntN(tiny.Vocab))
	}
	w := newView(tiny, flat)
	s.Forward(w, inputs, targets)
	s.Backward(newView(tiny, grad), w, inputs, targets, 1)

	// Central differences along random directions within each parameter: a float32 forward pass is
	// too coarse for single weights, and a direction leaves no weight of the parameter out.
	for _, p := range params {
		for trial := range 3 {
			direction := make([]float32, p.end-p.begin)
			var want float64
			for i := range direction {
				direction[i] = float32(rng.NormFloat64())
				want += float64(direction[i]) * float64(grad[p.begin+i])
			}
			norm := math.Sqrt(float64(len(direction)))
			eps := float32(1e-2 / norm)
			loss := func(sign float32) float64 {
				saved := append([]float32(nil), flat[p.begin:p.end]...)
				for i, x := range direction {
					flat[p.begin+i] += sign * eps * x
				}
				nats := s.Forward(w, inputs, targets)
				copy(flat[p.begin:p.end], saved)
				return nats
			}
			got := (loss(1) - loss(-1)) / (2 * float64(eps))
			if math.Abs(got-want) > 0.01*math.Abs(want)+0.02*norm {
				t.Errorf("%s, direction %d: differences give %.5g, backward %.5g", p.name, trial, got, want)
			}
		}
	}
}

// TestBFloat16Gradient: rounding the values of products to 8 bits turns the gradient by little: a hundredth of its length.
func TestBFloat16Gradient(t *testing.T) {
	const sequences, length = 2, 130
	rng := rand.New(rand.NewPCG(5, 6))
	_, size := layout(tiny)
	flat := make([]float32, size)
	randomise(flat, rng)
	inputs, targets := make([]int32, sequences*length), make([]int32, sequences*length)
	for i := range inputs {
		inputs[i], targets[i] = int32(rng.IntN(tiny.Vocab)), int32(rng.IntN(tiny.Vocab))
	}
	gradient := func(mul gemm.Product) []float32 {
		grad := make([]float32, size)
		s := NewShard(tiny, mul, sequences, length)
		s.Forward(newView(tiny, flat), inputs, targets)
		s.Backward(newView(tiny, grad), newView(tiny, flat), inputs, targets, 1)
		return grad
	}
	want, got := gradient(gemm.Mul), gradient(gemm.MulBFloat16)
	var apart, norm float64
	for i, x := range want {
		apart += float64(got[i]-x) * float64(got[i]-x)
		norm += float64(x) * float64(x)
	}
	if share := math.Sqrt(apart / norm); share == 0 || share > 0.02 {
		t.Errorf("the gradients differ by %.4f of their length, want some thousandths, and not nothing", share)
	}
}

func TestBackwardAccumulatesAndScales(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	_, size := layout(tiny)
	flat := make([]float32, size)
	randomise(flat, rng)
	s := NewShard(tiny, gemm.Mul, 1, 5)
	inputs, targets := []int32{256, 1, 2, 3, 4}, []int32{1, 2, 3, 4, 5}
	w := newView(tiny, flat)
	once, twice := make([]float32, size), make([]float32, size)
	run := func(g []float32, scale float32) {
		s.Forward(w, inputs, targets)
		s.Backward(newView(tiny, g), w, inputs, targets, scale)
	}
	run(once, 1)
	run(twice, 0.5)
	run(twice, 0.5)
	for i := range once {
		if d := math.Abs(float64(once[i] - twice[i])); d > 1e-4*(1+math.Abs(float64(once[i]))) {
			t.Fatalf("gradient %d: 1 x %v, 2 x 0.5 x %v", i, once[i], twice[i])
		}
	}
}
