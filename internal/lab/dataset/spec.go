// Package dataset makes chunks of bytes from what researchers download: text, images, speech, video,
// series, genomes, and any other file, plain or packed.
//
// Start at Spec, which says what is read and how; Identify names the chunks by their hash, and Open
// streams them. There is no substitute for data that are missing or damaged: that is an error that
// names the file.
package dataset

// Kind says how chunks are made of a source.
type Kind string

const (
	Text    Kind = "text"    // a file's bytes as they are; also logs, source code, JSON
	Bytes   Kind = "bytes"   // the same, of anything else
	Image   Kind = "image"   // patches of 32 rows of 64 pixels, 8-bit grey, at random places
	Speech  Kind = "speech"  // samples of 16 bits, signed, little-endian
	Speech8 Kind = "speech8" // the same in 8 bits, unsigned: the high byte plus 128, as Deletang et al. 2023
	Video   Kind = "video"   // frames of raw YUV 4:2:0
	Float32 Kind = "float32" // columns of a CSV file as little-endian float32
	Int16   Kind = "int16"   // columns of a CSV file scaled to little-endian int16
	DNA     Kind = "dna"     // the bases of a FASTA file, headers and line ends left out
	Random  Kind = "random"  // uniform random bytes, of no source
)

// Spec says which chunks are made of which source. It is part of a study's file.
type Spec struct {
	Source  string `json:"source"`             // a file, an archive, a directory, or "random"
	Kind    Kind   `json:"kind,omitempty"`     // "" finds out from the source
	Chunk   int    `json:"chunk,omitempty"`    // bytes a chunk, 0 for 2048
	Count   int    `json:"count,omitempty"`    // chunks, 0 for 2048, -1 for all
	PerFile int    `json:"per_file,omitempty"` // chunks of one file at most, 0 for any number
	Seed    uint64 `json:"seed,omitempty"`     // of random places and random bytes
	Width   int    `json:"width,omitempty"`    // of a video's frames
	Height  int    `json:"height,omitempty"`   // of a video's frames
	Columns string `json:"columns,omitempty"`  // of a CSV file: names or numbers from 1, by commas; "" for all that hold numbers
}
