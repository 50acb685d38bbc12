package train

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// Source is text to train on.
type Source struct {
	Path   string  // a file, or a directory whose files are read in the order of their paths
	Weight float64 // its share of the sequences, relative to the other sources
}

// corpus is sources in memory, as symbols of a tokenizer.
type corpus struct {
	texts   []*symbols
	weights []float64 // cumulative, the last is 1
	ids     []int32   // of the symbols
	hash    [32]byte  // SHA-256 of the sources' SHA-256s and weights
}

// readCorpus loads all sources; one shorter than a sequence is an error.
func readCorpus(o Options, t *Tokenizer) (*corpus, error) {
	c := &corpus{ids: t.IDs()}
	var total float64
	hash := sha256.New()
	for _, s := range o.Data {
		text, textHash, err := readSource(o, s.Path, t)
		if err != nil {
			return nil, fmt.Errorf("train: %w", err)
		}
		if text.len() < o.Length {
			return nil, fmt.Errorf("train: %s has %d %s, want at least %d: one sequence", s.Path, text.len(), t.Unit(), o.Length)
		}
		if !(s.Weight > 0) {
			return nil, fmt.Errorf("train: %s has weight %v, want more than 0", s.Path, s.Weight)
		}
		total += s.Weight
		c.texts = append(c.texts, text)
		c.weights = append(c.weights, total)
		fmt.Fprintf(hash, "%x %v\n", textHash, s.Weight)
	}
	if len(o.Data) == 0 {
		return nil, fmt.Errorf("train: no text to train on: name at least one file or directory")
	}
	for i := range c.weights {
		c.weights[i] /= total
	}
	hash.Sum(c.hash[:0])
	return c, nil
}

// readSource reads a file, or all files below a directory, and the SHA-256 of what it reads.
func readSource(o Options, path string, t *Tokenizer) (text *symbols, hash [32]byte, err error) {
	text = newSymbols(t.Symbols())
	all := sha256.New()
	if real, err := filepath.EvalSymlinks(path); err == nil { // WalkDir does not go into a link
		path = real
	}
	err = filepath.WalkDir(path, func(p string, e fs.DirEntry, err error) error {
		if err != nil || p != path && !e.Type().IsRegular() {
			return err
		}
		f, err := os.Open(p)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil || info.IsDir() {
			return err
		}
		if t.Symbols() <= 256 { // each is a byte
			text.packed = slices.Grow(text.packed, int(info.Size()))
		}
		_, err = text.encode(t, &watched{io.TeeReader(f, all), o.Context, o.Reading}, o.Threads)
		return err
	})
	all.Sum(hash[:0])
	return text, hash, err
}

// watched is a reader that ends with a context and tells how much was read.
type watched struct {
	io.Reader
	ctx     context.Context // nil: never ends
	reading func(bytes int) // nil: nobody is told
}

func (w *watched) Read(b []byte) (int, error) {
	if w.ctx != nil && w.ctx.Err() != nil {
		return 0, w.ctx.Err()
	}
	n, err := w.Reader.Read(b)
	if w.reading != nil {
		w.reading(n)
	}
	return n, err
}

// sample fills inputs and targets with sequence number index of a run: start-of-text and the symbols
// of a random place, and the same symbols one place earlier. It depends on seed and index alone.
func (c *corpus) sample(inputs, targets []int32, start int32, seed, index uint64) {
	rng := rand.New(rand.NewPCG(seed, index))
	which, u := 0, rng.Float64()
	for u >= c.weights[which] && which < len(c.weights)-1 {
		which++
	}
	text := c.texts[which]
	text.copyTo(targets, rng.IntN(text.len()-len(targets)+1))
	shift(inputs, targets, c.ids, start)
}

// shift makes of targets, which are symbols, ids, and the inputs that these follow: start-of-text and all but the last.
func shift(inputs, targets, ids []int32, start int32) {
	previous := start
	for i, s := range targets {
		inputs[i], targets[i] = previous, ids[s]
		previous = targets[i]
	}
}
