package bench

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"lmz/internal/lm"
	"lmz/internal/model"
)

// tiny is a shape for tests; its window is full after a few symbols.
const tiny = "tiny"

func init() { shapes[tiny] = gptNeoX(2, 32, 2, 257, 24, 256) }

func TestShapes(t *testing.T) {
	for name, parameters := range map[string]int64{ // Pythia's as its paper gives them
		"pythia-70m": 70_426_624, "pythia-1.4b": 1_414_647_808, "byte-3m": 3_291_136,
	} {
		c, symbols, err := shape(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if total, _ := c.Parameters(); total != parameters {
			t.Errorf("%s has %d parameters, want %d", name, total, parameters)
		}
		want := 50304
		if name == "byte-3m" {
			want = 256
		}
		if symbols != want {
			t.Errorf("%s codes %d symbols, want %d", name, symbols, want)
		}
	}
	if _, err := Run(t.Context(), Options{Shape: "cube"}); err == nil || KnownShape("cube") == nil {
		t.Error("a shape that is none is no error")
	}
}

// TestRunShape measures a shape: every figure is there, and follows from the others.
func TestRunShape(t *testing.T) {
	for _, threads := range []int{1, 3} {
		var due, done atomic.Int64
		o := Options{Shape: tiny, Symbols: 500, Segments: 7, Threads: threads, windows: 1}
		o.Stage = func(_, _ string, total int) func(int) {
			due.Add(int64(total))
			return func(n int) { done.Add(int64(n)) }
		}
		r, err := Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if due.Load() != done.Load() || due.Load() < 1000 {
			t.Errorf("progress of %d, want %d", done.Load(), due.Load())
		}
		c := r.Coding
		if c.Unit != "bytes" || c.Symbols != 500 || c.Segments != 7 || c.CodedSize < 400 || r.Threads != threads || !r.Model.Random {
			t.Errorf("%+v", r)
		}
		for _, way := range []Coded{c.Compress, c.Decompress} {
			if got, want := way.MultiplyAdds*way.Elapsed, 500*c.MultiplyAdds; math.Abs(got-want) > 1e-6*want {
				t.Errorf("%v multiply-adds, want %v", got, want)
			}
			if got := way.OfPeak * r.Peak.AllThreads; math.Abs(got-way.MultiplyAdds) > 1e-6*got {
				t.Errorf("%v of the peak is %v, want %v", way.OfPeak, got, way.MultiplyAdds)
			}
		}
		for _, p := range r.Products {
			if !(p.OneThread > 0 && p.AllThreads > 0 && p.OneThreadOfPeak > 0 && p.AllThreadsOfPeak > 0 && p.SpeedUp > 0) {
				t.Errorf("%+v", p)
			}
		}
		if want := r.Peak.Before.larger(r.Peak.After); r.Peak.Rates != want || !(want.OneThread > 0 && want.AllThreads > 0) {
			t.Errorf("peak %+v", r.Peak)
		}
	}
}

// TestRunModel measures the model that lmz carries on text, given and drawn.
func TestRunModel(t *testing.T) {
	for _, text := range [][]byte{nil, drawText(700)} {
		r, err := Run(t.Context(), Options{Text: text, Symbols: 1000, Threads: 2, windows: 1})
		if err != nil {
			t.Fatal(err)
		}
		want := 1000
		if text != nil {
			want = len(text)
		}
		if c := r.Coding; c.Symbols != want || c.CodedSize < want/8 || c.CodedSize > want/2 || r.Model.Random {
			t.Errorf("%+v", r)
		}
	}
}

// TestNotPredicted finds text that lmz does not ask its model about.
func TestNotPredicted(t *testing.T) {
	noise := make([]byte, 100_000)
	draw(rand.New(rand.NewPCG(1, 1)), noise)
	for name, text := range map[string][]byte{"noise": noise, "zeros": make([]byte, 100_000)} {
		_, err := Run(t.Context(), Options{Text: text, Symbols: len(text), windows: 1})
		if !errors.Is(err, ErrNotPredicted) {
			t.Errorf("%s: %v, want %v", name, err, ErrNotPredicted)
		}
	}
}

func TestCancelled(t *testing.T) {
	before := shapes["byte-3m"]
	defer func() { shapes["byte-3m"] = before }()
	shapes["byte-3m"] = shapes[tiny] // which trains quickly
	for _, stage := range []string{"products", "weights", "compressing", "decompressing", "peak again", "training"} {
		ctx, cancel := context.WithCancel(t.Context())
		o := Options{Shape: tiny, Symbols: 500, Train: true, windows: 1, Stage: func(name, _ string, _ int) func(int) {
			if name == stage {
				cancel()
			}
			return func(int) {}
		}}
		if _, err := Run(ctx, o); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want %v", stage, err, context.Canceled)
		}
		cancel()
	}
}

func TestTraining(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	tr, err := trainShape(t.Context(), Options{Threads: 2, Stage: func(string, string, int) func(int) { return func(int) {} }, windows: 1}, tiny, shapes[tiny])
	if err != nil {
		t.Fatal(err)
	}
	if !(tr.PerSecond > 0 && tr.MultiplyAdds > tr.PerSecond && tr.OfPeak > 0) || tr.Positions%24 != 0 {
		t.Errorf("%+v", tr)
	}
}

// TestMeanContext counts positions one by one, as model.State does.
func TestMeanContext(t *testing.T) {
	for _, lengths := range [][]int{{1}, {8}, {9}, {15}, {16}, {100, 3, 0, 22}} {
		var sum, count float64
		for _, n := range lengths {
			context := 0
			for range n {
				if context == 8 {
					context = 1 // start-of-text
				}
				context++
				sum += float64(context)
				count++
			}
		}
		if got, want := meanContext(lengths, 8), sum/count; math.Abs(got-want) > 1e-9 {
			t.Errorf("segments of %d symbols: mean context %v, want %v", lengths, got, want)
		}
	}
}

// TestMultiplyAdds compares with the weights of the matrices.
func TestMultiplyAdds(t *testing.T) {
	c, symbols, _ := shape("pythia-70m")
	total := 0
	for _, s := range c.Tensors() {
		if len(s.Shape) == 2 {
			total += s.Shape[0] * s.Shape[1]
		}
	}
	want := float64(total - c.Vocab*c.Hidden + 2*c.Layers*c.Hidden*100)
	if got := multiplyAdds(c, symbols, 100); got != want {
		t.Errorf("%v multiply-adds, want %v", got, want)
	}
}

// TestRandomModel checks that numbers stay as large as in a trained model, whatever its width.
func TestRandomModel(t *testing.T) {
	for _, c := range []model.Config{shapes[tiny], gptNeoX(3, 128, 4, 257, 64, 256)} {
		m, err := randomModel(t.Context(), c, 256, func(int) {})
		if err != nil {
			t.Fatal(err)
		}
		logits := make([]float32, 20*256)
		s := m.NewState(1, 1, model.Policy(lm.Fresh))
		for i := range 20 {
			s.Advance([]model.Row{{Lane: 0, Symbol: int32(i)}}, logits[i*256:(i+1)*256])
		}
		var squares float64
		for _, x := range logits {
			squares += float64(x) * float64(x)
		}
		if deviation := math.Sqrt(squares / float64(len(logits))); deviation < 1 || deviation > 4 {
			t.Errorf("width %d: logits of deviation %v, want about 2", c.Hidden, deviation)
		}
	}
}

func TestWeightBytes(t *testing.T) {
	m, err := lm.Default()
	if err != nil {
		t.Fatal(err)
	}
	parameters, _ := m.Config().Parameters()
	if got := m.Config().Memory(lm.Int8); got < parameters || got > parameters*11/10 {
		t.Errorf("%d parameters in %d bytes of int8 and scales", parameters, got)
	}
}

func TestDraw(t *testing.T) {
	x := make([]int8, 100_000)
	draw(rand.New(rand.NewPCG(1, 2)), x)
	if slices.Min(x) != -127 || slices.Max(x) != 127 {
		t.Errorf("from %d to %d, want -127 to 127", slices.Min(x), slices.Max(x))
	}
	text := drawText(5000)
	if len(text) != 5000 || !bytes.Equal(text, drawText(5000)) {
		t.Error("text is not the same again")
	}
	n := 0
	for _, s := range drawSegments(1000, 7, 40) {
		n += len(s)
		if slices.Min(s) < 0 || slices.Max(s) > 39 || len(s) < 1000/7 {
			t.Errorf("segment %v", s)
		}
	}
	if n != 1000 {
		t.Errorf("%d symbols in segments, want 1000", n)
	}
}

func TestUsage(t *testing.T) {
	if peakResident() == 0 {
		t.Skip("this system does not tell")
	}
	watch := start()
	for range 10 {
		drawText(1 << 20)
	}
	if took := watch.stop(); !(took.Processor > 0 && took.Elapsed > 0) || peakResident() < 1<<20 {
		t.Errorf("%+v, %d bytes resident", took, peakResident())
	}
}
