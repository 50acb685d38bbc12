// Package study measures many subjects on many data: a study is a file that names them (Study), a plan is the cells that follow
// (Plan), and a supervisor has worker processes measure those that the store lacks (Supervisor).
//
// Start at Load. A cell is named by the content of its data and its subject, so whatever kills a run, the same command takes
// it up where it stopped; what is measured, and how, is package measure's affair.
package study

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"lmz/internal/lab/dataset"
)

// Study is a file: a question, and what is to be measured to answer it. Fields are named in the file as by their json tags.
type Study struct {
	Name     string `json:"name"`
	Question string `json:"question,omitempty"`
	Data     []Data `json:"data"`
	Settings
	Threads int  `json:"threads,omitempty"` // of a worker, 0 for all of the machine's, shared among the workers
	Memory  Size `json:"memory,omitempty"`  // of a worker at most, 0 for what the machine has, shared among the workers

	// Runs are parts of the study, for when not every subject is measured on all data under every protocol. A run takes
	// from the study what it does not say, its subjects apart. Without runs the study is one.
	Runs []Run `json:"runs,omitempty"`

	file string
}

// Data is a data set with the name that tables call it by.
type Data struct {
	Name string `json:"name"`
	dataset.Spec
}

// Run is a part of a study: each of its subjects on each of its data under each of its protocols.
type Run struct {
	Data []string `json:"data,omitempty"` // names of the study's; all if there are none
	Settings
}

// Settings say which subjects are measured, and how.
type Settings struct {
	Models    []Model  `json:"models,omitempty"`
	Baselines []string `json:"baselines,omitempty"`
	Protocols []string `json:"protocols,omitempty"` // lossless if there are none
	Whole     []bool   `json:"whole,omitempty"`     // false: each chunk by itself; true: the chunks as one. false if there are none

	BytesPerParam float64 `json:"bytes_per_param,omitempty"` // of adjusted ratios, 0 for 2
	Carry         bool    `json:"carry,omitempty"`           // keep half of a model's context when its window is full
	Profile       bool    `json:"profile,omitempty"`         // keep the code length of each token
	Unverified    bool    `json:"unverified,omitempty"`      // do not decode
}

// Model is a model, or one for each of its checkpoints. In a file a string can stand for it: the name of a model of the
// study, or a model as lm.Open takes it.
type Model struct {
	Name        string  `json:"name,omitempty"`        // for runs to name it by
	Model       string  `json:"model"`                 // as lm.Open takes it, "default" for the one that lmz carries, "uniform"; with {step} where the checkpoint's goes
	Precision   string  `json:"precision,omitempty"`   // int8 if it is ""
	Checkpoints []int64 `json:"checkpoints,omitempty"` // steps
}

func (m *Model) fromString(s string) { *m = Model{Model: s} }

// name is what the model is called.
func (m *Model) name() string {
	if m.Name != "" {
		return m.Name
	}
	return m.Model
}

// Load reads a study file, TOML if its name ends so, else YAML. The error is an Errors if the file is not a study.
func Load(file string) (*Study, error) {
	info, err := os.Stat(file) // before it is opened: that of a named pipe waits
	if err != nil {
		return nil, fmt.Errorf("study: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, fmt.Errorf("study: %s: found %d bytes, %s, want a file of %d at most", file, info.Size(), info.Mode(), maxFile)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("study: %w", err)
	}
	return Parse(file, text)
}

// Parse is Load of a file that was read.
func Parse(file string, text []byte) (*Study, error) {
	read := readYAML
	if strings.EqualFold(filepath.Ext(file), ".toml") {
		read = readTOML
	}
	doc, err := read(file, text)
	if err != nil {
		return nil, Errors{err.(*Error)}
	}
	s := &Study{file: file}
	d := &decoder{file: file, document: doc}
	d.begin = func(into any) {
		if r, ok := into.(*Run); ok {
			r.Settings = s.Settings
			r.Models, r.Baselines = nil, nil
		}
	}
	d.decode("", doc.value, reflect.ValueOf(s))
	if d.errs == nil { // what a field means is looked at when all have values
		d.check(s)
	}
	if d.errs != nil {
		d.errs.sort()
		return nil, d.errs
	}
	return s, nil
}
