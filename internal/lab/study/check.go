package study

import (
	"math"
	"regexp"
	"slices"
	"strings"

	"lmz/internal/lab/baseline"
	"lmz/internal/lab/dataset"
	"lmz/internal/lab/measure"
	"lmz/internal/model"
)

// The names that a study file can choose from.
var (
	kinds     = dataset.KindNames()
	protocols = measure.ProtocolNames()
	baselines = baseline.Names()
)

// stepMark stands in a model's name for the step of a checkpoint.
const stepMark = "{step}"

// studyName is what a store's file can be named by everywhere.
var studyName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// check finds what is of the right type and yet makes no sense, and fills in what a study need not say.
func (d *decoder) check(s *Study) {
	if !studyName.MatchString(s.Name) {
		d.errorf("name", "found %q, want a name of letters, digits, dots and hyphens: the store's file is named by it", s.Name)
	}
	d.checkData(s.Data)
	if s.Threads < 0 {
		d.errorf("threads", "found %d, want 0 or more", s.Threads)
	}
	if s.Runs == nil {
		s.Runs = []Run{{Settings: s.Settings}}
		d.checkRun("", s, &s.Runs[0])
		return
	}
	if s.Baselines != nil {
		d.errorf("baselines", "stand in the runs, where a study has runs")
	}
	d.checkModels("models", s.Models)
	used := map[string]bool{}
	for i := range s.Runs {
		r := &s.Runs[i]
		for j, m := range r.Models {
			k := slices.IndexFunc(s.Models, func(of Model) bool { return of.name() == m.Model })
			if k >= 0 && m.Name == "" && m.Precision == "" && m.Checkpoints == nil {
				r.Models[j], used[m.Model] = s.Models[k], true
			}
		}
		d.checkRun(element("runs", i), s, r)
	}
	for i, m := range s.Models {
		if !used[m.name()] {
			d.errorf(element("models", i), "%s is in no run: name it in the models of one", m.name())
		}
	}
}

func (d *decoder) checkData(data []Data) {
	if len(data) == 0 {
		d.errorf("data", "found none, want a list of blocks with name, source, kind, ...")
	}
	for i := range data {
		spec := &data[i]
		path := element("data", i)
		if spec.Name == "" {
			d.errorf(field(path, "name"), "found none, want a name")
		}
		if j := slices.IndexFunc(data[:i], func(of Data) bool { return of.Name == spec.Name }); j >= 0 {
			d.errorf(field(path, "name"), "%q is the name of data[%d] already", spec.Name, j)
		}
		if spec.Kind != "" && !slices.Contains(kinds, string(spec.Kind)) {
			d.errorf(field(path, "kind"), "found %q, want one of %s%s", spec.Kind, strings.Join(kinds, ", "), nearest(string(spec.Kind), kinds))
		}
		if spec.Source == "" && spec.Kind == dataset.Random {
			spec.Source = string(dataset.Random)
		}
		if spec.Source == "" {
			d.errorf(field(path, "source"), "found none, want a file, an archive, a directory, or random")
		}
		for _, f := range []struct {
			name       string
			value, low int
		}{{"chunk", spec.Chunk, 0}, {"count", spec.Count, -1}, {"per_file", spec.PerFile, 0}, {"width", spec.Width, 0}, {"height", spec.Height, 0}} {
			if f.value < f.low {
				d.errorf(field(path, f.name), "found %d, want %d or more", f.value, f.low)
			}
		}
	}
}

func (d *decoder) checkRun(path string, s *Study, r *Run) {
	if len(r.Models)+len(r.Baselines) == 0 {
		d.errorf(path, "found neither models nor baselines, want one at least")
	}
	var all []string
	for _, data := range s.Data {
		all = append(all, data.Name)
	}
	if r.Data == nil {
		r.Data = all
	} else {
		d.checkNames(field(path, "data"), r.Data, all)
	}
	if r.Protocols == nil {
		r.Protocols = []string{"lossless"}
	}
	if r.Whole == nil {
		r.Whole = []bool{false}
	}
	d.checkNames(field(path, "protocols"), r.Protocols, protocols)
	d.checkNames(field(path, "baselines"), r.Baselines, baselines)
	d.checkModels(field(path, "models"), r.Models)
	if len(r.Whole) > 2 || len(r.Whole) == 2 && r.Whole[0] == r.Whole[1] {
		d.errorf(field(path, "whole"), "found %v, want false, true, or both", r.Whole)
	}
	if !(r.BytesPerParam >= 0) || math.IsInf(r.BytesPerParam, 0) {
		d.errorf(field(path, "bytes_per_param"), "found %v, want a number, 0 or more", r.BytesPerParam)
	}
}

// checkNames wants each name to be known, and once.
func (d *decoder) checkNames(path string, given, known []string) {
	if given != nil && len(given) == 0 {
		d.errorf(path, "found an empty list, want some of %s", strings.Join(known, ", "))
	}
	for i, name := range given {
		switch {
		case !slices.Contains(known, name):
			d.errorf(element(path, i), "found %q, want one of %s%s", name, strings.Join(known, ", "), nearest(name, known))
		case slices.Contains(given[:i], name):
			d.errorf(element(path, i), "%q stands there twice", name)
		}
	}
}

func (d *decoder) checkModels(path string, models []Model) {
	for i, m := range models {
		path := element(path, i)
		if m.Model == "" {
			d.errorf(field(path, "model"), `found none, want a directory, a GGUF file, ORG/NAME[@REVISION] of the hub, "default" or "uniform"`)
			continue
		}
		if j := slices.IndexFunc(models[:i], func(of Model) bool { return of.name() == m.name() }); j >= 0 {
			d.errorf(path, "is called %q as the one before it: give it a name of its own", m.name())
		}
		if m.Precision != "" {
			if _, err := model.ParsePrecision(m.Precision); err != nil {
				d.errorf(field(path, "precision"), "found %q, want one of %s%s", m.Precision, strings.Join(model.Precisions(), ", "), nearest(m.Precision, model.Precisions()))
			}
		}
		switch template := strings.Contains(m.Model, stepMark); {
		case template && len(m.Checkpoints) == 0:
			d.errorf(field(path, "checkpoints"), "found none, want the steps that %s in %q stands for", stepMark, m.Model)
		case !template && len(m.Checkpoints) > 1:
			d.errorf(field(path, "model"), "found %q for %d checkpoints, want %s where the step goes", m.Model, len(m.Checkpoints), stepMark)
		}
		for j, step := range m.Checkpoints {
			if step < 0 || slices.Contains(m.Checkpoints[:j], step) {
				d.errorf(element(field(path, "checkpoints"), j), "found %d, want a step, each once", step)
			}
		}
	}
}
