package model

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"lmz/internal/checkpoint"
)

// withNGrams has a table, and so few ids that half of all n-grams are in it.
var withNGrams = Config{
	Layers: 2, Hidden: 36, Heads: 3, FeedForward: 50, Vocab: 6, Window: 24,
	RotaryWidth: 6, RotaryBase: 10000, NormEps: 1e-5, Parallel: true, Start: 5, NGrams: 800, NGramLength: 4,
}.AsGPTNeoX()

// randomKeys draws the keys of a table from all n-grams that there can be.
func randomKeys(c Config, rng *rand.Rand) (keys []int32) {
	all := [][]int32{{}}
	for i := 0; len(all[i]) < c.NGramLength; i++ {
		for id := range c.Vocab {
			all = append(all, append(slices.Clone(all[i]), int32(id)))
		}
	}
	all = slices.DeleteFunc(all, func(ids []int32) bool { return len(ids) < 2 })
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	all = all[:c.NGrams]
	slices.SortFunc(all, func(a, b []int32) int { return cmp.Or(cmp.Compare(len(a), len(b)), slices.Compare(a, b)) })
	for _, ids := range all {
		keys = append(keys, ids...)
		keys = append(keys, slices.Repeat([]int32{-1}, c.NGramLength-len(ids))...)
	}
	return keys
}

// naiveRows looks the n-grams that a context ends with up one by one.
func naiveRows(keys []int32, length int, context []int32) []int32 {
	rows := slices.Repeat([]int32{-1}, length-1)
	for r := range len(keys) / length {
		key := slices.DeleteFunc(slices.Clone(keys[r*length:][:length]), func(id int32) bool { return id < 0 })
		if n := len(key); n <= len(context) && slices.Equal(key, context[len(context)-n:]) {
			rows[n-2] = int32(r)
		}
	}
	return rows
}

func TestFindNGrams(t *testing.T) {
	keys := randomKeys(withNGrams, rand.New(rand.NewPCG(1, 0)))
	g, err := NewNGrams(keys, 4, 6)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	rng := rand.New(rand.NewPCG(2, 0))
	for i := range 300 {
		context := make([]int32, i%7) // shorter than the longest n-gram, too
		for j := range context {
			context[j] = int32(rng.IntN(6))
		}
		got, want := make([]int32, 3), naiveRows(keys, 4, context)
		g.Find(got, context)
		if !slices.Equal(got, want) {
			t.Errorf("rows of %v are %v, want %v", context, got, want)
		}
		if slices.Max(got) >= 0 {
			found++
		}
	}
	if found < 100 {
		t.Errorf("%d of 300 contexts had rows, want at least 100: the test is no test", found)
	}
}

func TestNewNGramsRefuses(t *testing.T) {
	for _, c := range []struct {
		name, want string
		keys       []int32
	}{
		{"an id beyond the vocabulary", "row 1", []int32{0, 1, -1, 0, 6, -1}},
		{"a negative id", "row 0", []int32{0, -2, -1}},
		{"the lowest id", "row 0", []int32{-1 << 31, 0, 1}},
		{"an id after the end", "row 0 is [0 1 -1 2]", []int32{0, 1, -1, 2}},
		{"nothing", "want 2 to 3 ids", []int32{-1, -1, -1}},
		{"one id", "want 2 to 3 ids", []int32{4, -1, -1}},
		{"a key twice", "[0 1] after [0 1], want rows that ascend", []int32{0, 1, -1, 0, 1, -1}},
		{"keys that descend", "[0 1] after [0 2]", []int32{0, 2, -1, 0, 1, -1}},
		{"a longer key before a shorter one", "[5 5] after [0 0 0]", []int32{0, 0, 0, 5, 5, -1}},
	} {
		length := 3
		if len(c.keys) == 4 {
			length = 4
		}
		if _, err := NewNGrams(c.keys, length, 6); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), NGramKeys) {
			t.Errorf("%s: error %v, want one of %s with %q", c.name, err, NGramKeys, c.want)
		}
	}
}

// TestNGramsAreAdded: a table of zeros changes nothing. A row that is changed changes the predictions from the positions on at which its
// n-gram ends, until the context begins anew, and no others.
func TestNGramsAreAdded(t *testing.T) {
	c := withNGrams
	f := randomTensors(c, 1)
	plainConfig := c
	plainConfig.NGrams, plainConfig.NGramLength = 0, 0
	plain := randomTensors(c, 1)
	delete(plain.Tensors, NGramKeys)
	delete(plain.Tensors, NGramWeight)
	sequence := symbols(c, 40, 3)
	logits := func(c Config, f *checkpoint.File) []float32 {
		w, err := NewWeights(c, f, Int8)
		if err != nil {
			t.Fatal(err)
		}
		m, err := New(w, []int32{0, 1, 2, 3, 4})
		if err != nil {
			t.Fatal(err)
		}
		return step(m, Fresh, sequence)
	}
	table, err := f.Tensors[NGramWeight].Float32s()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := f.Tensors[NGramKeys].Int32s()
	if err != nil {
		t.Fatal(err)
	}
	before := logits(c, f)
	f.Tensors[NGramWeight] = checkpoint.Float32(make([]float32, len(table)), c.NGrams, c.Hidden)
	if !slices.Equal(logits(c, f), logits(plainConfig, plain)) {
		t.Error("a table of zeros changes the logits")
	}
	if slices.Equal(logits(c, f), before) {
		t.Error("the table changes nothing")
	}

	// rowAt is that of the first n-gram from a position on.
	rowAt := func(n, pos int) int32 {
		for ; pos < len(sequence); pos++ {
			if row := naiveRows(keys, 4, sequence[:pos+1])[n-2]; row >= 0 {
				return row
			}
		}
		t.Fatalf("the sequence has no %d-gram of the table: choose another one", n)
		return -1
	}
	for _, row := range []int32{rowAt(2, 1), rowAt(3, 5), rowAt(4, 9), rowAt(2, c.Window+2)} {
		changed := slices.Clone(table)
		for i := range c.Hidden {
			changed[int(row)*c.Hidden+i] *= -1.5
		}
		f.Tensors[NGramWeight] = checkpoint.Float32(changed, c.NGrams, c.Hidden)
		after := logits(c, f)
		met := false
		for pos := range sequence {
			context := sequence[:pos+1]
			if pos >= c.Window {
				context = append([]int32{int32(c.Start)}, sequence[c.Window:pos+1]...)
			}
			if pos == c.Window {
				met = false
			}
			met = met || slices.Contains(naiveRows(keys, 4, context), row)
			if same := slices.Equal(after[pos*5:][:5], before[pos*5:][:5]); same == met {
				t.Errorf("row %d: position %d is the same: %t, want %t", row, pos, same, !met)
			}
		}
	}
}

// TestNGramsOfVocabulary: keys are rows of the vocabulary, not symbols.
func TestNGramsOfVocabulary(t *testing.T) {
	w := random(t, withNGrams, 1)
	all, err := New(w, []int32{0, 1, 2, 3, 4})
	if err != nil {
		t.Fatal(err)
	}
	some, err := New(w, []int32{4, 1, 3})
	if err != nil {
		t.Fatal(err)
	}
	want := step(all, Fresh, []int32{5, 4, 4, 3, 1, 3, 4, 1})
	got := step(some, Fresh, []int32{3, 0, 0, 2, 1, 2, 0, 1})
	for pos := range 8 {
		if got[3*pos] != want[5*pos+4] || got[3*pos+1] != want[5*pos+1] || got[3*pos+2] != want[5*pos+3] {
			t.Fatalf("position %d: logits %v, want those of 4, 1, 3 in %v", pos, got[3*pos:][:3], want[5*pos:][:5])
		}
	}
}

func TestNGramIdentity(t *testing.T) {
	w := random(t, withNGrams, 1)
	seen := map[string]string{}
	check := func(name string, w *Weights) {
		id := fmt.Sprintf("%x", w.Identity())[:32]
		if other, ok := seen[id]; ok {
			t.Errorf("%s and %s have the same identity", name, other)
		}
		seen[id] = name
	}
	check("a table", w)
	check("precision f32", mustWeights(t, withNGrams, randomTensors(withNGrams, 1), F32))

	one := w.Tensors()
	keys := slices.Clone(w.ngrams.Keys)
	copy(keys[len(keys)-4:], []int32{5, 5, 5, 5})
	if slices.Equal(keys, w.ngrams.Keys) {
		t.Fatal("the last key is the last that there can be: choose another seed")
	}
	one.Tensors[NGramKeys] = checkpoint.Int32(keys, withNGrams.NGrams, 4)
	check("another key", mustWeights(t, withNGrams, one, Int8))

	longer, wide := withNGrams, []int32(nil)
	longer.NGramLength = 5
	for row := range slices.Chunk(w.ngrams.Keys, 4) {
		wide = append(append(wide, row...), -1)
	}
	two := w.Tensors()
	two.Tensors[NGramKeys] = checkpoint.Int32(wide, withNGrams.NGrams, 5)
	check("another length", mustWeights(t, longer, two, Int8))

	again := mustWeights(t, withNGrams, w.Tensors(), Int8)
	if again.Identity() != w.Identity() {
		t.Error("the int8 form has another identity than what it was made from")
	}
	const want = "5408fe620f060d53bc42c79c41a0b34a"
	if got := fmt.Sprintf("%x", w.Identity())[:32]; got != want {
		t.Errorf("identity %s, want %s", got, want)
	}
	const wantPlain = "ee41a0660a5f86ee432da0198b0dc632"
	if got := fmt.Sprintf("%x", random(t, small, 1).Identity())[:32]; got != wantPlain {
		t.Errorf("without a table: identity %s, want %s", got, wantPlain)
	}
}

func mustWeights(t *testing.T, c Config, f *checkpoint.File, p Precision) *Weights {
	t.Helper()
	w, err := NewWeights(c, f, p)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestNGramSizes(t *testing.T) {
	plain := withNGrams
	plain.NGrams, plain.NGramLength = 0, 0
	total, body := withNGrams.Parameters()
	totalPlain, bodyPlain := plain.Parameters()
	if total-totalPlain != 800*36 || body != bodyPlain {
		t.Errorf("%d parameters and %d without embeddings, want %d and %d", total, body, totalPlain+800*36, bodyPlain)
	}
	if got, want := withNGrams.Memory(Int8)-plain.Memory(Int8), int64(800*(36+4)+800*4*4); got != want {
		t.Errorf("int8 takes %d bytes, want %d", got, want)
	}
	if got, want := withNGrams.Memory(F32)-plain.Memory(F32), int64(800*36*4+800*4*4); got != want {
		t.Errorf("f32 takes %d bytes, want %d", got, want)
	}
}

func TestNewWeightsRefusesNGrams(t *testing.T) {
	const rows = 800
	for name, change := range map[string]func(map[string]checkpoint.Tensor){
		`lacks tensor "lmz_ngram.keys"`:   func(f map[string]checkpoint.Tensor) { delete(f, NGramKeys) },
		`lacks tensor "lmz_ngram.weight"`: func(f map[string]checkpoint.Tensor) { delete(f, NGramWeight) },
		`"lmz_ngram.weight_scale"`:        func(f map[string]checkpoint.Tensor) { delete(f, NGramWeight+scaleSuffix) },
		`"lmz_ngram.keys" has shape [4 800], want [800 4]`: func(f map[string]checkpoint.Tensor) {
			f[NGramKeys] = checkpoint.Int32(make([]int32, 4*rows), 4, rows)
		},
		`"lmz_ngram.keys": checkpoint: element type is F32, want I32`: func(f map[string]checkpoint.Tensor) {
			f[NGramKeys] = checkpoint.Float32(make([]float32, 4*rows), rows, 4)
		},
		`"lmz_ngram.keys": row 0 is [0], want 2 to 4 ids`: func(f map[string]checkpoint.Tensor) {
			keys := slices.Repeat([]int32{-1}, 4*rows)
			keys[0] = 0
			f[NGramKeys] = checkpoint.Int32(keys, rows, 4)
		},
		`"lmz_ngram.weight" has shape [1 36], want [800 36]`: func(f map[string]checkpoint.Tensor) {
			f[NGramWeight] = checkpoint.Int8(make([]int8, 36), 1, 36)
		},
		`"lmz_ngram.weight" holds -128`: func(f map[string]checkpoint.Tensor) {
			f[NGramWeight] = checkpoint.Int8(slices.Repeat([]int8{-128}, 36*rows), rows, 36)
		},
		`has tensor "lmz_ngram.keys_scale"`: func(f map[string]checkpoint.Tensor) {
			f[NGramKeys+scaleSuffix] = checkpoint.Float32([]float32{2}, 1)
		},
		`has tensor "lmz_ngram.weight_scale"`: func(f map[string]checkpoint.Tensor) { // of floats, which have none
			f[NGramWeight] = checkpoint.Float32(make([]float32, 36*rows), rows, 36)
		},
	} {
		f := random(t, withNGrams, 1).Tensors()
		change(f.Tensors)
		if _, err := NewWeights(withNGrams, f, Int8); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	plain := withNGrams
	plain.NGrams, plain.NGramLength = 0, 0
	if _, err := NewWeights(plain, randomTensors(withNGrams, 1), Int8); err == nil || !strings.Contains(err.Error(), NGramKeys) {
		t.Errorf("a table that the configuration has not: error %v", err)
	}
	for _, a := range []Architecture{GPT2, Llama} {
		c := withNGrams
		c.Architecture = a
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "n-grams") {
			t.Errorf("%s: error %v", a, err)
		}
	}
	if plain.NGramLength = 3; plain.Validate() == nil {
		t.Error("a length without a table is accepted")
	}
}
