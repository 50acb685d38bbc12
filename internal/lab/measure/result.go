package measure

import (
	"context"
	"fmt"
	"math"
	"strings"

	"lmz/internal/lab/bootstrap"
	"lmz/internal/lab/dataset"
	"lmz/internal/lab/store"
)

// DefaultBytesPerParam is what a parameter counts in the adjusted ratio of Deletang et al., section 2: float16.
const DefaultBytesPerParam = 2

// Finish adds up all rows of a Task's cell, whoever made them, and ends the claim on it with the result.
func Finish(ctx context.Context, s *store.Store, claim *store.Claim, t Task) error {
	c := t.Cell
	p, err := t.Job.checkedProtocol()
	if err != nil {
		return err
	}
	var sum summary
	for row, err := range s.Chunks(ctx, c.ID) {
		if err != nil {
			return err
		}
		sum.add(row)
	}
	if sum.result.RawBytes == 0 {
		return errNoChunks
	}
	if p.context == published {
		sum.drop()
	}
	c.Result = sum.resultOf(c, t.Job.bytesPerParam())
	c.Verified = !t.Job.Unverified && p.context != published
	c.Decodable, c.Note = t.decodable(p, c.Result, sum.dropped)
	return claim.Finish(ctx, c)
}

// summary adds up rows.
type summary struct {
	result      store.Result
	bits, bytes []float64 // a chunk
	ratios      float64   // sum of the chunks'
	outside     float64   // sum of those that bharadwaj-2025 drops
	dropped     int       // how many these are
	counted     int       // of chunks in ratios
}

func (s *summary) add(row store.Chunk) {
	r := &s.result
	r.Chunks++
	r.RawBytes += row.RawBytes
	r.CoveredBytes += row.CoveredBytes
	r.Tokens += row.Tokens
	r.CodeLength += row.CodeLength
	r.CodedBytes += row.CodedBytes
	r.LostBits += row.LostBits
	r.HeaderBytes += row.HeaderBytes
	r.CountedBits += row.CountedBits
	r.EncodeSeconds += row.EncodeSeconds
	r.DecodeSeconds += row.DecodeSeconds
	s.bits, s.bytes = append(s.bits, row.CountedBits), append(s.bytes, float64(row.RawBytes))
	ratio := row.CountedBits / 8 / float64(row.RawBytes)
	s.ratios += ratio
	s.counted++
	if ratio < publishedLow || ratio > publishedHigh {
		s.outside += ratio
		s.dropped++
	}
}

// drop takes out of the mean ratio what the published program took out.
func (s *summary) drop() {
	s.ratios -= s.outside
	s.counted -= s.dropped
}

// resultOf is what the rows add up to.
func (s *summary) resultOf(c store.Cell, bytesPerParam float64) store.Result {
	r := s.result
	raw := float64(r.RawBytes)
	r.Coverage = float64(r.CoveredBytes) / raw
	r.BitsPerByte = r.CountedBits / raw
	r.Low, r.High = bootstrap.Interval(s.bits, s.bytes)
	r.Ratio = r.BitsPerByte / 8
	if s.counted > 0 { // else all were dropped, and the note says so
		r.MeanRatio = s.ratios / float64(s.counted)
	}
	if r.Tokens > 0 {
		r.NatsPerToken = r.CodeLength * math.Ln2 / float64(r.Tokens)
	}
	c.Result = r
	return adjusted(c, bytesPerParam)
}

// adjusted is a cell's result with the adjusted ratio for so many bytes a parameter, which is no part of what was measured.
func adjusted(c store.Cell, bytesPerParam float64) store.Result {
	r := c.Result
	r.BytesPerParam = bytesPerParam
	r.AdjustedRatio = r.Ratio + bytesPerParam*float64(c.Params)/float64(r.RawBytes)
	return r
}

// decodable says whether what was counted is enough to decode the raw data, and what a reader must know.
func (t Task) decodable(p Protocol, r store.Result, dropped int) (ok bool, note string) {
	kind := dataset.Kind(t.Cell.Modality)
	var notes []string
	switch {
	case p.context == published:
		notes = append(notes, fmt.Sprintf("not decodable: %.1f%% of the bytes counted as all of them, without their highest bits", 100*r.Coverage))
		if dropped > 0 {
			notes = append(notes, fmt.Sprintf("%d chunks of a ratio outside %v to %v are not in the mean", dropped, publishedLow, publishedHigh))
		}
	case p.header == headerOnce && r.HeaderBytes > 0:
		notes = append(notes, "not decodable: headers counted once, checksums among them")
	case p.header == headerOnce && p.mappingOf(kind) == asciiOnly && t.Job.Baseline == "" && r.LostBits > 0:
		notes = append(notes, "not decodable: where bits were lost is not counted")
	default:
		ok = true
	}
	if kind == dataset.Random && r.Ratio < 1 {
		notes = append(notes, "uniform random bytes below 100%: this violates Kraft's inequality, so what is counted is no code")
	}
	return ok, strings.Join(notes, "; ")
}
