package bpe

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

// counted is the words of a counter.
func counted(c *counter) map[string]int64 {
	m := map[string]int64{}
	for i, w := range c.words {
		m[w] = c.counts[i]
	}
	return m
}

// TestBlocks: words are the same wherever blocks and reads end.
func TestBlocks(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for size := 3 * lookahead; size < 60; size++ {
		var text []byte
		want := map[string]int64{}
		for len(text) < 1000 {
			text = append(text, drawn(rng, 3)...)
			if all := words(text); len(all) > 0 && len(all[len(all)-1]) > size-lookahead-4 {
				text = append(text[:len(text)-len(all[len(all)-1])], "x. y"...) // a longer word would be cut
			}
		}
		for _, w := range words(text) {
			want[string(w)]++
		}
		c := newCounter(1 << 20)
		c.block = make([]byte, size)
		n, err := c.read(t.Context(), iotest.OneByteReader(bytes.NewReader(text)), func(int) {})
		if err != nil || n != int64(len(text)) {
			t.Fatalf("%d bytes, error %v, want %d", n, err, len(text))
		}
		if got := counted(c); !maps.Equal(got, want) {
			t.Fatalf("blocks of %d bytes: %v, want %v", size, got, want)
		}
	}
}

func TestLongWordsAreCut(t *testing.T) {
	for _, text := range []string{strings.Repeat("a", 1000), strings.Repeat(" ", 1000), strings.Repeat("é", 500), strings.Repeat("'", 1000)} {
		c := newCounter(1 << 20)
		c.block = make([]byte, 64)
		if _, err := c.read(t.Context(), strings.NewReader(text), func(int) {}); err != nil {
			t.Fatal(err)
		}
		bytes := 0
		for w, n := range counted(c) {
			bytes += len(w) * int(n)
			if len(w) > 64 {
				t.Errorf("word of %d bytes, want at most 64", len(w))
			}
		}
		if bytes != len(text) {
			t.Errorf("%.4q...: words have %d bytes, want %d", text, bytes, len(text))
		}
	}
}

// TestRareWordsAreForgotten: memory is bounded, and what is frequent stays.
func TestRareWordsAreForgotten(t *testing.T) {
	c := newCounter(1000)
	for i := range 5000 {
		c.add(fmt.Appendf(nil, "rare%d", i))
		c.add([]byte("frequent"))
		c.add([]byte("often"))
		if c.size > 1000 {
			t.Fatalf("%d bytes of words, want at most 1000", c.size)
		}
	}
	got := counted(c)
	if got["frequent"] != 5000 || got["often"] != 5000 || c.forgotten < 4500 || c.forgotten+len(c.words) != 5002 {
		t.Errorf("%d words, %d forgotten: %v", len(c.words), c.forgotten, got)
	}
	size := 0
	for i, w := range c.words {
		size += len(w)
		if c.index[w] != int32(i) {
			t.Errorf("word %q has index %d, want %d", w, c.index[w], i)
		}
	}
	if size != c.size || len(c.index) != len(c.words) {
		t.Errorf("%d bytes and %d entries, want %d and %d", c.size, len(c.index), size, len(c.words))
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"b": "two two", "a/z": "one", "c": "three"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	files, err := list([]string{filepath.Join(dir, "c"), dir})
	if err != nil {
		t.Fatal(err)
	}
	want := []file{{filepath.Join(dir, "c"), 5}, {filepath.Join(dir, "a", "z"), 3}, {filepath.Join(dir, "b"), 7}, {filepath.Join(dir, "c"), 5}}
	if fmt.Sprint(files) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", files, want)
	}
	if _, err := list([]string{filepath.Join(dir, "none")}); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("a file that is not there: error %v", err)
	}
}

func TestReadEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := newCounter(1 << 20)
	if _, err := c.read(t.Context(), iotest.ErrReader(os.ErrDeadlineExceeded), func(int) {}); err != os.ErrDeadlineExceeded {
		t.Errorf("error %v, want %v", err, os.ErrDeadlineExceeded)
	}
	cancel()
	if _, err := c.read(ctx, strings.NewReader(strings.Repeat("a ", blockBytes)), func(int) {}); err != context.Canceled {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}
