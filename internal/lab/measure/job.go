// Package measure finds out how well a model or a classical compressor compresses a data set under a
// protocol, by writing the streams and decoding them (Deletang et al. 2023, arXiv 2309.10668; docs/method.md).
//
// Start at Job and Run. What a protocol counts is in protocol.go.
package measure

import (
	"lmz/internal/lab/dataset"
)

// Carried is what people call the model that lmz carries; a Job names it "", as lm.Open does.
const Carried = "default"

// Job is one measurement to be done: a subject, data, a protocol. It makes one store.Cell.
type Job struct {
	// Model is a model's name as lm.Open takes it, "" for the one that lmz carries; or "uniform", the same
	// probability for each symbol, and "uniform:FILE", for the tokens of a tokenizer.json. Precision is its precision, as
	// --precision takes it.
	Model     string `json:"model,omitempty"`
	Precision string `json:"precision,omitempty"`
	Step      int64  `json:"step,omitempty"` // optimizer steps of the checkpoint, where it is known

	// Baseline is a classical compressor instead of a model, by its name.
	Baseline string `json:"baseline,omitempty"`

	Data     dataset.Spec `json:"data"`
	Name     string       `json:"name,omitempty"`  // of the data, for people
	Protocol string       `json:"protocol"`        // by name: lossless
	Whole    bool         `json:"whole,omitempty"` // the chunks as one

	Carry bool `json:"carry,omitempty"` // keep half of a model's context when it is full, as lmz --carry

	BytesPerParam float64 `json:"bytes_per_param,omitempty"` // of the adjusted ratio, 0 for 2
	Profile       bool    `json:"profile,omitempty"`         // keep the code length of each token
	Unverified    bool    `json:"unverified,omitempty"`      // do not decode: the cell says so
	Threads       int     `json:"threads,omitempty"`         // 0 for all
}

// Progress is where a Run stands. It is told by one goroutine at a time.
type Progress struct {
	Chunks, OfChunks int   // done, those found in the store included
	Bytes, OfBytes   int64 // raw; within a chunk too
}
