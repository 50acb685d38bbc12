package law

import (
	"fmt"
	"slices"
	"strings"
)

// Columns names the columns of a CSV file; "" for what is found by its usual names.
type Columns struct {
	Params string // model size: a number, a size as 1.4b, or a model's name that tells it
	Steps  string // steps of training, or tokens
	Ratio  string // what was measured
	By     string // what groups the rows
}

// The usual names, the first of which that a file has is taken.
var (
	totalColumns = []string{"params", "parameters", "n_params", "num_params", "total_params"}
	sizeColumns  = []string{"p", "size", "model_size"}
	bodyColumns  = []string{"params_body", "params_non_embedding", "non_embedding_params", "non_embedding"}
	modelColumns = []string{"model", "name", "model_name"}
	stepsColumns = []string{"step", "steps", "checkpoint", "s", "tokens"}
	ratioColumns = []string{"ratio", "compression_ratio", "cr", "bits_per_byte", "bpb", "loss", "rate"}
	byColumns    = []string{"dataset"}
	deviations   = []string{"std", "compression_std", "ratio_std", "sd", "stdev", "standard_deviation"}
	chunkColumns = []string{"chunks", "chunks_processed", "n_chunks"}
	errorColumns = []string{"se", "stderr", "standard_error"}
)

// head finds columns by their names.
type head struct {
	names []string // as the file has them
	keys  []string // as they are compared
}

func newHead(record []string) head {
	h := head{names: slices.Clone(record)}
	for i, name := range h.names {
		h.names[i] = oneLine(name)
		h.keys = append(h.keys, strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(h.names[i])))
	}
	return h
}

// usual is the place of the first of these names that there is; -1 for none.
func (h head) usual(names []string) int {
	for _, name := range names {
		if i := slices.Index(h.keys, name); i >= 0 {
			return i
		}
	}
	return -1
}

// once is an error where a column that was found by its usual name, at this place, is not the only one of the name.
func (h head) once(place int) error {
	if place >= 0 && slices.Contains(h.keys[place+1:], h.keys[place]) {
		return fmt.Errorf("two columns are called %s: leave one out", h.names[place])
	}
	return nil
}

// find is the place of the column that was asked for, or else of a usual one.
func (h head) find(what, given, flag string, names []string) (int, error) {
	if given != "" {
		return h.named(given, flag)
	}
	i := h.usual(names)
	if i < 0 {
		return -1, fmt.Errorf("no column is called as that of the %s usually is (%s); there are %s: name one with %s",
			what, strings.Join(names, ", "), strings.Join(h.names, ", "), flag)
	}
	return i, nil
}

// named is the place of a column that was asked for.
func (h head) named(given, flag string) (int, error) {
	given = oneLine(given)
	for _, names := range [][]string{h.names, h.keys} {
		if i := slices.Index(names, given); i >= 0 {
			if slices.Contains(names[i+1:], given) {
				return -1, fmt.Errorf("%s %s: there are two columns of that name", flag, given)
			}
			return i, nil
		}
	}
	return -1, fmt.Errorf("%s %s: no such column, there are %s", flag, given, strings.Join(h.names, ", "))
}
