package train

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Source is text to train on.
type Source struct {
	Path   string  // a file, or a directory whose files are read in the order of their paths
	Weight float64 // its share of the sequences, relative to the other sources
}

// corpus is sources in memory.
type corpus struct {
	texts   [][]byte
	weights []float64 // cumulative, the last is 1
	hash    [32]byte  // SHA-256 of the sources' SHA-256s and weights
}

// readCorpus loads all sources; a source shorter than minimum bytes is an error.
func readCorpus(sources []Source, minimum int) (*corpus, error) {
	c := &corpus{}
	var total float64
	hash := sha256.New()
	for _, s := range sources {
		text, err := readSource(s.Path)
		if err != nil {
			return nil, fmt.Errorf("train: %w", err)
		}
		if len(text) < minimum {
			return nil, fmt.Errorf("train: %s has %d bytes, want at least %d: one sequence", s.Path, len(text), minimum)
		}
		if !(s.Weight > 0) {
			return nil, fmt.Errorf("train: %s has weight %v, want more than 0", s.Path, s.Weight)
		}
		total += s.Weight
		c.texts = append(c.texts, text)
		c.weights = append(c.weights, total)
		fmt.Fprintf(hash, "%x %v\n", sha256.Sum256(text), s.Weight)
	}
	if len(sources) == 0 {
		return nil, fmt.Errorf("train: no text to train on: name at least one file or directory")
	}
	for i := range c.weights {
		c.weights[i] /= total
	}
	hash.Sum(c.hash[:0])
	return c, nil
}

// readSource reads a file, or all files below a directory.
func readSource(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return os.ReadFile(path)
	}
	var all []byte
	err = filepath.WalkDir(path, func(p string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(p)
		all = append(all, text...)
		return err
	})
	return all, err
}

// sample fills inputs and targets with sequence number index of a run: start-of-text and the bytes
// of a random place, and the same bytes one place earlier. It depends on seed and index alone.
func (c *corpus) sample(inputs, targets []int32, start int32, seed, index uint64) {
	rng := rand.New(rand.NewPCG(seed, index))
	which, u := 0, rng.Float64()
	for u >= c.weights[which] && which < len(c.weights)-1 {
		which++
	}
	text := c.texts[which]
	place := rng.IntN(len(text) - len(targets) + 1)
	fillSequence(inputs, targets, text[place:], start)
}

// fillSequence makes the inputs (start-of-text first) and targets of the first len(targets) bytes of text.
func fillSequence(inputs, targets []int32, text []byte, start int32) {
	previous := start
	for i := range targets {
		inputs[i], targets[i] = previous, int32(text[i])
		previous = targets[i]
	}
}
