// Package store keeps what was measured in a SQLite file: a row for each cell, a row for each of its chunks.
//
// A cell is named by what it measures, so that nothing is measured twice. A process takes a cell by Claim,
// puts its chunks in as they are done, in any order, and finishes it; one that was killed leaves the chunks that it
// put, and the next Claim does those that are Missing. Several processes may work on one file.
// A finished cell never changes, unless rows of it are found to be wrong (Discard). Export and Import exchange the tables with
// other programs.
//
// The columns of the tables cells, chunks and datasets are the JSON names in record.go: what a struct here
// says is what `sqlite3 FILE .schema` and the head of a CSV file say. What the numbers mean and how they are
// computed is not this package's business.
//
// Start at Open and Claim.
package store

import (
	"cmp"
	"strconv"
	"strings"
)

// Cell is one measurement: a subject (a model or a classical compressor) on the chunks of a data set
// under a protocol. The first two blocks identify it, the rest is provenance and result.
//
// Texts are UTF-8 with lines ended by \n; other bytes are replaced when they are stored, but in the identity
// refused.
type Cell struct {
	ID string `json:"cell"` // CellID of the next four

	Subject  string `json:"subject"`  // its identity: a model's hash, a compressor's name, version and setting
	Data     string `json:"data"`     // hex SHA-256 over the chunks: dataset.Identity
	Protocol string `json:"protocol"` // name/version, as lossless/1
	Whole    bool   `json:"whole"`    // all chunks as one, not each by itself

	Name       string `json:"name"`        // of the subject, for people: pythia-70m@step1000, xz -9e
	Kind       string `json:"kind"`        // model or baseline
	Precision  string `json:"precision"`   // of a model
	Params     int64  `json:"params"`      // of a model, all
	ParamsBody int64  `json:"params_body"` // of a model, without embeddings
	Step       int64  `json:"step"`        // optimizer steps of a checkpoint; -1 where it is not known
	Window     int    `json:"window"`      // symbols of a model's context
	Dataset    string `json:"dataset"`     // name of the data, for people
	Modality   string `json:"modality"`    // dataset.Kind
	ChunkSize  int    `json:"chunk_size"`  // bytes
	Seed       uint64 `json:"seed"`        // of the data; SQLite, which has no uint64, shows those from 2^63 on less 2^64
	Software   string `json:"software"`    // version of lmz, of the numerics, or of the compressor's program

	Status   string `json:"status"`   // Running, Done or Failed: the store's to set, like the next two
	Error    string `json:"error"`    // of a failed cell
	Attempts int    `json:"attempts"` // how often it failed

	Result
}

// unchanging removes the options of a protocol that do not change what is counted.
var unchanging = strings.NewReplacer("+profile", "", "+unverified", "")

// Counting is the protocol without the options that leave its figures as they are: that a profile was kept, that streams
// were not decoded. What is equal in it can stand side by side.
func (c Cell) Counting() string { return unchanging.Replace(c.Protocol) }

// Run is what a model is called without its step, and with its precision if that is not int8: the same for all checkpoints of one
// training.
func (c Cell) Run() string {
	name := c.Name
	for _, s := range []string{"@step", "/step-", "-step-", " step ", "-step"} {
		name = strings.TrimSuffix(name, s+strconv.FormatInt(c.Step, 10))
	}
	if c.Precision != "" && c.Precision != "int8" {
		name += " " + c.Precision
	}
	return cmp.Or(name, c.Name)
}

// The values of Cell.Status. Also a cell whose process was killed is running, until it is claimed again.
const (
	Running = "running"
	Done    = "done"
	Failed  = "failed"
)

// Result is what the chunks of a finished cell add up to. Sizes are of the raw data unless they say otherwise.
type Result struct {
	Chunks        int     `json:"chunks"`
	RawBytes      int64   `json:"raw_bytes"`
	CoveredBytes  int64   `json:"covered_bytes"`                   // what was coded of them
	Coverage      float64 `json:"coverage"`                        // CoveredBytes / RawBytes
	Tokens        int64   `json:"tokens"`                          // coded
	CodeLength    float64 `json:"code_length_bits"`                // -log2 of the probabilities, summed; 0 for a baseline
	CodedBytes    int64   `json:"coded_bytes"`                     // of the streams really written; 0 if the protocol writes none
	LostBits      int64   `json:"lost_bits"`                       // that a mapping took away, counted by the protocol
	HeaderBytes   int64   `json:"header_bytes"`                    // that the protocol does not count
	CountedBits   float64 `json:"counted_bits"`                    // what the protocol counts: the numerator of Ratio
	BitsPerByte   float64 `json:"bits_per_byte"`                   // CountedBits / RawBytes
	Low           float64 `json:"bits_per_byte_low" store:"null"`  // 95% interval of BitsPerByte; both NaN where there are too few chunks:
	High          float64 `json:"bits_per_byte_high" store:"null"` // NULL in the file. All other numbers are finite
	NatsPerToken  float64 `json:"nats_per_token"`                  // of CodeLength; 0 for a baseline
	Ratio         float64 `json:"ratio"`                           // CR: BitsPerByte / 8
	MeanRatio     float64 `json:"mean_ratio"`                      // mean of the chunks' ratios, as bharadwaj-2025 has it
	BytesPerParam float64 `json:"bytes_per_param"`                 // with which AdjustedRatio was computed
	AdjustedRatio float64 `json:"adjusted_ratio"`                  // (CountedBits/8 + BytesPerParam Params) / RawBytes
	EncodeSeconds float64 `json:"encode_seconds"`
	DecodeSeconds float64 `json:"decode_seconds"`
	Decodable     bool    `json:"decodable"` // the streams hold all of the raw data
	Verified      bool    `json:"verified"`  // each stream was decoded, and equal to what had been coded
	Note          string  `json:"note"`      // what a reader must know: why not decodable, a violation of Kraft's inequality
}

// Chunk is one row: what a cell's subject made of one chunk.
type Chunk struct {
	Cell          string  `json:"cell"`
	Index         int     `json:"chunk"` // from 0; of a finished cell without a gap
	RawBytes      int64   `json:"raw_bytes"`
	CoveredBytes  int64   `json:"covered_bytes"`
	Tokens        int64   `json:"tokens"`
	CodeLength    float64 `json:"code_length_bits"`
	CodedBytes    int64   `json:"coded_bytes"`
	LostBits      int64   `json:"lost_bits"`
	HeaderBytes   int64   `json:"header_bytes"`
	CountedBits   float64 `json:"counted_bits"`
	EncodeSeconds float64 `json:"encode_seconds"`
	DecodeSeconds float64 `json:"decode_seconds"`
	Profile       []Token `json:"profile,omitempty" store:"-"` // of each token in order; kept only where it was asked for, in a table of its own
}

// Token is the code length of one token of a chunk.
type Token struct {
	Size int     `json:"size"` // raw bytes that it stands for
	Bits float32 `json:"bits"`
}

// Dataset is where the data of cells came from. The same chunks may be made from several sources, packed
// and plain say; the first to be put is kept.
type Dataset struct {
	ID      string `json:"data"`
	Spec    string `json:"spec"` // dataset.Spec as JSON, the source by its name alone
	Chunks  int    `json:"chunks"`
	Bytes   int64  `json:"bytes"`
	Sources string `json:"sources"` // JSON array of {name, sha256, bytes}: the files that were read
	Skipped string `json:"skipped"` // JSON array of {name, reason}: files that hold no chunk, too small an image say
}
