package model

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"lmz/internal/checkpoint"
)

// randomTensors are weights of the given shape drawn from seed, large enough to matter.
func randomTensors(c Config, seed uint64) *checkpoint.File {
	rng := rand.New(rand.NewPCG(seed, 0))
	f := &checkpoint.File{Tensors: make(map[string]checkpoint.Tensor)}
	for _, s := range c.Tensors() {
		if s.Integers {
			f.Tensors[s.Name] = checkpoint.Int32(randomKeys(c, rng), s.Shape...)
			continue
		}
		n := 1
		for _, d := range s.Shape {
			n *= d
		}
		x := make([]float32, n)
		for i := range x {
			x[i] = float32((rng.Float32() - 0.5) * 0.4) // not fused with what is added below
			if strings.HasSuffix(s.Name, "norm.weight") {
				x[i]++
			}
		}
		f.Tensors[s.Name] = checkpoint.Float32(x, s.Shape...)
	}
	return f
}

// random is a model of them in int8.
func random(t testing.TB, c Config, seed uint64) *Weights {
	t.Helper()
	w, err := NewWeights(c, randomTensors(c, seed), Int8)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// small has sizes that no kernel's width divides.
var small = Config{
	Layers: 2, Hidden: 36, Heads: 3, FeedForward: 50, Vocab: 41, Window: 24,
	RotaryWidth: 6, RotaryBase: 10000, NormEps: 1e-5, Parallel: true, Start: 40,
}.AsGPTNeoX()

func newModel(t testing.TB, c Config, symbols int) *Model {
	t.Helper()
	m, err := New(random(t, c, 1), first(symbols))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// first is the rows 0..n-1 of a vocabulary.
func first(n int) (ids []int32) {
	for i := range n {
		ids = append(ids, int32(i))
	}
	return ids
}

// symbols draws a sequence that begins with start-of-text, for a model of all symbols but that, the last.
func symbols(c Config, n int, seed uint64) []int32 {
	rng := rand.New(rand.NewPCG(seed, 1))
	s := []int32{int32(c.Start)}
	for len(s) < n {
		s = append(s, int32(rng.IntN(c.Vocab-1)))
	}
	return s
}

// step is the reference: one lane, one row at a time.
func step(m *Model, policy Policy, sequence []int32) []float32 {
	s := m.NewState(1, 1, policy)
	logits := make([]float32, len(sequence)*m.Symbols())
	for i, symbol := range sequence {
		s.Advance([]Row{{0, symbol}}, logits[i*m.Symbols():(i+1)*m.Symbols()])
	}
	return logits
}

// TestOath: batch = step = any number of lanes, beyond the window too, under both policies.
func TestOath(t *testing.T) {
	for _, parallel := range []bool{true, false} {
		for _, policy := range []Policy{Fresh, Carry} {
			t.Run(fmt.Sprintf("parallel=%t/policy=%d", parallel, policy), func(t *testing.T) {
				c := small
				c.Parallel = parallel
				testOath(t, c, policy)
			})
		}
	}
	for _, policy := range []Policy{Fresh, Carry} {
		t.Run(fmt.Sprintf("ngrams/policy=%d", policy), func(t *testing.T) { testOath(t, withNGrams, policy) })
	}
}

func testOath(t *testing.T, c Config, policy Policy) {
	m := newModel(t, c, c.Vocab-1)
	var sequences [][]int32
	var want [][]float32
	for i, n := range []int{80, 1, 100, 23, 24, 25, 150} {
		sequences = append(sequences, symbols(c, n, uint64(i)))
		want = append(want, step(m, policy, sequences[i]))
	}
	for _, most := range []int{1, 3, 63, 64, 65, 400} {
		testSharing(t, m, policy, sequences, want, most)
	}
}

// testSharing feeds all sequences in calls of up to most rows, mixed at random.
func testSharing(t *testing.T, m *Model, policy Policy, sequences [][]int32, want [][]float32, most int) {
	rng := rand.New(rand.NewPCG(uint64(most), 2))
	s := m.NewState(len(sequences), 1, policy)
	fed := make([]int, len(sequences))
	v := m.Symbols()
	for {
		var rows []Row
		var places []int
		for len(rows) < most {
			var open []int
			for i := range sequences {
				if fed[i] < len(sequences[i]) {
					open = append(open, i)
				}
			}
			if len(open) == 0 {
				break
			}
			i := open[rng.IntN(len(open))]
			rows = append(rows, Row{i, sequences[i][fed[i]]})
			places = append(places, fed[i])
			fed[i]++
		}
		if len(rows) == 0 {
			return
		}
		logits := make([]float32, len(rows)*v)
		s.Advance(rows, logits)
		for r, row := range rows {
			if !slices.Equal(logits[r*v:(r+1)*v], want[row.Lane][places[r]*v:(places[r]+1)*v]) {
				t.Fatalf("calls of %d rows: lane %d, position %d differs from step by step", most, row.Lane, places[r])
			}
		}
	}
}

// TestGolden holds the bits of the numerics version: any machine and implementation gives this hash.
func TestGolden(t *testing.T) {
	const want = "961b4f2c38ab13441f7dc039518161ac"
	h := fnv.New128a()
	for _, x := range step(newModel(t, small, 40), Carry, symbols(small, 100, 9)) {
		fmt.Fprintf(h, "%08x", math.Float32bits(x))
	}
	if got := fmt.Sprintf("%x", h.Sum(nil)); got != want {
		t.Errorf("logits hash to %s, want %s: the numerics changed, or this machine computes otherwise", got, want)
	}
}

// TestPolicies: after the window is full, fresh predicts from start-of-text and what follows, carry
// from start-of-text, the last Window/2-1 symbols and what follows.
func TestPolicies(t *testing.T) {
	t.Run("small", func(t *testing.T) { testPolicies(t, small) })
	t.Run("ngrams", func(t *testing.T) { testPolicies(t, withNGrams) })
}

func testPolicies(t *testing.T, model Config) {
	m := newModel(t, model, model.Vocab-1)
	v, w := m.Symbols(), model.Window
	sequence := symbols(model, w+5, 3)
	for _, c := range []struct {
		policy Policy
		keep   int
	}{{Fresh, 0}, {Carry, w/2 - 1}} {
		got := step(m, c.policy, sequence)
		context := append([]int32{int32(model.Start)}, sequence[w-c.keep:]...)
		want := step(m, c.policy, context)
		if !slices.Equal(got[w*v:], want[(1+c.keep)*v:]) {
			t.Errorf("policy %d: the predictions after the window are not those of the stated context", c.policy)
		}
	}
}

func TestWeightsKeepTheirIdentity(t *testing.T) {
	w := random(t, small, 1)
	again, err := NewWeights(small, w.Tensors(), Int8)
	if err != nil {
		t.Fatal(err)
	}
	if again.Identity() != w.Identity() {
		t.Error("the int8 form has another identity than what it was made from")
	}
	if random(t, small, 2).Identity() == w.Identity() {
		t.Error("other weights have the same identity")
	}
	c := small
	c.RotaryBase = 5000
	other, err := NewWeights(c, w.Tensors(), Int8)
	if err != nil {
		t.Fatal(err)
	}
	if other.Identity() == w.Identity() {
		t.Error("another rotary base has the same identity")
	}
}

func TestNewWeightsRefuses(t *testing.T) {
	for name, change := range map[string]func(map[string]checkpoint.Tensor){
		"lacks": func(f map[string]checkpoint.Tensor) { delete(f, gptNeoX.names.unembed) },
		"shape": func(f map[string]checkpoint.Tensor) {
			f[gptNeoX.names.embed] = checkpoint.Float32(make([]float32, 4), 2, 2)
		},
		"scale": func(f map[string]checkpoint.Tensor) { delete(f, gptNeoX.names.unembed+scaleSuffix) },
		"finite": func(f map[string]checkpoint.Tensor) {
			f[gptNeoX.names.norm+".bias"] = checkpoint.Float32(slices.Repeat([]float32{float32(math.NaN())}, small.Hidden), small.Hidden)
		},
		"-128": func(f map[string]checkpoint.Tensor) {
			f[gptNeoX.names.unembed] = checkpoint.Int8(slices.Repeat([]int8{-128}, small.Vocab*small.Hidden), small.Vocab, small.Hidden)
		},
	} {
		f := random(t, small, 1).Tensors()
		change(f.Tensors)
		if _, err := NewWeights(small, f, Int8); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
