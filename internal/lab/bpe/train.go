package bpe

import (
	"context"
	"fmt"
	"os"
)

const (
	MinVocab = 257     // the 256 bytes and one merge
	MaxVocab = 1 << 18 // more than any model has
)

// maxToken is how many bytes a token has at most: package tokenizer takes no longer ones.
const maxToken = 1 << 10

// Options says what is trained.
type Options struct {
	Vocab int // tokens that stand for text, the 256 bytes among them, start-of-text not

	// Stage, if not nil, is called when a part of the work begins, with its length in some unit; what it
	// returns, if as much is done.
	Stage func(name, unit string, total int) (add func(n int))
}

// Train makes a vocabulary of the files, each a text of its own, and of the files in the directories named. It reads
// them once, from the first byte to the last.
func Train(ctx context.Context, paths []string, o Options) (*Vocabulary, error) {
	if o.Vocab < MinVocab || o.Vocab > MaxVocab {
		return nil, fmt.Errorf("bpe: vocabulary of %d tokens, want %d to %d", o.Vocab, MinVocab, MaxVocab)
	}
	if o.Stage == nil {
		o.Stage = func(string, string, int) func(int) { return func(int) {} }
	}
	files, err := list(paths)
	if err != nil {
		return nil, err
	}
	var total int64
	for _, f := range files {
		total += f.size
	}
	c := newCounter(maxDistinct)
	v := &Vocabulary{}
	add := o.Stage("counting words", "B", int(total))
	for _, f := range files {
		n, err := c.readFile(ctx, f.path, add)
		if err != nil {
			return nil, fmt.Errorf("bpe: %w", err)
		}
		v.RawBytes += n
	}
	v.Words, v.Forgotten = len(c.words), c.forgotten
	c.index = nil // before memory is wanted for the words' tokens
	m := newMerger(c)
	c.words = nil
	if v.Merges, err = m.train(ctx, o.Vocab, o.Stage("merging pairs", "merges", o.Vocab-256)); err != nil {
		return nil, err
	}
	v.Tokens = m.tokens
	return v, nil
}

// readFile counts the words of a file.
func (c *counter) readFile(ctx context.Context, path string, add func(bytes int)) (bytes int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return c.read(ctx, f, add)
}
