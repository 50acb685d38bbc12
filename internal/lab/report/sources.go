package report

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"lmz/internal/lab/store"
)

// Source is a data set and where it came from.
type Source struct {
	Name, Kind string
	ID         string // SHA-256 over the chunks
	Chunks     int
	Bytes      int64
	Spec       string // as JSON
	Files      []File
	Skipped    int // files that hold no chunk
}

// File is one that was read.
type File struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// sources are the data sets of cells, in their order.
func sources(ctx context.Context, s *store.Store, cells []store.Cell) (list []Source, err error) {
	for _, c := range cells {
		if slices.ContainsFunc(list, func(of Source) bool { return of.ID == c.Data }) {
			continue
		}
		from := Source{Name: c.Dataset, Kind: c.Modality, ID: c.Data}
		d, err := s.Dataset(ctx, c.Data)
		switch {
		case errors.Is(err, store.ErrMissing): // cells may be imported without
		case err != nil:
			return nil, err
		default:
			from.Chunks, from.Bytes, from.Spec = d.Chunks, d.Bytes, d.Spec
			var skipped []json.RawMessage
			// What is not such JSON was not written by lmz: there is nothing to show of it.
			_ = json.Unmarshal([]byte(d.Sources), &from.Files)
			_ = json.Unmarshal([]byte(d.Skipped), &skipped)
			from.Skipped = len(skipped)
		}
		list = append(list, from)
	}
	return list, nil
}

// mostFiles is how many files of a data set a page names: a directory of images has thousands, and the hash over the chunks stands for all.
const mostFiles = 50

// FirstFiles are those that a page names.
func (s Source) FirstFiles() []File { return s.Files[:min(len(s.Files), mostFiles)] }

// MoreFiles is how many a page does not name.
func (s Source) MoreFiles() int { return max(0, len(s.Files)-mostFiles) }
