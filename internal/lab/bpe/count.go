package bpe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"unicode/utf8"

	"lmz/internal/tokenizer"
)

// blockBytes is how much of a file is in memory at once. A longer word is cut.
const blockBytes = 1 << 20

// maxDistinct is how many bytes the distinct words have together at most; training takes some 25 times as much memory.
// 60 MB of English books have 1 MB of them; noise reaches it within 100 MB. Then the rarest words are forgotten:
// those that a vocabulary of tens of thousands of tokens has no place for.
const maxDistinct = 64 << 20

// counter counts the words of texts.
type counter struct {
	words     []string         // the distinct ones, in the order in which they came
	counts    []int64          // of each
	index     map[string]int32 // into both
	size, max int              // bytes of the distinct words, and how many are kept
	forgotten int              // distinct words
	block     []byte
}

func newCounter(maxSize int) *counter {
	return &counter{index: map[string]int32{}, max: maxSize, block: make([]byte, blockBytes)}
}

// add counts a word.
func (c *counter) add(w []byte) {
	if i, ok := c.index[string(w)]; ok {
		c.counts[i]++
		return
	}
	if c.size+len(w) > c.max {
		c.forget()
	}
	s := string(w)
	c.index[s] = int32(len(c.words))
	c.words, c.counts = append(c.words, s), append(c.counts, 1)
	c.size += len(s)
}

// forget drops the rarest words, all of a count or none, so that the others fill half the room at most.
func (c *counter) forget() {
	sizes := map[int64]int{} // bytes of the words of each count
	for i, w := range c.words {
		sizes[c.counts[i]] += len(w)
	}
	left, rarest := c.size, int64(0) // the highest count that is forgotten
	for _, count := range slices.Sorted(maps.Keys(sizes)) {
		if left <= c.max/2 {
			break
		}
		left, rarest = left-sizes[count], count
	}
	words, counts := c.words, c.counts
	c.words, c.counts, c.index, c.size = nil, nil, map[string]int32{}, 0
	for i, w := range words {
		if counts[i] <= rarest {
			c.forgotten++
			continue
		}
		c.index[w] = int32(len(c.words))
		c.words, c.counts = append(c.words, w), append(c.counts, counts[i])
		c.size += len(w)
	}
}

// read counts the words of a text and tells add of each part that it has read.
func (c *counter) read(ctx context.Context, r io.Reader, add func(bytes int)) (bytes int64, err error) {
	kept := 0 // bytes of the block that are left from the one before
	for {
		n, err := io.ReadFull(r, c.block[kept:])
		bytes += int64(n)
		last := err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return bytes, err
		}
		kept = copy(c.block, c.cut(c.block[:kept+n], last))
		add(n)
		if last || ctx.Err() != nil {
			return bytes, ctx.Err()
		}
	}
}

// lookahead is how many bytes behind a word decide where it ends: of two characters, the last one of a run of spaces
// and the one that follows.
const lookahead = 2 * utf8.UTFMax

// cut counts the words of b that more text cannot change, all of them if b is the last of its text, and returns
// what is left.
func (c *counter) cut(b []byte, last bool) []byte {
	full := len(b) == len(c.block)
	for first := true; len(b) > 0; first = false {
		n := tokenizer.GPT2Word(b)
		if n > len(b)-lookahead && !last && !(first && full) {
			break
		}
		c.add(b[:n])
		b = b[n:]
	}
	return b
}

// file is a text to read.
type file struct {
	path string
	size int64 // in bytes, 0 if not known
}

// list finds the files: those named, and the regular files below the directories named in the order of their paths.
func list(paths []string) (files []file, err error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("bpe: %w", err)
		}
		if !info.IsDir() {
			files = append(files, file{path, info.Size()})
			continue
		}
		err = filepath.WalkDir(path, func(p string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			info, err := e.Info()
			if err == nil {
				files = append(files, file{p, info.Size()})
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("bpe: %w", err)
		}
	}
	return files, nil
}
