package bpe

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lmz/internal/tokenizer"
)

// trainText trains on a text.
func trainText(t *testing.T, text []byte, vocab int) (*Vocabulary, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
	return Train(t.Context(), []string{path}, Options{Vocab: vocab})
}

// TestAgainstHuggingFace compares merges and ids with those of Hugging Face's trainer and tokenizer (testdata/make.py).
func TestAgainstHuggingFace(t *testing.T) {
	text, err := os.ReadFile("testdata/text.txt")
	if err != nil {
		t.Fatal(err)
	}
	golden, err := os.ReadFile("testdata/huggingface.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Vocab  int
		Merges []string
		IDs    []int32
	}
	if err := json.Unmarshal(golden, &want); err != nil {
		t.Fatal(err)
	}
	v, err := trainText(t, text, want.Vocab)
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Tokens) != want.Vocab || v.Start() != want.Vocab || v.RawBytes != int64(len(text)) || v.Forgotten != 0 {
		t.Errorf("%d tokens, start %d, %d bytes, %d words forgotten", len(v.Tokens), v.Start(), v.RawBytes, v.Forgotten)
	}
	if len(v.Merges) != len(want.Merges) || len(v.Merges) == 0 {
		t.Fatalf("%d merges, want %d", len(v.Merges), len(want.Merges))
	}
	for i, p := range v.Merges {
		if got := written(v.Tokens[p[0]]) + " " + written(v.Tokens[p[1]]); got != want.Merges[i] {
			t.Fatalf("merge %d is %q, want %q", i, got, want.Merges[i])
		}
	}
	tok, err := tokenizer.Parse(v.JSON(), want.Vocab+1)
	if err != nil {
		t.Fatal(err)
	}
	var ids []int32
	for _, s := range tok.Encode(nil, text) {
		ids = append(ids, tok.IDs()[s])
	}
	if !slices.Equal(ids, want.IDs) {
		t.Errorf("%d ids, want the %d of Hugging Face", len(ids), len(want.IDs))
	}
}

// mergesByCounting trains as the method is defined: all pairs are counted anew before each merge.
func mergesByCounting(words map[string]int64, vocab int) (merges [][2]int32, tokens [][]byte) {
	tokens = make([][]byte, 256)
	for b, id := range byteID {
		tokens[id] = []byte{byte(b)}
	}
	cut := map[string][]int32{}
	for w := range words {
		for i := range len(w) {
			cut[w] = append(cut[w], byteID[w[i]])
		}
	}
	for len(tokens) < vocab {
		counts := map[pair]int64{}
		for w, ids := range cut {
			for i := range len(ids) - 1 {
				counts[pairOf(ids[i], ids[i+1])] += words[w]
			}
		}
		var best entry
		for p, n := range counts {
			left, right := p.ids()
			if e := (entry{n, p}); e.before(best) && len(tokens[left])+len(tokens[right]) <= maxToken {
				best = e
			}
		}
		if best.count < 2 {
			break
		}
		left, right := best.pair.ids()
		token := slices.Concat(tokens[left], tokens[right])
		id := len(tokens)
		tokens = append(tokens, token)
		merges = append(merges, [2]int32{left, right})
		for w, ids := range cut {
			var merged []int32
			for i := 0; i < len(ids); i++ {
				if i+1 < len(ids) && ids[i] == left && ids[i+1] == right {
					merged = append(merged, int32(id))
					i++
				} else {
					merged = append(merged, ids[i])
				}
			}
			cut[w] = merged
		}
	}
	return merges, tokens
}

// TestAgainstCounting compares incremental counts with counting anew, on words in which pairs overlap.
func TestAgainstCounting(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for round := range 100 {
		letters := 1 + rng.IntN(3)
		var text []byte
		for range 1 + rng.IntN(30) {
			text = append(text, '\n')
			for range rng.IntN(40) {
				text = append(text, "abc"[rng.IntN(letters)])
			}
		}
		words := map[string]int64{}
		c := newCounter(1 << 20)
		for b := text; len(b) > 0; b = b[tokenizer.GPT2Word(b):] {
			words[string(b[:tokenizer.GPT2Word(b)])]++
			c.add(b[:tokenizer.GPT2Word(b)])
		}
		want, tokens := mergesByCounting(words, 320)
		m := newMerger(c)
		got, err := m.train(t.Context(), len(tokens), func(int) {})
		if err != nil && len(tokens) > 256 {
			t.Fatal(err)
		}
		distinct := map[string]bool{}
		for _, token := range tokens {
			distinct[string(token)] = true
		}
		if len(distinct) != len(tokens) {
			t.Fatalf("round %d: %q: a token is there twice", round, text)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("round %d: %q: merges %v, want %v", round, text, got, want)
		}
	}
}

// TestTextHasTooFewPairs: a text that is too short is an error that says how far it goes, and that far it goes.
func TestTextHasTooFewPairs(t *testing.T) {
	text := []byte("low low lower newest newest widest")
	_, err := trainText(t, text, 300)
	if err == nil {
		t.Fatal("no error")
	}
	var enough int
	if _, err := fmt.Sscanf(err.Error(), "bpe: the text has enough pairs that occur twice for a vocabulary of %d, want 300", &enough); err != nil || enough <= 257 {
		t.Fatalf("error %q", err)
	}
	v, err := trainText(t, text, enough)
	if err != nil || len(v.Tokens) != enough {
		t.Errorf("error %v", err)
	}
	if _, err := trainText(t, text, enough+1); err == nil {
		t.Error("no error")
	}
	for _, text := range []string{"", "a", "abc"} {
		if _, err := trainText(t, []byte(text), 257); err == nil || !strings.Contains(err.Error(), "give more text") {
			t.Errorf("text %q: error %v", text, err)
		}
	}
	for _, vocab := range []int{-1, 0, 256, MaxVocab + 1} {
		if _, err := trainText(t, text, vocab); err == nil || !strings.Contains(err.Error(), "want 257 to") {
			t.Errorf("vocabulary of %d: error %v", vocab, err)
		}
	}
}

// TestLongTokens: package tokenizer reads what is made of one long word, and of any bytes. Of 100,000 equal bytes come
// tokens of 2, 4, ... 1024, and no longer ones.
func TestLongTokens(t *testing.T) {
	noise := make([]byte, 5000)
	rng := rand.New(rand.NewPCG(9, 10))
	for i := range noise {
		noise[i] = byte(rng.IntN(256))
	}
	for _, c := range []struct {
		text  []byte
		vocab int
	}{{bytes.Repeat([]byte("a"), 100000), 266}, {bytes.Repeat([]byte(" "), 100000), 266}, {noise, 300}} {
		v, err := trainText(t, c.text, c.vocab)
		if err != nil {
			t.Fatal(err)
		}
		tok, err := tokenizer.Parse(v.JSON(), c.vocab+1)
		if err != nil {
			t.Fatal(err)
		}
		symbols := tok.Encode(nil, c.text)
		if got := tok.Decode(nil, symbols); !bytes.Equal(got, c.text) || len(symbols) >= len(c.text) {
			t.Errorf("%d bytes become %d symbols, and these %d bytes", len(c.text), len(symbols), len(got))
		}
		if tok.Symbols() != c.vocab {
			t.Errorf("%d symbols, want %d", tok.Symbols(), c.vocab)
		}
	}
	if _, err := trainText(t, bytes.Repeat([]byte("a"), 100000), 267); err == nil || !strings.Contains(err.Error(), "of 266, want 267") {
		t.Errorf("error %v", err)
	}
}

// TestOrderOfFiles: the vocabulary is that of the words, whatever the order in which they came.
func TestOrderOfFiles(t *testing.T) {
	text, err := os.ReadFile("testdata/text.txt")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	half := bytes.LastIndexByte(text[:len(text)/2], '\n') // a newline before a word is no part of it
	for path, part := range map[string][]byte{a: text[:half], b: text[half:]} {
		if err := os.WriteFile(path, part, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var want []byte
	for _, paths := range [][]string{{a, b}, {b, a}, {dir}} {
		v, err := Train(t.Context(), paths, Options{Vocab: 500})
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = v.JSON()
		} else if !bytes.Equal(v.JSON(), want) {
			t.Errorf("%v gives another vocabulary", paths)
		}
	}
}

func TestTrainEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stages := 0
	_, err := Train(ctx, []string{"testdata/text.txt"}, Options{Vocab: 500, Stage: func(name, unit string, total int) func(int) {
		if stages++; stages == 2 {
			cancel()
		}
		return func(int) {}
	}})
	if err != context.Canceled || stages != 2 {
		t.Errorf("error %v in stage %d, want %v in 2", err, stages, context.Canceled)
	}
}

func BenchmarkTrain(b *testing.B) {
	text, err := os.ReadFile("testdata/text.txt")
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "text")
	if err := os.WriteFile(path, bytes.Repeat(text, 100), 0o666); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(100 * len(text)))
	for b.Loop() {
		if _, err := Train(b.Context(), []string{path}, Options{Vocab: 1000}); err != nil {
			b.Fatal(err)
		}
	}
}
