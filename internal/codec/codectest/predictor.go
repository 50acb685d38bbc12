// Package codectest tests implementations of codec.Predictor, and has a cheap one for tests of others.
//
// Start with TestPredictor. It holds the oath of docs/numerics.md: encoding many positions in a batch is
// encoding symbol by symbol is any number of lanes abreast is any number of goroutines, to the last bit.
package codectest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"lmz/internal/codec"
)

// TestPredictor tests that the Predictors that open makes are all the same one and keep the promises of
// codec.Predictor and codec.Session on contexts of up to positions symbols. Give more positions than
// the window holds, so that what happens at its end is tested too. The error joins all that was found.
func TestPredictor(open func() codec.Predictor, positions int) error {
	p := open()
	v := p.Symbols()
	if v < 1 || p.Start() < 0 || p.Lanes() < 1 {
		return fmt.Errorf("codectest: %d symbols, start %d, %d lanes: want at least 1, none negative, at least 1", v, p.Start(), p.Lanes())
	}
	texts := sampleTexts(v, positions)
	var want []prediction // of each text, alone, row by row
	for i, text := range texts {
		want = append(want, predict(p, [][]int32{text}, oneByOne)...)
		for at, x := range want[i].logits {
			if f := float64(x); math.IsNaN(f) || math.IsInf(f, 0) {
				return fmt.Errorf("codectest: text %d, position %d: logit %v of symbol %d, want a finite number", i, at/v, x, at%v)
			}
		}
	}

	var errs []error
	report := func(what string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("codectest: %s: %w", what, err))
		}
	}
	report("opened again", compare(predict(open(), texts[:1], oneByOne), want[:1]))
	for _, rows := range []int{2, 3, 7, 8, 9, 64, 65, 1 << 20} {
		for i := range texts {
			report(fmt.Sprintf("batches of %d rows", rows), compare(predict(p, texts[i:i+1], laneByLane(rows)), want[i:i+1]))
		}
	}
	report("lanes abreast", compare(predict(p, texts, oneByOne), want))
	report("lanes abreast, batches of 5 rows each", compare(predict(p, texts, laneByLane(5)), want))
	for seed := range uint64(3) {
		report(fmt.Sprintf("rows shuffled, seed %d", seed), compare(predict(p, texts, shuffled(seed)), want))
	}
	report("goroutines", compare(concurrently(p, texts), want))
	report("goroutines of one session", compare(predictAbreast(p, 3, texts, laneByLane(9)), want))
	report("another end", testCausal(p, texts[0], want[0]))
	report("reset", testReset(p, texts, want))
	report("window", testWindow(p, texts[0], want[0]))
	for _, threads := range []int{1, 3} {
		report(fmt.Sprintf("round trip, %d threads", threads), testRoundTrip(p, texts, threads))
	}
	return errors.Join(errs...)
}

// testCausal gives text another end, in one batch: the predictions before it stay the same.
func testCausal(p codec.Predictor, text []int32, want prediction) error {
	v, half := p.Symbols(), len(text)/2
	text = slices.Clone(text)
	for i := range text[half:] {
		text[half+i] = int32(v-1) - text[half+i]
	}
	got := predict(p, [][]int32{text}, laneByLane(len(text)+1))[0]
	kept := (half + 1) * v // start-of-text is a row too
	return compare([]prediction{{v, got.logits[:kept]}}, []prediction{{v, want.logits[:kept]}})
}

// testReset predicts texts one after another in one lane, emptied between them.
func testReset(p codec.Predictor, texts [][]int32, want []prediction) error {
	v := p.Symbols()
	session := p.NewSession(2, 1)
	for i, text := range texts {
		session.Reset(1)
		rows := []codec.Row{{Lane: 1, Symbol: p.Start()}}
		for _, symbol := range text {
			rows = append(rows, codec.Row{Lane: 1, Symbol: symbol})
		}
		got := prediction{v, make([]float32, len(rows)*v)}
		session.Advance(rows, got.logits)
		if err := compare([]prediction{got}, want[i:i+1]); err != nil {
			return fmt.Errorf("after %d others: %w", i, err)
		}
	}
	return nil
}

// testWindow predicts what follows each full window from start-of-text and the last symbol alone.
func testWindow(p codec.Predictor, text []int32, want prediction) error {
	v, w := p.Symbols(), p.Window()
	if w == 0 {
		return nil
	}
	if w < 2 {
		return fmt.Errorf("%d symbols, want at least 2, or 0", w)
	}
	for begin := w; begin <= len(text); begin += w - 1 { // want[begin] is the first prediction of a context, text[begin-1] known
		end := min(begin+w-1, len(text)+1)
		part := prediction{v, want.logits[begin*v : end*v]}
		got := predict(p, [][]int32{text[begin-1 : end-1]}, oneByOne)[0]
		got.logits = got.logits[v:] // of start-of-text
		if err := compare([]prediction{got}, []prediction{part}); err != nil {
			return fmt.Errorf("context that begins at symbol %d: %w", begin-1, err)
		}
	}
	return nil
}

// testRoundTrip encodes and decodes texts.
func testRoundTrip(p codec.Predictor, texts [][]int32, threads int) error {
	ctx, o := context.Background(), codec.Options{Threads: threads}
	payloads, encoded, err := codec.Encode(ctx, p, texts, o)
	if err != nil {
		return err
	}
	lengths := make([]int, len(texts))
	for i, text := range texts {
		lengths[i] = len(text)
	}
	got, decoded, err := codec.Decode(ctx, p, payloads, lengths, o)
	if err != nil {
		return err
	}
	for i, text := range texts {
		if !slices.Equal(got[i], text) {
			return fmt.Errorf("text %d is not what was encoded", i)
		}
		if encoded[i] != decoded[i] {
			return fmt.Errorf("text %d: code length %v when encoding, %v when decoding", i, encoded[i], decoded[i])
		}
	}
	return nil
}

// sampleTexts makes texts over symbols 0..v-1 of unequal lengths, the first of them n long: noise,
// runs, repetition.
func sampleTexts(v, n int) [][]int32 {
	r := rand.New(rand.NewPCG(1, 2))
	kinds := []func(i int) int{
		func(int) int { return r.IntN(v) },
		func(i int) int { return i / 7 % v },
		func(int) int { return v - 1 },
		func(i int) int { return i * i % 31 % v },
	}
	var texts [][]int32
	for i, length := range []int{n, n - 1, n / 2, n / 3, 1, 0, n/2 + 1} {
		text := make([]int32, max(0, length))
		for j := range text {
			text[j] = int32(kinds[i%len(kinds)](j))
		}
		texts = append(texts, text)
	}
	return texts
}

// prediction is the logits (len(text)+1, V) of one text, those of its empty context first.
type prediction struct {
	v      int
	logits []float32
}

// compare says where the bits of predictions first differ.
func compare(got, want []prediction) error {
	for i := range want {
		for at, w := range want[i].logits {
			if g := got[i].logits[at]; math.Float32bits(g) != math.Float32bits(w) {
				v := want[i].v
				return fmt.Errorf("text %d, position %d: logit %v (%#x) of symbol %d, want %v (%#x)",
					i, at/v, g, math.Float32bits(g), at%v, w, math.Float32bits(w))
			}
		}
	}
	return nil
}

// A schedule says which lanes get how many of their remaining rows in the next call of Advance, in
// which order: lanes may be repeated.
type schedule func(remaining []int) (lanes []int)

// oneByOne is one row of every lane, as in a decoder.
func oneByOne(remaining []int) (lanes []int) {
	for lane, n := range remaining {
		if n > 0 {
			lanes = append(lanes, lane)
		}
	}
	return lanes
}

// laneByLane is up to rows rows of every lane, as in an encoder.
func laneByLane(rows int) schedule {
	return func(remaining []int) (lanes []int) {
		for lane, n := range remaining {
			for range min(n, rows) {
				lanes = append(lanes, lane)
			}
		}
		return lanes
	}
}

// shuffled is any number of rows of any lanes in any order.
func shuffled(seed uint64) schedule {
	r := rand.New(rand.NewPCG(seed, 0))
	return func(remaining []int) (lanes []int) {
		for lane, n := range remaining {
			for range r.IntN(min(n, 20) + 1) {
				lanes = append(lanes, lane)
			}
		}
		r.Shuffle(len(lanes), func(i, j int) { lanes[i], lanes[j] = lanes[j], lanes[i] })
		return lanes
	}
}

// predict feeds texts to the lanes of one session as the schedule says.
func predict(p codec.Predictor, texts [][]int32, next schedule) []prediction {
	return predictAbreast(p, 1, texts, next)
}

// predictAbreast is predict with a session of several goroutines.
func predictAbreast(p codec.Predictor, threads int, texts [][]int32, next schedule) []prediction {
	v := p.Symbols()
	session := p.NewSession(len(texts), threads)
	predictions := make([]prediction, len(texts))
	remaining := make([]int, len(texts))
	total := 0
	for i, text := range texts {
		predictions[i].v = v
		remaining[i] = len(text) + 1
		total += remaining[i]
	}
	for total > 0 {
		var rows []codec.Row
		for _, lane := range next(remaining) {
			symbol, text := p.Start(), texts[lane]
			if at := len(text) + 1 - remaining[lane]; at > 0 {
				symbol = text[at-1]
			}
			rows = append(rows, codec.Row{Lane: lane, Symbol: symbol})
			remaining[lane]--
			total--
		}
		logits := make([]float32, len(rows)*v)
		for i := range logits {
			logits[i] = float32(math.NaN()) // every one must be written
		}
		session.Advance(rows, logits)
		for r, row := range rows {
			predictions[row.Lane].logits = append(predictions[row.Lane].logits, logits[r*v:(r+1)*v]...)
		}
	}
	return predictions
}

// concurrently gives each text a session and a goroutine.
func concurrently(p codec.Predictor, texts [][]int32) []prediction {
	predictions := make([]prediction, len(texts))
	var all sync.WaitGroup
	for i := range texts {
		all.Go(func() { predictions[i] = predict(p, texts[i:i+1], laneByLane(16))[0] })
	}
	all.Wait()
	return predictions
}
