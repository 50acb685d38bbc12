package train

import (
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"lmz/internal/checkpoint"
	"lmz/internal/lab/gemm"
	"lmz/internal/model"
)

// withNGrams is testOptions with a table of n-grams.
func withNGrams(t *testing.T, rows, length int) Options {
	o := testOptions(t)
	o.Model.NGrams, o.Model.NGramLength = rows, length
	return o
}

func newRun(t *testing.T, o Options) *Run {
	t.Helper()
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestNGramGradient compares the gradient of the table with differences along random directions, and checks that rows that no
// position looked up have none.
func TestNGramGradient(t *testing.T) {
	const sequences, length = 2, 13
	rng := rand.New(rand.NewPCG(3, 4))
	_, size := layout(tiny)
	flat, grad := make([]float32, size), make([]float32, size)
	randomise(flat, rng)
	inputs, targets := make([]int32, sequences*length), make([]int32, sequences*length)
	for i := range inputs {
		inputs[i], targets[i] = int32(rng.IntN(3)), int32(rng.IntN(tiny.Vocab)) // few ids: n-grams come again
	}
	keys := []int32{
		0, 0, -1, -1, 0, 1, -1, -1, 2, 1, -1, -1, 200, 201, -1, -1,
		0, 1, 1, -1, 1, 0, 2, -1,
		0, 0, 1, 2, 2, 1, 0, 0,
	}
	index, err := model.NewNGrams(keys, 4, tiny.Vocab)
	if err != nil {
		t.Fatal(err)
	}
	g := newNGrams(index, tiny.Hidden, 1, sequences*length)
	randomise(g.weights, rng)
	s := NewShard(tiny, gemm.Mul, sequences, length)
	s.setNGrams(g)
	w := newView(tiny, flat)
	s.Forward(w, inputs, targets)
	s.Backward(newView(tiny, grad), w, inputs, targets, 1)
	g.keep(0, s)
	table := make([]float32, len(g.weights))
	for part := range ngramParts {
		g.update(part, 0, 1e-8, 1) // at rate 0: only the gradients
		p := g.parts[part]
		for i, row := range p.met {
			copy(table[int(row)*g.d:][:g.d], p.grads[i*g.d:])
		}
	}
	const unmet = 3 // 200 201
	for i, x := range table[unmet*g.d:][:g.d] {
		if x != 0 {
			t.Fatalf("row %d, which was not met, has gradient %v at %d", unmet, x, i)
		}
	}
	if slices.Max(table[:g.d]) == 0 {
		t.Fatal("row 0 was not met")
	}
	for trial := range 5 {
		direction := make([]float32, len(table))
		var want float64
		for i := range direction {
			direction[i] = float32(rng.NormFloat64())
			want += float64(direction[i]) * float64(table[i])
		}
		eps := float32(1e-2 / math.Sqrt(float64(len(table))))
		loss := func(sign float32) float64 {
			saved := slices.Clone(g.weights)
			defer copy(g.weights, saved)
			for i, x := range direction {
				g.weights[i] += sign * eps * x
			}
			return s.Forward(w, inputs, targets)
		}
		got := (loss(1) - loss(-1)) / (2 * float64(eps))
		if math.Abs(got-want) > 0.01*math.Abs(want)+0.02 {
			t.Errorf("direction %d: differences give %.5g, backward %.5g", trial, got, want)
		}
	}
}

// TestMostFrequentNGrams counts by hand. Start-of-text is an id as the others are, and ties go to the shorter, then to the
// lower ids.
func TestMostFrequentNGrams(t *testing.T) {
	count := func(text ...int32) *ngramCounts {
		c := &ngramCounts{nodes: make([]ngramNode, 1), next: map[uint64]int32{}}
		c.add(text, 3)
		return c
	}
	for _, c := range []struct {
		rows int
		text []int32
		want []int32
	}{
		{1, []int32{9, 5, 6, 5, 6}, []int32{5, 6, -1}},
		{3, []int32{9, 5, 6, 5, 6}, []int32{5, 6, -1, 6, 5, -1, 9, 5, -1}}, // three were met once, and these two are the shorter
		{4, []int32{9, 5, 6, 5, 6}, []int32{5, 6, -1, 6, 5, -1, 9, 5, -1, 5, 6, 5}},
		{2, []int32{3, 3, 3, 3}, []int32{3, 3, -1, 3, 3, 3}},
	} {
		got, err := count(c.text...).mostFrequent(c.rows, 3)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%d of %v: %v, %v, want %v", c.rows, c.text, got, err, c.want)
		}
	}
	if _, err := count(1, 2).mostFrequent(2, 3); err == nil || !strings.Contains(err.Error(), "has 1 n-grams") {
		t.Errorf("two of one: error %v", err)
	}
}

// TestNGramsOfTheCorpus: the sources' weights decide what is counted, and what is counted depends on the seed.
func TestNGramsOfTheCorpus(t *testing.T) {
	o := withNGrams(t, 5, 3)
	other := o.Data[0].Path + "2"
	if err := os.WriteFile(other, []byte(strings.Repeat("0123456789", 50)), 0o666); err != nil {
		t.Fatal(err)
	}
	o.Data = append(o.Data, Source{other, 1e6})
	r := newRun(t, o)
	for _, id := range r.ngrams.Keys {
		if id != -1 && (id < '0' || id > '9') && int(id) != o.Model.Start {
			t.Errorf("id %d is none of the source that has nearly all the weight: %v", id, r.ngrams.Keys)
		}
	}
	if again := newRun(t, o); !slices.Equal(again.ngrams.Keys, r.ngrams.Keys) {
		t.Errorf("the same run has other keys: %v and %v", r.ngrams.Keys, again.ngrams.Keys)
	}
	o.Model.NGrams = 1000
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "choose fewer") {
		t.Errorf("more rows than n-grams: error %v", err)
	}
}

func TestNGramRun(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	o := withNGrams(t, 60, 4)
	plain, r := newRun(t, testOptions(t)), newRun(t, o)
	if got, want := steps(t, r, 1).BitsPerByte, steps(t, plain, 1).BitsPerByte; got != want {
		t.Errorf("first step: %v bits/byte, without the table, whose rows are zero, %v", got, want)
	}
	if got, want := steps(t, r, 11).BitsPerByte, steps(t, plain, 11).BitsPerByte; got > want-0.1 {
		t.Errorf("after 12 steps: %.3f bits/byte, want far less than the %.3f without the table", got, want)
	}
	if r.MultiplyAdds() != plain.MultiplyAdds() {
		t.Error("rows that are added are counted as multiply-adds")
	}
}

func TestThreadsDoNotChangeNGrams(t *testing.T) {
	o := withNGrams(t, 60, 4)
	var want *Run
	for _, threads := range []int{1, 2, 3} {
		o.Threads = threads
		r := newRun(t, o)
		steps(t, r, 3)
		if want == nil {
			want = r
		} else if !slices.Equal(r.weights, want.weights) || !slices.Equal(r.ngrams.weights, want.ngrams.weights) {
			t.Errorf("%d threads give other weights than 1", threads)
		}
	}
}

func TestResumeContinuesNGrams(t *testing.T) {
	o := withNGrams(t, 60, 4)
	whole := newRun(t, o)
	steps(t, whole, 2)
	dir := t.TempDir()
	if err := whole.Save(dir); err != nil {
		t.Fatal(err)
	}
	want := steps(t, whole, 2)
	resumed, err := Resume(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	if got := steps(t, resumed, 2); got != want {
		t.Errorf("resumed run: %+v, want %+v", got, want)
	}
	if !reflect.DeepEqual(resumed.Tensors(), whole.Tensors()) || !slices.Equal(resumed.ngrams.squares, whole.ngrams.squares) {
		t.Error("the resumed run has other weights")
	}
	o.Model.NGramLength = 3
	if _, err := Resume(dir, o); err == nil || !strings.Contains(err.Error(), "Model.NGramLength was 4, now 3") {
		t.Errorf("other length: error %v", err)
	}
}

// TestLoadNGrams: a run that goes on from a model has its table; from a model without one, that of New.
func TestLoadNGrams(t *testing.T) {
	o := withNGrams(t, 60, 4)
	first := newRun(t, o)
	steps(t, first, 2)
	o.Seed++
	r := newRun(t, o)
	if err := r.Load(&checkpoint.File{Tensors: first.Tensors()}); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(r.Tensors(), first.Tensors()) {
		t.Error("the weights are not those that were loaded")
	}

	plain := newRun(t, testOptions(t))
	r = newRun(t, o)
	keys := slices.Clone(r.ngrams.Keys)
	if err := r.Load(&checkpoint.File{Tensors: plain.Tensors()}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.weights, plain.weights) || !slices.Equal(r.ngrams.Keys, keys) || slices.Max(r.ngrams.weights) != 0 {
		t.Error("a model without a table was not loaded beside the table of the run")
	}

	if err := plain.Load(&checkpoint.File{Tensors: first.Tensors()}); err == nil || !strings.Contains(err.Error(), model.NGramKeys) {
		t.Errorf("a table where the run has none: error %v", err)
	}
	broken := first.Tensors()
	broken[model.NGramWeight] = checkpoint.Float32(make([]float32, 60), 60)
	if err := r.Load(&checkpoint.File{Tensors: broken}); err == nil || !strings.Contains(err.Error(), model.NGramWeight) {
		t.Errorf("a table of another shape: error %v", err)
	}
}

// TestNGramsAreThoseOfTheModel: what training evaluates is what the model that it writes computes in float32.
func TestNGramsAreThoseOfTheModel(t *testing.T) {
	o := withNGrams(t, 60, 4)
	r := newRun(t, o)
	steps(t, r, 6)
	text, err := os.ReadFile(o.Data[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	pieces, err := r.Pieces(text, 2048)
	if err != nil {
		t.Fatal(err)
	}
	want, err := r.Evaluate(t.Context(), pieces)
	if err != nil {
		t.Fatal(err)
	}
	c, err := model.ParseConfig(o.Model.JSON())
	if err != nil {
		t.Fatal(err)
	}
	w, err := model.NewWeights(c, &checkpoint.File{Tensors: r.Tensors()}, model.F32)
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.New(w, append(slices.Clone(r.corpus.ids), int32(c.Start))) // an outcome, too, as in training
	if err != nil {
		t.Fatal(err)
	}
	var bits float64
	rawBytes := 0
	logits := make([]float32, m.Symbols())
	for _, p := range pieces {
		rawBytes += p.RawBytes
		s := m.NewState(1, 1, model.Fresh)
		previous := m.Start()
		for _, symbol := range p.Symbols {
			s.Advance([]model.Row{{Symbol: previous}}, logits)
			previous = symbol
			var sum float64
			for _, x := range logits {
				sum += math.Exp(float64(x))
			}
			bits += math.Log2(sum) - float64(logits[symbol])/math.Ln2
		}
	}
	if got := bits / float64(rawBytes); math.Abs(got-want) > 1e-4 {
		t.Errorf("%.5f bits/byte, want the %.5f of training", got, want)
	}
}

// TestNGramStep: two steps of Adagrad on one row, by hand: rate g / (sqrt(sum of g^2) + eps), the gradient being that of all positions.
func TestNGramStep(t *testing.T) {
	const rate, eps, clip = 0.5, 0.25, 2
	g := newNGrams(&model.NGrams{Length: 2, Keys: []int32{1, 2}}, 1, 2, 2)
	for step, want := range []float32{
		-0.5 * 6 / (6 + 0.25),
		-0.5*6/(6+0.25) - 0.5*-8/(10+0.25),
	} {
		a, b := []float32{1, -4}[step], []float32{2, 0}[step]
		g.found[0][0], g.found[0][1], g.found[1][0], g.found[1][1] = 0, -1, -1, 0
		g.dx[0][0], g.dx[0][1], g.dx[1][0], g.dx[1][1] = a, 100, 100, b
		for part := range ngramParts {
			g.update(part, rate, eps, clip)
		}
		if got := g.weights[0]; math.Abs(float64(got-want)) > 1e-6 {
			t.Errorf("after step %d the row is %v, want %v", step+1, got, want)
		}
	}
}
