package measure

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"

	"lmz/internal/codec"
	"lmz/internal/lab/baseline"
	"lmz/internal/lab/dataset"
	"lmz/internal/lab/store"
	"lmz/internal/lm"
	"lmz/internal/model"
	"lmz/internal/tokenizer"
)

// Lab measures. It remembers what it has found out of data, the model that it opened last, and where in the data it stands, so that
// the next Job or Task need not again. The zero value is ready; one goroutine uses it at a time.
type Lab struct {
	// Stock, if not nil, has the models and the data of Tasks, whose names hold elsewhere.
	Stock Stock

	data      map[string]*source // by what they are read from
	name      string             // of model
	precision lm.Precision
	model     *lm.Model
	last      *work
}

// work is a Task, its cell whole, with all that is needed to do it.
type work struct {
	Task
	protocol Protocol
	data     *source
	subject  subject
	coder    coder
	reader   *reader
	of       Task // that was found, without its range
}

// subject is what compresses: a model, or a classical compressor.
type subject struct {
	model      *lm.Model       // nil for uniform
	predictor  codec.Predictor // of a model, or uniform
	tokenizer  tokenizer.Tokenizer
	compressor baseline.Compressor
}

// Describe finds out all of a Job's cell but its result, as the Task to measure the whole of it, and where its data come from. It reads the data
// once, and loads the model.
func (l *Lab) Describe(ctx context.Context, j Job) (Task, store.Dataset, error) {
	w, err := l.prepare(ctx, j, specSource{j.Data})
	if err != nil {
		return Task{}, store.Dataset{}, err
	}
	d, err := describe(w.Cell.Data, j.Data, w.data.Identity)
	return w.Task, d, err
}

// Close closes the data that are open. The Lab can be used again.
func (l *Lab) Close() error {
	w := l.last
	l.last = nil
	if w == nil || w.reader == nil {
		return nil
	}
	return w.reader.close()
}

// prepare identifies a Job's data and opens its subject.
func (l *Lab) prepare(ctx context.Context, j Job, from origin) (*work, error) {
	if err := l.Close(); err != nil {
		return nil, err
	}
	w := &work{Task: Task{Job: j}}
	var err error
	if w.protocol, err = j.checkedProtocol(); err != nil {
		return nil, err
	}
	if w.data, err = l.identify(ctx, from); err != nil {
		return nil, err
	}
	if err := l.openSubject(w); err != nil {
		return nil, err
	}
	c := &w.Cell
	c.Protocol, c.Whole = j.variant(w.protocol), j.Whole || w.protocol.context == fileBefore
	c.Data, c.Modality = hex.EncodeToString(w.data.ID[:]), string(w.data.Kind)
	c.Dataset, c.ChunkSize, c.Seed = cmp.Or(j.Name, filepath.Base(j.Data.Source)), cmp.Or(j.Data.Chunk, dataset.DefaultChunk), j.Data.Seed
	c.ID = store.CellID(c.Subject, c.Data, c.Protocol, c.Whole)
	w.Chunks, w.Bytes, w.Signal = w.data.Chunks, w.data.Bytes, w.data.Signal
	w.Range = Range{Count: w.Units()}
	return w, nil
}

// describe is where data came from, as the store keeps it: by the source's name, wherever on this machine it lies.
func describe(id string, s dataset.Spec, identity dataset.Identity) (store.Dataset, error) {
	s.Source = filepath.Base(s.Source)
	d := store.Dataset{ID: id, Chunks: identity.Chunks, Bytes: identity.Bytes}
	for _, part := range []struct {
		text  *string
		value any
	}{{&d.Spec, s}, {&d.Sources, identity.Sources}, {&d.Skipped, identity.Skipped}} {
		text, err := json.Marshal(part.value)
		if err != nil {
			return d, err
		}
		*part.text = string(text)
	}
	return d, nil
}

// checkedProtocol is the Job's, which must fit its subject.
func (j Job) checkedProtocol() (Protocol, error) {
	p, err := ParseProtocol(cmp.Or(j.Protocol, Protocols[0].Name))
	switch {
	case err != nil:
		return p, err
	case j.Baseline != "" && j.Model != "":
		return p, fmt.Errorf("measure: model %s and baseline %s, want one of the two", j.Model, j.Baseline)
	case j.Baseline != "" && p.modelsOnly() != "":
		return p, fmt.Errorf("measure: protocol %s cannot measure %s: %s", p.Name, j.Baseline, p.modelsOnly())
	case j.Baseline == "" && j.Whole && p.context != fileBefore:
		return p, fmt.Errorf("measure: a model codes the whole of the data under the protocol stream, not %s", p.Name)
	case j.Baseline != "" && (j.Carry || j.Profile):
		return p, fmt.Errorf("measure: %s has no tokens and no context to carry: these are options of models", j.Baseline)
	}
	return p, nil
}

// policy is what becomes of a model's context when it is full.
func (j Job) policy() lm.Policy {
	if j.Carry {
		return lm.Carry
	}
	return lm.Fresh
}

// bytesPerParam is that of the adjusted ratio.
func (j Job) bytesPerParam() float64 { return cmp.Or(j.BytesPerParam, DefaultBytesPerParam) }

// variant is the protocol's name with what changes its cells.
func (j Job) variant(p Protocol) string {
	name := p.String()
	for _, option := range []struct {
		is   bool
		name string
	}{{j.Carry, "carry"}, {j.Profile, "profile"}, {j.Unverified, "unverified"}} {
		if option.is {
			name += "+" + option.name
		}
	}
	return name
}

// openSubject opens the work's subject and says in its cell what it is.
func (l *Lab) openSubject(w *work) (err error) {
	j, s, c := w.Job, &w.subject, &w.Cell
	c.Step = -1
	if j.Baseline != "" {
		signal := baseline.Signal(w.data.Signal)
		if w.protocol.header == headerOnce {
			signal.Width = 0 // Deletang et al. make an image of any bytes, of the two closest factors: patches lose their shape
		}
		s.compressor, err = baseline.Open(j.Baseline, signal)
		if err != nil {
			return err
		}
		c.Kind, c.Name, c.Software = "baseline", s.compressor.Name(), s.compressor.Version()
		c.Subject = fmt.Sprintf("%s (%s)", c.Name, c.Software)
		return nil
	}
	c.Kind, c.Software, c.Step = "model", software(), j.step()
	if file, ok := strings.CutPrefix(j.Model, "uniform"); ok && (file == "" || file[0] == ':') {
		if s.tokenizer, err = uniformTokenizer(strings.TrimPrefix(file, ":")); err != nil {
			return err
		}
		s.predictor = uniform{s.tokenizer}
		c.Name, c.Subject = "uniform", "uniform "+s.tokenizer.Name()
		return nil
	}
	if s.model, err = l.open(j.Model, j.Precision); err != nil {
		return err
	}
	s.predictor, s.tokenizer = s.model.Predictor(j.policy()), s.model.Tokenizer()
	c.Name, c.Precision, c.Window = nameOf(s.model, j.Model), s.model.Precision().String(), s.model.Config().Window
	c.Params, c.ParamsBody = s.model.Config().Parameters()
	id := s.model.ID()
	c.Subject = hex.EncodeToString(id[:])
	return nil
}

// open is lm.Open, which need not load again the model that was opened last.
func (l *Lab) open(name, precision string) (*lm.Model, error) {
	p, err := model.ParsePrecision(cmp.Or(precision, lm.Int8.String()))
	if err != nil {
		return nil, err
	}
	if l.model == nil || l.name != name || l.precision != p {
		l.model = nil // its memory is free before the next one's is needed
		if l.model, err = lm.Open(name, p); err != nil {
			return nil, err
		}
		l.name, l.precision = name, p
	}
	return l.model, nil
}

// uniformTokenizer is the byte tokenizer, or that of a file.
func uniformTokenizer(file string) (tokenizer.Tokenizer, error) {
	text := tokenizer.BytesJSON()
	if file != "" {
		var err error
		if text, err = os.ReadFile(file); err != nil {
			return nil, err
		}
	}
	t, err := tokenizer.Parse(text, tokenizer.MaxRows) // ids without a token are no symbols
	if err != nil {
		return nil, fmt.Errorf("measure: %s: %w", cmp.Or(file, "the byte tokenizer"), err)
	}
	return t, nil
}

var stepInName = regexp.MustCompile(`step[-_]?(\d+)(/)?$`)

// step is how many steps the checkpoint was trained, as the Job or the end of its name says, or -1.
func (j Job) step() int64 {
	if j.Step > 0 {
		return j.Step
	}
	if m := stepInName.FindStringSubmatch(j.Model); m != nil {
		if n, err := strconv.ParseInt(m[1], 10, 64); err == nil {
			return n
		}
	}
	return -1
}

// nameOf is what people call a model that was opened by a name: that of a checkpoint's directory alone would say too little.
func nameOf(m *lm.Model, opened string) string {
	if parent := filepath.Base(filepath.Dir(opened)); stepInName.FindString(m.Name()) == m.Name() && parent != "." && parent != string(filepath.Separator) {
		return parent + "/" + m.Name()
	}
	return m.Name()
}

// software says which lmz measured.
func software() string { return fmt.Sprintf("lmz %s, numerics %d", Release(), lm.Numerics) }

// Release is the version of the program that runs.
var Release = sync.OnceValue(func() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
})

// errNoChunks is that of data which have none. dataset.Identify has said so before.
var errNoChunks = errors.New("measure: the data have no chunk")
