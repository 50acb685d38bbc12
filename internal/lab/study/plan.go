package study

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lmz/internal/lab/dataset"
	"lmz/internal/lab/measure"
	"lmz/internal/lab/store"
)

// State is where a cell of a plan stands.
type State string

const (
	Unknown State = "unknown" // not looked at yet
	Missing State = "missing" // its data or its subject is not there: Problem says why
	ToDo    State = "to do"
	Running State = "running"
	Waiting State = "waiting" // another process is at it
	Done    State = "done"
	Failed  State = "failed" // Problem says why
)

// Cell is one measurement of a plan.
type Cell struct {
	Label        string      // of the subject, as the study has it
	Job          measure.Job // to be done
	Record       store.Cell  // what it will be in the store, without its result
	Chunks       int
	Bytes        int64         // raw
	Task         measure.Task  // the whole of it, to be split
	Dataset      store.Dataset // where the data come from
	State        State
	Stored       bool   // it was done before this run
	StoredChunks int    // of a cell that is not done: the others are to be done
	Problem      string // of a Failed or Missing cell
	Subject      string // what is wrong with the subject of a cell whose data are Missing too
	Pull         string // the model of the hub that a Missing cell wants
}

// subject names what compresses before it is known by its content.
func (c *Cell) subject() string {
	if c.Job.Baseline != "" {
		return c.Job.Baseline
	}
	return c.Job.Model + " " + c.Job.Precision
}

// Plan is the cells of a study, those of one subject one after another.
type Plan struct {
	Cells []*Cell
}

// Plan makes the plan of a study whose sources are relative to dir, "" for the study file's own. Models are relative to dir or, where it
// has none such, to the study file's, or names of the hub.
func (s *Study) Plan(dir string) *Plan {
	if dir == "" {
		dir = filepath.Dir(s.file)
	}
	specs := map[string]dataset.Spec{}
	for _, d := range s.Data {
		spec := d.Spec
		if spec.Source != string(dataset.Random) {
			spec.Source = within(dir, spec.Source)
		}
		specs[d.Name] = spec
	}
	p := &Plan{}
	for _, r := range s.Runs {
		for _, subject := range r.subjects([]string{dir, filepath.Dir(s.file)}) {
			for _, data := range r.Data {
				for _, protocol := range r.Protocols {
					for _, whole := range r.Whole {
						c := subject
						c.Job.Data, c.Job.Name, c.Job.Protocol, c.Job.Whole = specs[data], data, protocol, whole
						c.Job.BytesPerParam, c.Job.Unverified, c.Job.Threads = r.BytesPerParam, r.Unverified, s.Threads
						if c.Job.Baseline == "" {
							c.Job.Carry, c.Job.Profile = r.Carry, r.Profile
						}
						p.add(&c)
					}
				}
			}
		}
	}
	return p
}

// subjects are cells without data.
func (r *Run) subjects(dirs []string) (list []Cell) {
	for _, name := range r.Baselines {
		list = append(list, Cell{Label: name, Job: measure.Job{Baseline: name}, State: Unknown})
	}
	for _, m := range r.Models {
		steps := m.Checkpoints
		if steps == nil {
			steps = []int64{0}
		}
		for _, step := range steps {
			fill := func(s string) string { return strings.ReplaceAll(s, stepMark, strconv.FormatInt(step, 10)) }
			label := fill(m.name())
			if m.Checkpoints != nil && label == m.name() {
				label += fmt.Sprintf(" %d", step)
			}
			list = append(list, Cell{Label: label, Job: measure.Job{Model: modelName(dirs, fill(m.Model)), Precision: m.Precision, Step: step}, State: Unknown})
		}
	}
	return list
}

// add appends a cell, unless the plan has the same measurement already.
func (p *Plan) add(c *Cell) {
	for _, of := range p.Cells {
		a, b := of.Job, c.Job
		a.Name, b.Name, a.BytesPerParam, b.BytesPerParam = "", "", 0, 0 // the same cell in the store
		if a == b {
			return
		}
	}
	p.Cells = append(p.Cells, c)
}

// modelName is a model of a study file as lm.Open takes it: its path is relative to the first directory that has it.
func modelName(dirs []string, name string) string {
	file, uniform := strings.CutPrefix(name, "uniform:")
	switch {
	case name == measure.Carried:
		return ""
	case name == "uniform":
		return name
	}
	for _, dir := range dirs {
		if path := within(dir, file); exists(path) {
			return name[:len(name)-len(file)] + path
		}
	}
	if uniform {
		return "uniform:" + within(dirs[0], file)
	}
	return name // of the hub
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// within is a path relative to dir, if it is not absolute.
func within(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// order puts classical compressors first and then the models, small ones before large ones; the cells of a subject stay
// together, and in the order of the study.
func (p *Plan) order() {
	params, first := map[string]int64{}, map[string]int{}
	for i, c := range p.Cells {
		s := c.subject()
		if _, ok := first[s]; !ok {
			first[s] = i
		}
		params[s] = max(params[s], c.Record.Params)
	}
	slices.SortStableFunc(p.Cells, func(a, b *Cell) int {
		x, y := a.subject(), b.subject()
		baselineFirst := func(c *Cell) int {
			if c.Job.Baseline != "" {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(baselineFirst(a), baselineFirst(b)), cmp.Compare(params[x], params[y]), cmp.Compare(first[x], first[y]))
	})
}

// Count is how many cells are in one of the states.
func (p *Plan) Count(states ...State) (n int) {
	for _, c := range p.Cells {
		if slices.Contains(states, c.State) {
			n++
		}
	}
	return n
}

// Problem is what keeps cells from being measured.
type Problem struct {
	Text  string
	Pull  string // the model of the hub that is wanted, or ""
	Cells int
}

// Problems are what the cells of a state say, each once, those of models of the hub last.
func (p *Plan) Problems(of State) (list []Problem) {
	add := func(text, pull string) {
		i := slices.IndexFunc(list, func(p Problem) bool { return p.Text == text })
		if i < 0 {
			i, list = len(list), append(list, Problem{Text: text, Pull: pull})
		}
		list[i].Cells++
	}
	for _, c := range p.Cells {
		switch {
		case c.State != of:
		case c.Subject != "":
			add(c.Problem, "")
			add(c.Subject, c.Pull)
		default:
			add(c.Problem, c.Pull)
		}
	}
	slices.SortStableFunc(list, func(a, b Problem) int { return cmp.Compare(min(1, len(a.Pull)), min(1, len(b.Pull))) })
	return list
}

// Retry has the cells that failed in an earlier run measured again.
func (p *Plan) Retry() {
	for _, c := range p.Cells {
		if c.State == Failed {
			c.State, c.Problem = ToDo, ""
		}
	}
}

// name is what the cell is called in a sentence.
func (c *Cell) name() string {
	return fmt.Sprintf("%s of %s, %s", cmp.Or(c.Label, c.Task.Cell.Name), cmp.Or(c.Job.Name, c.Task.Cell.Dataset), c.Job.Protocol)
}
