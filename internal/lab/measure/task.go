package measure

import (
	"context"
	"fmt"
	"math"

	"lmz"
	"lmz/internal/lab/dataset"
	"lmz/internal/lab/store"
)

// Task is a range of a cell that is to be measured: plain data, all that a worker needs. What it measures is named by hash:
// Cell.Subject and Cell.Data. The names in Job hold where the Task was made; elsewhere a Stock finds the things by their hashes.
type Task struct {
	Job    Job            `json:"job"`
	Cell   store.Cell     `json:"cell"`   // without a result
	Chunks int            `json:"chunks"` // of the data
	Bytes  int64          `json:"bytes"`  // raw, of all chunks
	Signal dataset.Signal `json:"signal"` // what the bytes are samples of
	Range  Range          `json:"range"`
}

// Range is some of a cell's units, one after another: what has a row each.
type Range = store.Range

// Units is how many rows the Task's cell has. A unit is a chunk; under the protocol stream a frame of a file; or all chunks as one,
// where a classical compressor is given the whole. No row depends on another unit, so a cell may be split anywhere between them, and its
// rows are the same however it was: a cell whose rows did depend on what comes before them would have to be one unit.
func (t Task) Units() int {
	switch {
	case !t.Cell.Whole:
		return t.Chunks
	case t.Job.Baseline != "":
		return min(t.Chunks, 1)
	}
	return int((t.Bytes + lmz.FrameSize - 1) / lmz.FrameSize)
}

// span is where a unit begins and ends in all chunks joined.
func (t Task) span(unit int) (from, to int64) {
	size := int64(t.Cell.ChunkSize)
	switch {
	case t.Cell.Whole && t.Job.Baseline != "":
		size = t.Bytes
	case t.Cell.Whole:
		size = lmz.FrameSize
	}
	return min(int64(unit)*size, t.Bytes), min(int64(unit+1)*size, t.Bytes)
}

// RawBytes is how many bytes the units of a range have.
func (t Task) RawBytes(r Range) int64 {
	from, _ := t.span(r.First)
	_, to := t.span(r.End() - 1)
	return to - from
}

// Check is an error unless the Task is one that could have been made: tasks come from other machines.
func (t Task) Check() error {
	r := t.Range
	switch {
	case t.Cell.ID != store.CellID(t.Cell.Subject, t.Cell.Data, t.Cell.Protocol, t.Cell.Whole):
		return fmt.Errorf("measure: task of cell %.80q, which is not the identity of its subject, data and protocol", t.Cell.ID)
	case t.Chunks < 0 || t.Bytes < int64(t.Chunks):
		return fmt.Errorf("measure: task of %d chunks of %d bytes", t.Chunks, t.Bytes)
	case r.First < 0 || r.Count < 1 || r.First > t.Units()-r.Count:
		return fmt.Errorf("measure: task of units %v, its cell has %d", r, t.Units())
	}
	return nil
}

// CheckRow is an error unless a row is one that can have been measured of the Task's cell. Rows come from other machines.
func (t Task) CheckRow(row store.Chunk) error {
	p, err := t.Job.checkedProtocol()
	if err != nil {
		return err
	}
	unit := t.RawBytes(Range{First: row.Index, Count: 1})
	for _, n := range []struct {
		name        string
		value, most int64
	}{
		{"raw_bytes", row.RawBytes, unit}, {"covered_bytes", row.CoveredBytes, row.RawBytes}, {"tokens", row.Tokens, unit + 1}, // a token may stand for no byte
		{"coded_bytes", row.CodedBytes, 2*unit + 1<<20}, {"lost_bits", row.LostBits, unit}, {"header_bytes", row.HeaderBytes, 1 << 20},
	} {
		if n.value < 0 || n.value > n.most {
			return fmt.Errorf("measure: %s is %d, want 0 to %d", n.name, n.value, n.most)
		}
	}
	for _, x := range []struct {
		name  string
		value float64
	}{{"code_length_bits", row.CodeLength}, {"encode_seconds", row.EncodeSeconds}, {"decode_seconds", row.DecodeSeconds}} {
		if !(x.value >= 0) || math.IsInf(x.value, 0) {
			return fmt.Errorf("measure: %s is %v, want a number, 0 or more", x.name, x.value)
		}
	}
	counted := float64(8*(row.CodedBytes-row.HeaderBytes) + row.LostBits)
	if p.context == published {
		counted = row.CodeLength
	}
	if row.CountedBits != counted {
		return fmt.Errorf("measure: counted_bits is %v, want %v of the row's other figures", row.CountedBits, counted)
	}
	return t.checkProfile(row)
}

// checkProfile is CheckRow of a row's profile.
func (t Task) checkProfile(row store.Chunk) error {
	if !t.Job.Profile && row.Profile == nil {
		return nil
	}
	if !t.Job.Profile || int64(len(row.Profile)) != row.Tokens {
		return fmt.Errorf("measure: a profile of %d tokens, want that of %d", len(row.Profile), row.Tokens)
	}
	var bits float64
	for i, token := range row.Profile {
		if token.Size < 0 || int64(token.Size) > row.RawBytes || !(token.Bits >= 0) || math.IsInf(float64(token.Bits), 0) {
			return fmt.Errorf("measure: token %d of %d bytes and %v bits", i, token.Size, token.Bits)
		}
		bits += float64(token.Bits)
	}
	if math.Abs(bits-row.CodeLength) > 1e-3*max(1, row.CodeLength) {
		return fmt.Errorf("measure: a profile of %v bits, want the code length, %v", bits, row.CodeLength)
	}
	return nil
}

// Stock has the models and the data of Tasks that were made elsewhere: a worker's cache. What it hands out is identified by its content
// before it is used, so that a stock which is wrong or damaged makes an error, not a row.
type Stock interface {
	// Model is the name by which lm.Open finds a Task's model here: a directory or a file. Of the subject "uniform:FILE" it is
	// "uniform:" and the file here; "uniform", and "" for the model that lmz carries, remain themselves.
	Model(ctx context.Context, t Task) (name string, err error)

	// Chunks opens the chunks of a Task's data, in their order from the first.
	Chunks(ctx context.Context, t Task) (Chunks, error)
}

// Chunks are the chunks of a data set, one after another: a *dataset.Set. Next returns io.EOF after the last; a chunk is the caller's
// to keep.
type Chunks interface {
	Next() ([]byte, error)
	Close() error
}
