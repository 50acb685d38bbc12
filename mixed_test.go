package lmz_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lmz"
	"lmz/internal/lm"
)

// exchangeMixed is a member whose header says the opposite of its predictions.
func exchangeMixed(file []byte) []byte {
	return withHeader(file, func(h []byte) []byte { h[6] ^= 2; return h })
}

// TestMixed: members whose predictions are mixed and members whose are not, as Writers made them before, may follow one another.
// Each is decoded as its own header says: if that is wrong, no byte is delivered.
func TestMixed(t *testing.T) {
	dir := filepath.Join("testdata", "vector")
	m, err := lm.Open(dir, lm.Int8)
	if err != nil {
		t.Fatal(err)
	}
	o := lmz.Options{Model: openModel(t, dir)}
	raw := text(21, 300)
	alone, mixed := unmixed(t, m, lmz.Fresh, raw), compress(t, o, raw)
	for i, members := range [][][]byte{{alone, mixed}, {mixed, alone}, {mixed, mixed, alone, alone, mixed}} {
		mustDecompress(t, o, slices.Concat(members...), slices.Concat(slices.Repeat([][]byte{raw}, len(members))...))
		first := len(members[0])
		got, err := decompress(o, slices.Concat(members[0], exchangeMixed(members[1])))
		var format *lmz.FormatError
		if !errors.As(err, &format) || format.Offset < int64(first)+28 || string(got) != string(raw) {
			t.Errorf("files %d, the second's flag exchanged: %d bytes, error %v, want %d and one in the second's frame", i, len(got), err, len(raw))
		}
	}
}

// TestMixedTokens: predictions of symbols that are no bytes cannot be mixed: a header that says so is in error, of the first member and
// of a later one.
func TestMixedTokens(t *testing.T) {
	o := lmz.Options{Model: openModel(t, architectureDir(t, "gptneox", "gptneox"))}
	raw := text(22, 200)
	file := compress(t, o, raw)
	for before := range 2 {
		_, err := decompress(o, append(slices.Concat(slices.Repeat([][]byte{file}, before)...), exchangeMixed(file)...))
		var format *lmz.FormatError
		if !errors.As(err, &format) || format.Offset != int64(before*len(file)+6) || !strings.Contains(format.Msg, "mixed predictions") {
			t.Errorf("after %d members: error %v, want one at offset %d", before, err, before*len(file)+6)
		}
	}
}
