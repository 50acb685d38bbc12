package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"unicode"

	"lmz/internal/lab/table"
)

// blockBytes is how long a passage is that is looked for: as long as no two authors agree by chance, but for formulas,
// and short enough that an edition with other spelling is found.
const blockBytes = 50

// overlaps prints, for each file, how many of its blocks stand in training texts.
func overlaps(ctx context.Context, data string, files []file, training []string, work string, stdout, stderr io.Writer) error {
	seen := map[uint64]bool{} // hashes of blocks -> whether a training text has them
	blocks := make([][]uint64, len(files))
	for i, f := range files {
		path := filepath.Join(work, "raw")
		if err := f.write(ctx, data, path); err != nil {
			fmt.Fprintf(stderr, "compressors: %s is left out: %v\n", f.name, err)
			continue
		}
		n := 0
		err := windows(path, func(hash uint64) {
			if n%blockBytes == 0 {
				blocks[i] = append(blocks[i], hash)
				seen[hash] = false
			}
			n++
		})
		if err != nil {
			return err
		}
	}
	read := int64(0)
	for _, root := range training {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			if info, err := d.Info(); err == nil {
				read += info.Size()
			}
			return errors.Join(ctx.Err(), windows(path, func(hash uint64) {
				if found, known := seen[hash]; known && !found {
					seen[hash] = true
				}
			}))
		})
		if err != nil {
			return err
		}
	}
	t := &table.Table{
		Title: fmt.Sprintf("Blocks of %d bytes of each file that stand anywhere in %s bytes of training text, white space apart.", blockBytes, grouped(read)),
		Head:  []string{"file", "blocks", "found", "of all"}, Left: 1,
	}
	for i, f := range files {
		if len(blocks[i]) == 0 {
			continue
		}
		found := 0
		for _, hash := range blocks[i] {
			if seen[hash] {
				found++
			}
		}
		t.Row(f.name, grouped(int64(len(blocks[i]))), grouped(int64(found)), fmt.Sprintf("%.2f%%", 100*float64(found)/float64(len(blocks[i]))))
	}
	_, err := fmt.Fprintln(stdout, t.Markdown())
	return err
}

// windows calls a function with the hash of each blockBytes bytes of a file in turn, any white space taken for one
// blank, so that lines may be broken elsewhere. The hash is that of Rabin and Karp (1987), modulo 2^64, mixed.
func windows(path string, do func(hash uint64)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	const base = 0x9e3779b97f4a7c15
	leaving := uint64(1) // what the byte that leaves the window counts
	for range blockBytes {
		leaving *= base
	}
	var window [blockBytes]uint64 // bytes, and 1: so that zeros count
	var hash uint64
	n, last := 0, byte(0)
	r := bufio.NewReaderSize(f, 1<<16)
	for {
		b, err := r.ReadByte()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if b < 0x80 && unicode.IsSpace(rune(b)) {
			if b = ' '; last == ' ' {
				continue
			}
		}
		last = b
		at := n % blockBytes
		hash = hash*base + uint64(b) + 1 - leaving*window[at]
		window[at] = uint64(b) + 1
		if n++; n >= blockBytes {
			do((hash ^ hash>>29) * 0xbf58476d1ce4e5b9)
		}
	}
}
