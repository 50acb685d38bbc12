package law

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lmz/internal/lab/fit"
	"lmz/internal/lab/store"
)

// condition is what cells must have in common to be fitted together.
type condition struct {
	dataset, protocol, precision string
	chunk                        int
	whole                        bool
	data                         string // identity of the chunks
}

func conditionOf(c store.Cell) condition {
	return condition{c.Dataset, c.Counting(), c.Precision, c.ChunkSize, c.Whole, c.Data}
}

// words are a condition's parts, as names of groups have them.
func (c condition) words() [5]string {
	chunks := fmt.Sprintf("chunks of %d", c.chunk)
	if c.whole {
		chunks = "whole"
	}
	return [5]string{c.dataset, c.protocol, c.precision, chunks, fmt.Sprintf("data %.8s", c.data)}
}

// FromCells makes points of a store's finished cells of models: one group for each data set, protocol, precision and chunk size, which are never
// mixed. name is the store's, for messages. P is counted in total unless c says otherwise.
func FromCells(cells []store.Cell, name string, c Convention) (*Data, error) {
	if c == "" {
		c = Total
	}
	d := &Data{Source: name, Params: c, From: "the records", Steps: "steps", Rate: "ratio"}
	conditions, models := []condition{}, 0
	var stepless []string
	for _, cell := range cells {
		if cell.Status != store.Done || cell.Params <= 0 {
			continue
		}
		models++
		if cell.Step <= 0 {
			stepless = append(stepless, cell.Name)
			continue
		}
		if of := conditionOf(cell); !slices.Contains(conditions, of) {
			conditions = append(conditions, of)
		}
	}
	if len(conditions) == 0 {
		return nil, fmt.Errorf("law: %s: no finished cell of a model of which parameters and step are known: %d cells, %d of models, %d of these without a step above 0; a law needs models of several sizes after several steps of training, whose names tell the steps (run/step-1000) or whose study does (checkpoints)",
			name, len(cells), models, len(stepless))
	}
	if n := len(stepless); n > 0 {
		slices.Sort(stepless)
		d.Remarks = append(d.Remarks, fmt.Sprintf("%s left out, since no step above 0 is known of them, where the forms are defined: %s.",
			count(n, "cell is", "cells are"), strings.Join(slices.Compact(stepless), ", ")))
	}
	pythias := 0
	for i, name := range conditionNames(conditions) {
		for _, cell := range cells {
			if cell.Status != store.Done || cell.Params <= 0 || cell.Step <= 0 || conditionOf(cell) != conditions[i] {
				continue
			}
			x, err := point(cell, c)
			if err != nil {
				return nil, fmt.Errorf("law: %s: %s of %s: %w", d.Source, cell.Name, cell.Dataset, err)
			}
			if isPythia(cell.Name) {
				pythias++
			}
			if err := d.add(name, cell.Name, x); err != nil {
				return nil, fmt.Errorf("law: %s: %w", d.Source, err)
			}
		}
		d.Groups[len(d.Groups)-1].Remarks = remarks(cells, conditions[i])
	}
	if pythias == models-len(stepless) {
		d.Tokens = PythiaTokens
	}
	d.settle()
	return d, nil
}

// point is a cell as a point.
func point(c store.Cell, by Convention) (fit.Point, error) {
	x := fit.Point{Params: float64(c.Params), Steps: float64(c.Step), Ratio: c.Ratio}
	switch by {
	case NonEmbedding:
		x.Params = float64(c.ParamsBody)
	case Nominal:
		var err error
		if x.Params, _, err = nominal(c.Name); err != nil {
			return x, err
		}
	}
	if c.High > c.Low { // NaN where there were too few chunks
		const normal = 1.959964 // standard errors to either end of a 95% interval
		x.SE = (c.High - c.Low) / (2 * normal) / 8
	}
	if !(x.Ratio > 0) {
		return x, fmt.Errorf("ratio %v, want one above 0", x.Ratio)
	}
	return x, nil
}

// remarks are what a reader must know of the cells of a condition.
func remarks(cells []store.Cell, of condition) (list []string) {
	undecodable, partial, least := 0, 0, 1.0
	for _, c := range cells {
		if c.Status != store.Done || c.Params <= 0 || c.Step <= 0 || conditionOf(c) != of {
			continue
		}
		if !c.Decodable {
			undecodable++
		}
		if c.Coverage < 1 {
			partial, least = partial+1, min(least, c.Coverage)
		}
	}
	if undecodable > 0 {
		list = append(list, fmt.Sprintf("%s not decodable: what was counted is not enough to get the data back. The law is of that count, not of a compressor.", count(undecodable, "record is", "records are")))
	}
	if partial > 0 {
		list = append(list, fmt.Sprintf("%s not of all bytes: the least coverage is %s. Below 100%% a rate is no result.", count(partial, "record is", "records are"), strconv.FormatFloat(100*least, 'f', 1, 64)+"%"))
	}
	return list
}

// conditionNames names conditions by the data set, and by what else two of them do not share.
func conditionNames(list []condition) []string {
	names := make([]string, len(list))
	differs := [5]bool{0: true}
	for _, c := range list {
		for j, word := range c.words() {
			// Chunks that differ between data sets are no second condition: the identity tells only those of one name apart.
			differs[j] = differs[j] || slices.ContainsFunc(list, func(o condition) bool {
				return o.words()[j] != word && (j < 4 || o.dataset == c.dataset && o.chunk == c.chunk)
			})
		}
	}
	for i, c := range list {
		var words []string
		for j, word := range c.words() {
			if differs[j] && word != "" {
				words = append(words, word)
			}
		}
		names[i] = strings.Join(words, ", ")
	}
	return names
}
