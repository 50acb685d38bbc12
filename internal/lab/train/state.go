package train

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"lmz/internal/checkpoint"
	"lmz/internal/model"
)

// stateFile holds the latest state of a run within its directory.
const stateFile = "state.safetensors"

// Names of the flat vectors in a state file.
const (
	stateWeights = "weights"
	stateM       = "optimizer.m"
	stateV       = "optimizer.v"

	stateNGramKeys    = "ngrams.keys"
	stateNGramWeights = "ngrams.weights"
	stateNGramSquares = "ngrams.squares"
)

// progress is the part of a state that is not tensors.
type progress struct {
	Options Options
	Data    string // SHA-256 of the corpus, hexadecimal
	Step    int

	Tokenizer string // SHA-256 of its tokenizer.json, hexadecimal; "" is Bytes, which was the only one
}

// Save writes the state of the run to the directory dir: all that Resume needs. The state before
// stays in place until the new one is complete.
func (r *Run) Save(dir string) error {
	text, err := json.Marshal(progress{r.Options, fmt.Sprintf("%x", r.corpus.hash), r.Step, r.Options.Tokenizer.hash()})
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	tensors := map[string]checkpoint.Tensor{
		stateWeights: checkpoint.Float32(r.weights, len(r.weights)),
		stateM:       checkpoint.Float32(r.m, len(r.m)),
		stateV:       checkpoint.Float32(r.v, len(r.v)),
	}
	if g := r.ngrams; g != nil {
		tensors[stateNGramKeys] = checkpoint.Int32(g.Keys, len(g.Keys))
		tensors[stateNGramWeights] = checkpoint.Float32(g.weights, len(g.weights))
		tensors[stateNGramSquares] = checkpoint.Float32(g.squares, len(g.squares))
	}
	err = checkpoint.Write(filepath.Join(dir, stateFile), &checkpoint.File{
		Tensors: tensors, Metadata: map[string]string{"progress": string(text)},
	})
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	return nil
}

// Resumable says whether dir holds the state of a run.
func Resumable(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, stateFile))
	return err == nil
}

// Resume continues the run that Save wrote to dir as if it had never stopped. The options must be
// those of the run; those that its state does not hold may differ, but not the data and the tokenizer.
func Resume(dir string, o Options) (*Run, error) {
	path := filepath.Join(dir, stateFile)
	f, err := checkpoint.Open(path)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	var p progress
	if err := json.Unmarshal([]byte(f.Metadata["progress"]), &p); err != nil {
		return nil, fmt.Errorf("train: %s is not the state of a run: %w", path, err)
	}
	if o.Tokenizer == nil {
		o.Tokenizer = Bytes()
	}
	if now := o.Tokenizer.hash(); now != cmp.Or(p.Tokenizer, Bytes().hash()) {
		return nil, fmt.Errorf("train: %s was begun with another tokenizer: give the one that it was begun with or choose another directory", path)
	}
	if now := o.held(); !reflect.DeepEqual(p.Options, now) {
		return nil, fmt.Errorf("train: %s was begun with other settings: %s: repeat those or choose another directory",
			path, differences("", reflect.ValueOf(p.Options), reflect.ValueOf(now)))
	}
	r, err := prepare(o)
	if err != nil {
		return nil, err
	}
	if now := fmt.Sprintf("%x", r.corpus.hash); now != p.Data {
		return nil, fmt.Errorf("train: %s was begun with other data: found SHA-256 %s, now %s", path, p.Data, now)
	}
	vectors := map[string][]float32{stateWeights: r.weights, stateM: r.m, stateV: r.v}
	if c := o.Model; c.NGrams > 0 {
		keys, err := f.Tensors[stateNGramKeys].Int32s()
		if err != nil || len(keys) != c.NGrams*c.NGramLength {
			return nil, fmt.Errorf("train: %s: tensor %q has %d values, want %d", path, stateNGramKeys, len(keys), c.NGrams*c.NGramLength)
		}
		if err := r.setNGrams(keys); err != nil {
			return nil, fmt.Errorf("%w, in %s", err, path)
		}
		vectors[stateNGramWeights], vectors[stateNGramSquares] = r.ngrams.weights, r.ngrams.squares
	}
	for name, into := range vectors {
		x, err := f.Tensors[name].Float32s()
		if err != nil || len(x) != len(into) {
			return nil, fmt.Errorf("train: %s: tensor %q has %d values, want %d", path, name, len(x), len(into))
		}
		copy(into, x)
	}
	r.Step = p.Step
	return r, nil
}

// held is what a state holds of the options.
func (o Options) held() Options {
	o.Data, o.Tokenizer, o.Threads, o.Context, o.Reading = nil, nil, 0, nil, nil
	return o
}

// differences lists the fields in which two structs of one type differ, those of structs within by their path.
func differences(path string, found, now reflect.Value) string {
	if found.Kind() != reflect.Struct {
		return fmt.Sprintf("%s was %v, now %v", path, found, now)
	}
	var list []string
	for i := range found.NumField() {
		if a, b := found.Field(i), now.Field(i); !reflect.DeepEqual(a.Interface(), b.Interface()) {
			list = append(list, differences(strings.TrimPrefix(path+"."+found.Type().Field(i).Name, "."), a, b))
		}
	}
	return strings.Join(list, ", ")
}

// Tensors returns the weights under their names in a checkpoint.
func (r *Run) Tensors() map[string]checkpoint.Tensor {
	tensors := make(map[string]checkpoint.Tensor, len(r.params))
	for _, p := range r.params {
		tensors[p.name] = checkpoint.Float32(r.weights[p.begin:p.end], p.shape...)
	}
	if c := r.Options.Model; c.NGrams > 0 {
		tensors[model.NGramKeys] = checkpoint.Int32(r.ngrams.Keys, c.NGrams, c.NGramLength)
		tensors[model.NGramWeight] = checkpoint.Float32(r.ngrams.weights, c.NGrams, c.Hidden)
	}
	return tensors
}

// Load replaces the weights by those of a checkpoint, to train an existing model further, and the table of n-grams by its
// table. If the checkpoint has none, that of the run stays as New made it.
func (r *Run) Load(f *checkpoint.File) error {
	for _, p := range r.params {
		if err := load(r.weights[p.begin:p.end], f, p.name, p.shape...); err != nil {
			return err
		}
	}
	c := r.Options.Model
	keys, ok := f.Tensors[model.NGramKeys]
	if !ok {
		return nil
	}
	if want := []int{c.NGrams, c.NGramLength}; !slices.Equal(keys.Shape, want) {
		return fmt.Errorf("train: tensor %q has shape %v, want %v", model.NGramKeys, keys.Shape, want)
	}
	list, err := keys.Int32s()
	if err != nil {
		return fmt.Errorf("train: tensor %q: %w", model.NGramKeys, err)
	}
	if err := r.setNGrams(list); err != nil {
		return err
	}
	return load(r.ngrams.weights, f, model.NGramWeight, c.NGrams, c.Hidden)
}

// load copies a tensor of floats, which must have the shape, to w.
func load(w []float32, f *checkpoint.File, name string, shape ...int) error {
	t, ok := f.Tensors[name]
	if !ok || !slices.Equal(t.Shape, shape) {
		return fmt.Errorf("train: tensor %q has shape %v, want %v", name, t.Shape, shape)
	}
	x, err := t.Float32s()
	if err != nil {
		return fmt.Errorf("train: tensor %q: %w", name, err)
	}
	copy(w, x)
	return nil
}
