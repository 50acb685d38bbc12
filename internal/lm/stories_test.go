package lm

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lmz/internal/checkpoint"
	"lmz/internal/codec"
	"lmz/internal/model"
	"lmz/internal/tokenizer"
)

// TestStories: stories260K, a trained Llama of 260,000 parameters, tells by always taking the most probable token what
// llama2.c (https://github.com/karpathy/llama2.c) tells with it.
func TestStories(t *testing.T) {
	want := string(story(t, "expected_greedy_200_steps.txt"))
	for _, precision := range []Precision{F32, Int8Outlier, Int8} {
		m, err := stories(t).load("stories260K", precision)
		if err != nil {
			t.Fatal(err)
		}
		symbols := tell(m, 200, greatest)
		got := string(m.tokenizer.Decode(nil, symbols))
		agree := 0
		for agree < len(symbols) && strings.HasPrefix(want, string(m.tokenizer.Decode(nil, symbols[:agree+1]))) {
			agree++
		}
		t.Logf("%v: %d of %d steps agree", precision, agree, len(symbols))
		if precision == F32 && got != want {
			t.Errorf("%v tells\n%s\nwant\n%s", precision, got, want)
		}
	}
}

// TestStoriesCodeLength: int8 costs a trained model at most 0.5% of code length. The stories are drawn from the model in float32,
// so that no other has a shorter code length on average.
func TestStoriesCodeLength(t *testing.T) {
	models := map[Precision]*Model{}
	for _, precision := range []Precision{F32, Int8Outlier, Int8} {
		m, err := stories(t).load("stories260K", precision)
		if err != nil {
			t.Fatal(err)
		}
		models[precision] = m
	}
	var drawn [][]int32
	for seed := range uint64(10) {
		random := rand.New(rand.NewPCG(seed, 0))
		drawn = append(drawn, tell(models[F32], 400, func(logits []float32) int32 { return draw(logits, random.Float64()) }))
	}
	bits := map[Precision]float64{}
	for _, precision := range []Precision{F32, Int8Outlier, Int8} {
		for _, symbols := range drawn {
			bits[precision] += codeLength(models[precision], symbols)
		}
		t.Logf("%v: %.0f bits for 10 stories of 400 tokens, %+.3f%%", precision, bits[precision], 100*(bits[precision]/bits[F32]-1))
	}
	if !(bits[Int8] <= bits[F32]*1.005) {
		t.Errorf("int8 takes %.0f bits and f32 %.0f, want at most 0.5%% more", bits[Int8], bits[F32])
	}
}

// codeLength is the bits that a model needs for symbols that its window holds: the sum of -log2 p.
func codeLength(m *Model, symbols []int32) (bits float64) {
	n := m.tokenizer.Symbols()
	rows := logits(m, append([]int32{m.model.Start()}, symbols...))
	for i, s := range symbols {
		sum := 0.0
		for _, x := range rows[i*n:][:n] {
			sum += math.Exp(float64(x - rows[i*n+int(s)]))
		}
		bits += math.Log2(sum)
	}
	return bits
}

// draw is the symbol at u, 0 to 1, of the distribution that logits give.
func draw(logits []float32, u float64) int32 {
	sum := 0.0
	for _, x := range logits {
		sum += math.Exp(float64(x))
	}
	u *= sum
	for i, x := range logits {
		if u -= math.Exp(float64(x)); u < 0 {
			return int32(i)
		}
	}
	return int32(len(logits) - 1)
}

// greatest is the most probable symbol.
func greatest(logits []float32) (symbol int32) {
	for i, x := range logits {
		if x > logits[symbol] {
			symbol = int32(i)
		}
	}
	return symbol
}

// tell is what follows start-of-text, each symbol chosen by its logits.
func tell(m *Model, steps int, choose func(logits []float32) int32) (symbols []int32) {
	s := m.Predictor(Fresh).NewSession(1, 1)
	logits := make([]float32, m.tokenizer.Symbols())
	next := m.model.Start()
	for range steps {
		s.Advance([]codec.Row{{Symbol: next}}, logits)
		next = choose(logits)
		symbols = append(symbols, next)
	}
	return symbols
}

// story is a file of shared/reference/models/stories260K, which LMZ_SHARED or ../shared of the repository has. It skips the
// test where there is none.
func story(t *testing.T, name string) []byte {
	t.Helper()
	shared := cmp.Or(os.Getenv("LMZ_SHARED"), filepath.Join("..", "..", "..", "shared"))
	b, err := os.ReadFile(filepath.Join(shared, "reference", "models", "stories260K", name))
	if os.IsNotExist(err) {
		t.Skipf("no stories260K in %s: LMZ_SHARED names the directory of the project's data", shared)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// stories reads the model: llama2.c's first format of files (export.py, legacy_export), seven int32 and then float32, the
// tensors of a kind for all layers one after another.
func stories(t *testing.T) *parts {
	t.Helper()
	b := story(t, "checkpoint_legacy.bin")
	var h struct{ Hidden, FeedForward, Layers, Heads, KVHeads, Vocab, Window int32 }
	n, err := binary.Decode(b, binary.LittleEndian, &h)
	if err != nil {
		t.Fatal(err)
	}
	numbers := make([]float32, (len(b)-n)/4)
	if _, err := binary.Decode(b[n:], binary.LittleEndian, numbers); err != nil {
		t.Fatal(err)
	}
	c := model.Config{
		Architecture: model.Llama, Layers: int(h.Layers), Hidden: int(h.Hidden), Heads: int(h.Heads), KVHeads: int(h.KVHeads),
		HeadWidth: int(h.Hidden / h.Heads), FeedForward: int(h.FeedForward), Vocab: int(h.Vocab), Window: int(h.Window),
		RotaryWidth: int(h.Hidden / h.Heads), RotaryBase: 10000, NormEps: 1e-5, Tied: true, Start: 1, Wide: true,
	}
	f := &checkpoint.File{Tensors: map[string]checkpoint.Tensor{}}
	take := func(name string, shape ...int) {
		size := 1
		for _, d := range shape {
			size *= d
		}
		f.Tensors[name] = checkpoint.Float32(numbers[:size], shape...)
		numbers = numbers[size:]
	}
	layers := func(name string, shape ...int) {
		for l := range c.Layers {
			take(fmt.Sprintf("model.layers.%d.%s.weight", l, name), shape...)
		}
	}
	d, wide, narrow := c.Hidden, c.Heads*c.HeadWidth, c.KVHeads*c.HeadWidth
	take("model.embed_tokens.weight", c.Vocab, d)
	layers("input_layernorm", d)
	layers("self_attn.q_proj", wide, d)
	layers("self_attn.k_proj", narrow, d)
	layers("self_attn.v_proj", narrow, d)
	layers("self_attn.o_proj", d, wide)
	layers("post_attention_layernorm", d)
	layers("mlp.gate_proj", c.FeedForward, d)
	layers("mlp.down_proj", d, c.FeedForward)
	layers("mlp.up_proj", c.FeedForward, d)
	take("model.norm.weight", d)
	if want := c.Window * c.HeadWidth; len(numbers) != want {
		t.Fatalf("%d numbers after the weights, want %d cosines and sines", len(numbers), want)
	}
	for name, tensor := range f.Tensors {
		if strings.Contains(name, "q_proj") || strings.Contains(name, "k_proj") {
			apart(tensor, c.HeadWidth)
		}
	}
	return &parts{config: c, tokenizer: storiesTokenizer(t, c.Vocab), file: f}
}

// apart reorders the rows of a projection to heads of a width: llama2.c has the two components that are rotated together
// beside one another, Hugging Face half a head apart.
func apart(t checkpoint.Tensor, width int) {
	size := len(t.Data) / t.Shape[0] // bytes a row
	old := bytes.Clone(t.Data)
	for row := range t.Shape[0] {
		head, i := row/width*width, row%width
		copy(t.Data[(head+i%2*width/2+i/2)*size:], old[row*size:(row+1)*size])
	}
}

// storiesTokenizer reads llama2.c's tokenizer.bin: the longest token's size, then for each token its score, its size and its
// bytes. It is SentencePiece's vocabulary with spaces as such.
func storiesTokenizer(t *testing.T, vocab int) tokenizer.Tokenizer {
	t.Helper()
	r := bytes.NewReader(story(t, "tokenizer.bin")[4:])
	read := func(v any) {
		if err := binary.Read(r, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	const normal, unknown, control, ofByte = 1, 2, 3, 6 // GGUF's types of tokens
	g := tokenizer.GGUF{Model: "llama", SpacePrefix: true}
	for id := range vocab {
		var score float32
		var size int32
		read(&score)
		read(&size)
		name := make([]byte, size)
		read(name)
		kind := int32(normal)
		switch {
		case id == 0:
			kind = unknown
		case id <= 2:
			kind = control
		case id < 3+256:
			kind = ofByte
		}
		g.Tokens = append(g.Tokens, strings.ReplaceAll(string(name), " ", "\u2581"))
		g.Types = append(g.Types, kind)
		g.Scores = append(g.Scores, score)
	}
	tok, err := tokenizer.FromGGUF(g, vocab)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}
