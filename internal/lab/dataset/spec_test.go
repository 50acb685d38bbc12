package dataset

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	for _, s := range []Spec{
		{Source: "a"}, {Source: "a", Chunk: 1}, {Source: "a", Count: -1}, {Source: "random"}, {Kind: Random}, {Source: "random", Kind: Random},
		{Source: "a", Kind: Image}, {Source: "a", Kind: Int16, Chunk: 2}, {Source: "a", Kind: Float32, Columns: "b,c"}, {Source: "./random", Kind: Text},
		{Source: "a", Kind: Video, Width: 320, Height: 192}, {Source: "a", Width: 320, Height: 192}, {Source: "a", Kind: Speech8, Chunk: 3},
	} {
		if err := s.Validate(); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
	}
	for _, c := range []struct {
		spec Spec
		word string
	}{
		{Spec{}, "no source"},
		{Spec{Source: "a", Kind: "txt"}, `kind "txt", want one of [text bytes`},
		{Spec{Source: "a", Chunk: -1}, "chunks of -1 bytes"},
		{Spec{Source: "a", Chunk: math.MaxInt32}, "want 1 to 1073741824"},
		{Spec{Source: "a", Count: -2}, "-2 chunks"},
		{Spec{Source: "a", PerFile: -1}, "-1 chunks of each file"},
		{Spec{Source: "a", Width: 1}, "1 x 0 pixels"},
		{Spec{Source: "a", Kind: Video, Width: -1, Height: 2}, "-1 x 2 pixels"},
		{Spec{Source: "a", Kind: Video, Width: 1 << 20, Height: 2}, "1 to 32768"},
		{Spec{Source: "a", Kind: Text, Width: 1, Height: 2}, "want them for video only"},
		{Spec{Source: "a", Kind: Image, Chunk: 1024}, "want one of [512 2048]"},
		{Spec{Source: "a", Kind: Speech, Chunk: 2047}, "a multiple of its 2 bytes"},
		{Spec{Source: "a", Kind: Float32, Chunk: 2046}, "a multiple of its 4 bytes"},
		{Spec{Source: "a", Kind: Text, Columns: "b"}, "columns"},
		{Spec{Source: "a", Kind: Int16, Columns: "b,,c"}, "a comma between two"},
		{Spec{Source: "random", Kind: Text}, "random bytes have source and kind"},
		{Spec{Source: "a", Kind: Random}, "a file of that name is ./random"},
		{Spec{Source: "random", Count: -1}, "want a number"},
		{Spec{Source: "random", PerFile: 1}, "no files"},
	} {
		if err := c.spec.Validate(); err == nil || !strings.Contains(err.Error(), c.word) || !strings.HasPrefix(err.Error(), "dataset: ") {
			t.Errorf("%+v: %v, want %q in it", c.spec, err, c.word)
		}
		refused(t, c.spec, c.word)
	}
	refused(t, Spec{Source: put(t, "a.fa", []byte(">a\nACGT\n")), Width: 2, Height: 2}, "found out from", "dna")
}

// Each kind can be made.
func TestMakers(t *testing.T) {
	for _, kind := range Kinds {
		if makers[kind] == nil {
			t.Errorf("%s: no maker", kind)
		}
	}
	for kind := range makers {
		if !slices.Contains(Kinds, kind) {
			t.Errorf("%s is not among Kinds", kind)
		}
	}
}
