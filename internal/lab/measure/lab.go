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

// Lab measures. It remembers what it has found out of data and the model that it opened last, so that the next Job need not
// again. The zero value is ready; one goroutine uses it at a time.
type Lab struct {
	identities map[dataset.Spec]dataset.Identity
	name       string // of model
	precision  lm.Precision
	model      *lm.Model
}

// task is a Job with all that is found out before it is done.
type task struct {
	Job
	protocol Protocol
	data     dataset.Identity
	subject  subject
	cell     store.Cell // without a result
}

// subject is what compresses: a model, or a classical compressor.
type subject struct {
	model      *lm.Model       // nil for uniform
	predictor  codec.Predictor // of a model, or uniform
	tokenizer  tokenizer.Tokenizer
	compressor baseline.Compressor
}

// Describe finds out all of a Job's cell but its result, and where its data come from. It reads the data once, and loads the model.
func (l *Lab) Describe(ctx context.Context, j Job) (store.Cell, store.Dataset, error) {
	t, err := l.prepare(ctx, j)
	if err != nil {
		return store.Cell{}, store.Dataset{}, err
	}
	d, err := describe(t.cell.Data, j.Data, t.data)
	return t.cell, d, err
}

// prepare identifies a Job's data and opens its subject.
func (l *Lab) prepare(ctx context.Context, j Job) (*task, error) {
	t := &task{Job: j}
	var err error
	if t.protocol, err = j.checkedProtocol(); err != nil {
		return nil, err
	}
	if t.data, err = l.identify(ctx, j.Data); err != nil {
		return nil, err
	}
	if err := l.openSubject(t); err != nil {
		return nil, err
	}
	c := &t.cell
	c.Protocol, c.Whole = j.variant(t.protocol), t.whole()
	c.Data, c.Modality = hex.EncodeToString(t.data.ID[:]), string(t.data.Kind)
	c.Dataset, c.ChunkSize, c.Seed = cmp.Or(j.Name, filepath.Base(j.Data.Source)), cmp.Or(j.Data.Chunk, dataset.DefaultChunk), j.Data.Seed
	c.ID = store.CellID(c.Subject, c.Data, c.Protocol, c.Whole)
	return t, nil
}

// identify is dataset.Identify, once for equal data.
func (l *Lab) identify(ctx context.Context, s dataset.Spec) (dataset.Identity, error) {
	if known, ok := l.identities[s]; ok {
		return known, nil
	}
	identity, err := dataset.Identify(ctx, s)
	if err != nil {
		return identity, err
	}
	if l.identities == nil {
		l.identities = map[dataset.Spec]dataset.Identity{}
	}
	l.identities[s] = identity
	return identity, nil
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

// whole says whether the chunks are joined.
func (t *task) whole() bool { return t.Whole || t.protocol.context == fileBefore }

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

// openSubject opens the task's subject and says in its cell what it is.
func (l *Lab) openSubject(t *task) (err error) {
	j, s, c := t.Job, &t.subject, &t.cell
	c.Step = -1
	if j.Baseline != "" {
		signal := baseline.Signal(t.data.Signal)
		if t.protocol.header == headerOnce {
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
