package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// file is one file to compress.
type file struct {
	name   string // as the tables give it
	sha256 string // of its bytes, in hexadecimal; what has another is not this file
	make   source
}

// files are what the tables have, in their order. None was chosen by what a program makes of it: README.md says where
// each is from, and which of them the model that lmz carries was trained on.
var files = []file{
	{"a message in English", "fc37d58acf0afbdf8bafc5e710f8a63e0f62fc4d22ffbb865935c335960b9a3a", own},
	{"enwik8, first 10 kB", "321868b6f37a7bc0b1253c7fa04c3823de4a6f4a61f939cd514720d2aef38284", first(10_000, gzipped("text/enwik7.gz"))},
	{"enwik8, first 100 kB", "581bee9758c531de3795885a1adb331b9c51bfdeefd9a63407815479e22a9072", first(100_000, gzipped("text/enwik7.gz"))},
	{"enwik8, first 1 MB", "369b688978f649681136198fb96db14c1616756260c55fb4b65e9bc049552cad", first(1_000_000, gzipped("text/enwik7.gz"))},
	{"enwik8, first 4 MiB", "5ba647fec2ba51b0383cbe7147e15a478d85613245b7131c41764dbdd5062f77", first(4<<20, gzipped("text/enwik7.gz"))},
	{"enwik8, first 10 MB", "5985c81c39d927ae0e169625790ca4d9e7d1531270c8b09ad73176a375bb3d97", first(10_000_000, gzipped("text/enwik7.gz"))},
	{"alice29.txt, a book", "7467306ee0feed4971260f3c87421154a05be571d944e9cb021a5713700c38f0", plain("corpora/canterbury/canterbury/alice29.txt")},
	{"book1, a long book", "9ffa47cd93bccd732f20e0c304203cfbc1b8a91bedac536e2d8f6051003d9951", plain("corpora/canterbury/calgary/book1")},
	{"go-yaml, Go source", "06659c680878505fc88360896b12181ede24064fae117dfc93e70116a935e0a9", goSource("github.com/goccy/go-yaml", "v1.19.2", "stdlib_quote.go")},
	{"fields.c, C source", "85d73e354cc50cec76cb5a50537cf8dc035f8cbb8480f9e1cbe2f7d6c23393c7", plain("corpora/canterbury/canterbury/fields.c")},
	{"twitter.json", "30721e496a8d73cfc50658923c34eb2c0fbe15ee6835005e43ee624d8dedf200", gzipped("corpora/json/twitter.json.gz")},
	{"Linux_2k.log, a system log", "b3e20bc1afe732ab1bf3ed1de4bf9c809e4194e02f7dea911d918e5342e8e173", tarred("corpora/logs/loghub_2k.tar.gz", "Linux/Linux_2k.log")},
	{"kennedy.xls, a spreadsheet", "9af47239ca29dfe20e633f80bbbb9a4cc9783d0803d7b2b5626f42e4c3790420", plain("corpora/canterbury/canterbury/kennedy.xls")},
	{"ooffice, x86 code (DLL)", "e7ee013880d34dd5208283d0d3d91b07f442e067454276095ded14f322a656eb", zipped("corpora/silesia/ooffice.zip", "ooffice")},
	{"kodak 01, pixels (PPM)", "998ccf0be59a31ed12dfc2296a957f5363e35043e47ee232932ca5f1039e8628", pixels("images/kodak/01.png")},
	{"kodak 01, the PNG", "a56e27cbf5f843c048b6af1d6e090760e9c92fadba88b7dee0205918a37523bd", plain("images/kodak/01.png")},
	{"speech, 16 bits (WAV)", "dbb037c6451b72e166d7d5685b8c1b801b10b7060c5ddda36ac733bb72d10162", wave("speech/librispeech_train-clean-100/1034-121119-0000.flac")},
}

// source writes the bytes of a file, which it makes of what is in the directory of the data.
type source func(ctx context.Context, data string, to io.Writer) error

// write makes a file of data at a path, and checks that it is the one that was meant.
func (f file) write(ctx context.Context, data, path string) error {
	to, err := os.Create(path)
	if err != nil {
		return err
	}
	err = f.make(ctx, data, to)
	if closed := to.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	hash, n, err := hashFile(path)
	if err == nil && hash != f.sha256 {
		err = fmt.Errorf("%d bytes with SHA-256 %s, want %s: these are other data", n, hash, f.sha256)
	}
	return err
}

// directory is where the file with a name is made and compressed, alone.
func (f file) directory(work string) string { return filepath.Join(work, "files", f.sha256) }

// hashFile is the SHA-256 of a file in hexadecimal, and its size.
func hashFile(path string) (string, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), n, err
}
