// Package dataset makes chunks of bytes from what researchers download: text, images, speech, video,
// series, genomes, and any other file, plain or packed.
//
// Start at Spec, which says what is read and how; Identify names the chunks by their hash, and Open
// streams them. There is no substitute for data that are missing or damaged: that is an error that
// names the file. What is left out of a source is an error too, or listed in Identity.Skipped.
package dataset

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kind says how chunks are made of a source.
type Kind string

const (
	Text    Kind = "text"    // the bytes of files as they are; also logs, source code, JSON
	Bytes   Kind = "bytes"   // the same, of anything else
	Image   Kind = "image"   // patches of 32 rows of 64 pixels, or with Chunk 512 of 16 of 32, 8-bit grey, at random places
	Speech  Kind = "speech"  // samples of 16 bits, signed, little-endian
	Speech8 Kind = "speech8" // the same in 8 bits, unsigned: the high byte plus 128, as Deletang et al. 2023
	Video   Kind = "video"   // whole frames of YUV 4:2:0, 8 bits, the planes one after another
	Float32 Kind = "float32" // columns of a CSV file, row by row, as little-endian float32
	Int16   Kind = "int16"   // the same in little-endian int16, scaled so that no digit is lost
	DNA     Kind = "dna"     // the bases of a FASTA file, headers and line ends left out
	Random  Kind = "random"  // uniform random bytes, of no source
)

// Kinds are all kinds.
var Kinds = []Kind{Text, Bytes, Image, Speech, Speech8, Video, Float32, Int16, DNA, Random}

// KindNames are the names of all kinds.
func KindNames() []string {
	var names []string
	for _, k := range Kinds {
		names = append(names, string(k))
	}
	return names
}

// Spec says which chunks are made of which source. It is part of a study's file.
type Spec struct {
	Source  string `json:"source"`             // a file, an archive, a directory, or "random"
	Kind    Kind   `json:"kind,omitempty"`     // "" finds out from the source
	Chunk   int    `json:"chunk,omitempty"`    // bytes a chunk, 0 for 2048
	Count   int    `json:"count,omitempty"`    // chunks, 0 for 2048, -1 for all
	PerFile int    `json:"per_file,omitempty"` // chunks of one file at most, 0 for any number; chunks are of one file then, and its shorter rest is left out
	Seed    uint64 `json:"seed,omitempty"`     // of random places and random bytes
	Width   int    `json:"width,omitempty"`    // of a video's frames in pixels, where its files do not say
	Height  int    `json:"height,omitempty"`   // the same
	Columns string `json:"columns,omitempty"`  // of a CSV file: names or numbers from 1, by commas; "" for all that hold numbers
}

// Sizes of a Spec that names none: those of both studies that lmz repeats (docs/method.md).
const (
	DefaultChunk = 2048 // bytes
	DefaultCount = 2048 // chunks
)

// Limits of a Spec: what is held in memory is one chunk.
const (
	maxChunk = 1 << 30 // bytes
	maxSide  = 1 << 15 // pixels
)

// Complete fills in what s leaves to defaults; the kind only where no source is read.
func (s Spec) Complete() Spec {
	if s.Chunk == 0 {
		s.Chunk = DefaultChunk
	}
	if s.Count == 0 {
		s.Count = DefaultCount
	}
	if s.Source == string(Random) && s.Kind == "" {
		s.Kind = Random
	}
	if s.Source == "" && s.Kind == Random {
		s.Source = string(Random)
	}
	return s
}

// Validate says what is wrong with s, as far as that is known without reading the source.
func (s Spec) Validate() error {
	s = s.Complete()
	switch {
	case s.Source == "":
		return fmt.Errorf("dataset: no source: want a file, a directory, or %q", Random)
	case s.Kind != "" && !slices.Contains(Kinds, s.Kind):
		return fmt.Errorf("dataset: kind %q, want one of %v", s.Kind, Kinds)
	case s.Chunk < 1 || s.Chunk > maxChunk:
		return fmt.Errorf("dataset: chunks of %d bytes, want 1 to %d", s.Chunk, maxChunk)
	case s.Count < -1:
		return fmt.Errorf("dataset: %d chunks, want at least 1, or -1 for all", s.Count)
	case s.PerFile < 0:
		return fmt.Errorf("dataset: %d chunks of each file, want at least 1, or 0 for any number", s.PerFile)
	case s.Width < 0 || s.Height < 0 || s.Width > maxSide || s.Height > maxSide || (s.Width == 0) != (s.Height == 0):
		return fmt.Errorf("dataset: frames of %d x %d pixels, want both from 1 to %d, or neither", s.Width, s.Height, maxSide)
	case (s.Source == string(Random)) != (s.Kind == Random):
		return fmt.Errorf("dataset: source %q with kind %q: random bytes have source and kind %q (a file of that name is ./%[3]s)", s.Source, s.Kind, Random)
	}
	return s.validateKind()
}

// validateKind says what is wrong with s for its kind.
func (s Spec) validateKind() error {
	series := s.Kind == Float32 || s.Kind == Int16
	switch sample := sampleSize[s.Kind]; {
	case s.Kind == "":
		return nil
	case s.Kind == Random && s.Count == -1:
		return fmt.Errorf("dataset: all random chunks: want a number")
	case s.Kind == Random && s.PerFile != 0:
		return fmt.Errorf("dataset: %d chunks of each file of random bytes, which have no files", s.PerFile)
	case s.Kind == Image && patchShapes[s.Chunk].X == 0:
		return fmt.Errorf("dataset: chunks of %d bytes of kind %s, want one of %d", s.Chunk, s.Kind, slices.Sorted(maps.Keys(patchShapes)))
	case sample > 1 && s.Chunk%sample != 0:
		return fmt.Errorf("dataset: chunks of %d bytes of kind %s, want a multiple of its %d bytes", s.Chunk, s.Kind, sample)
	case s.Width != 0 && s.Kind != Video:
		return fmt.Errorf("dataset: frames of %d x %d pixels for kind %s, want them for %s only", s.Width, s.Height, s.Kind, Video)
	case s.Columns != "" && !series:
		return fmt.Errorf("dataset: columns %q for kind %s, want them for %s and %s only", s.Columns, s.Kind, Float32, Int16)
	case s.Columns != "" && slices.Contains(strings.Split(s.Columns, ","), ""):
		return fmt.Errorf("dataset: columns %q, want names or numbers with a comma between two", s.Columns)
	}
	return nil
}

// sampleSize is how many bytes a sample has, which chunks must not cut.
var sampleSize = map[Kind]int{Speech: 2, Int16: 2, Float32: 4}
