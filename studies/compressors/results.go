package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
)

// result is one row of the results: one command on one file, decoded again and compared.
type result struct {
	File, SHA256     string
	RawBytes         int64
	Program, Command string
	Version, Machine string
	CodedBytes       int64 // with all headers
	Encode, Decode   cost
}

// same reports whether two results are of the same measurement.
func (r result) same(s result) bool {
	return r.SHA256 == s.SHA256 && r.Program == s.Program && r.Command == s.Command && r.Version == s.Version
}

// keep adds a result in the place of one of the same command on the same file, whatever the version was.
func keep(results []result, r result) []result {
	i := slices.IndexFunc(results, func(s result) bool {
		return r.SHA256 == s.SHA256 && r.Program == s.Program && r.Command == s.Command
	})
	if i < 0 {
		return append(results, r)
	}
	results[i] = r
	return results
}

var head = []string{
	"file", "sha256", "raw_bytes", "program", "command", "version", "machine", "coded_bytes",
	"encode_seconds", "encode_processor_seconds", "encode_memory_bytes", "encode_memory_hidden",
	"decode_seconds", "decode_processor_seconds", "decode_memory_bytes", "decode_memory_hidden",
}

// readResults reads what writeResults wrote. A file that is not there has no results.
func readResults(path string) ([]result, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(rows) == 0 || !slices.Equal(rows[0], head) {
		return nil, fmt.Errorf("%s: other columns than %v: no results of this study; name another file with -results", path, head)
	}
	var results []result
	for i, row := range rows[1:] {
		var bad error
		whole := func(column int) int64 {
			n, err := strconv.ParseInt(row[column], 10, 64)
			bad = errors.Join(bad, err)
			return n
		}
		seconds := func(column int) float64 {
			x, err := strconv.ParseFloat(row[column], 64)
			bad = errors.Join(bad, err)
			return x
		}
		hidden := func(column int) bool {
			b, err := strconv.ParseBool(row[column])
			bad = errors.Join(bad, err)
			return b
		}
		r := result{
			File: row[0], SHA256: row[1], RawBytes: whole(2), Program: row[3], Command: row[4], Version: row[5], Machine: row[6],
			CodedBytes: whole(7), Encode: cost{seconds(8), seconds(9), whole(10), hidden(11)}, Decode: cost{seconds(12), seconds(13), whole(14), hidden(15)},
		}
		if bad != nil {
			return nil, fmt.Errorf("%s: row %d: %w", path, i+2, bad)
		}
		results = append(results, r)
	}
	return results, nil
}

// writeResults writes results in place of what a file had, whole or not at all.
func writeResults(path string, results []result) error {
	f, err := os.Create(path + ".new")
	if err != nil {
		return err
	}
	whole := func(n int64) string { return strconv.FormatInt(n, 10) }
	seconds := func(x float64) string { return strconv.FormatFloat(x, 'f', 6, 64) }
	rows := [][]string{head}
	for _, r := range results {
		rows = append(rows, []string{
			r.File, r.SHA256, whole(r.RawBytes), r.Program, r.Command, r.Version, r.Machine, whole(r.CodedBytes),
			seconds(r.Encode.Seconds), seconds(r.Encode.ProcessorSeconds), whole(r.Encode.MemoryBytes), strconv.FormatBool(r.Encode.MemoryHidden),
			seconds(r.Decode.Seconds), seconds(r.Decode.ProcessorSeconds), whole(r.Decode.MemoryBytes), strconv.FormatBool(r.Decode.MemoryHidden),
		})
	}
	err = errors.Join(csv.NewWriter(f).WriteAll(rows), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
