package lm

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"lmz/internal/checkpoint"
	"lmz/internal/cumfreq"
	"lmz/internal/hub"
	"lmz/internal/model"
	"lmz/internal/tokenizer"
	"lmz/models"
)

// Default returns the model that lmz carries, in int8.
var Default = sync.OnceValues(func() (*Model, error) { return carried(Int8) })

// carried is the model that lmz carries, in Int8 or Int8Outlier: its weights are quantised.
func carried(p Precision) (*Model, error) {
	parts, err := openCarried()
	if err != nil {
		return nil, fmt.Errorf("lm: model %s: %w", models.Default, err)
	}
	m, err := parts.load(models.Default, p)
	if err != nil {
		return nil, fmt.Errorf("lm: model %s: %w", models.Default, err)
	}
	return m, nil
}

func openCarried() (*parts, error) {
	dir, err := fs.Sub(models.Files, models.Default)
	if err != nil {
		return nil, err
	}
	p, err := describe(dir)
	if err != nil {
		return nil, err
	}
	data, err := fs.ReadFile(dir, "model.safetensors")
	if err != nil {
		return nil, err
	}
	if p.file, err = checkpoint.Parse(data); err != nil {
		return nil, err
	}
	p.file.Name = "model.safetensors"
	return p, nil
}

// Open opens a model by name, which is "" for the one that lmz carries, or
//
//   - a directory of Hugging Face's layout: config.json, tokenizer.json, and the weights in safetensors or as PyTorch keeps
//     them, one file or several; in floats, or quantised as Quantise does it;
//   - a GGUF file;
//   - a reference to the hub that hub.ParseRef reads, and that Hugging Face's cache has: Open loads nothing from the net, and returns
//     a *hub.NotCachedError for one that is not there.
func Open(name string, p Precision) (*Model, error) {
	if name == "" {
		return carried(p)
	}
	path, err := Find(name)
	if err != nil {
		return nil, err
	}
	parts, err := openParts(path)
	if err != nil {
		return nil, fmt.Errorf("lm: model %s: %w", name, err)
	}
	defer parts.file.Close()
	short := name
	if path == name {
		short = filepath.Base(filepath.Clean(path))
	}
	m, err := parts.load(short, p)
	if err != nil {
		return nil, fmt.Errorf("lm: model %s: %w", name, err)
	}
	return m, nil
}

// Find is the directory or file of a model that Open knows by name.
func Find(name string) (path string, err error) {
	if _, err := os.Stat(name); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return name, err
	}
	ref, err := hub.ParseRef(name)
	if err != nil || !strings.Contains(ref.Repo, "/") {
		return "", fmt.Errorf("lm: model %s: neither a directory or file nor ORG/NAME of the hub: %w", name, fs.ErrNotExist)
	}
	return hub.Cached(ref)
}

// parts are what a model is made of.
type parts struct {
	config    model.Config
	tokenizer tokenizer.Tokenizer
	file      *checkpoint.File
}

// load makes the model. It keeps nothing of the file's memory.
func (p *parts) load(name string, precision Precision) (*Model, error) {
	w, err := p.weights(precision)
	if err != nil {
		return nil, err
	}
	m, err := model.New(w, p.tokenizer.IDs())
	if err != nil {
		return nil, err
	}
	return &Model{name: name, tokenizer: p.tokenizer, model: m, identity: identity(w, p.tokenizer)}, nil
}

// weights are the tensors of the file.
func (p *parts) weights(precision Precision) (*model.Weights, error) {
	w, err := model.NewWeights(p.config, p.file, precision)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.file.Name, err)
	}
	return w, nil
}

// openParts opens a directory or a GGUF file. The caller closes the checkpoint.
func openParts(path string) (*parts, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return openGGUF(path)
	}
	p, err := describe(os.DirFS(path))
	if err != nil {
		return nil, err
	}
	p.file, err = checkpoint.OpenDir(path)
	return p, err
}

// Check says what is wrong with a model of Hugging Face's layout before its weights are there: that of a hub's repository say.
func Check(dir string) error {
	if _, err := describe(os.DirFS(dir)); err != nil {
		return fmt.Errorf("lm: %w", err)
	}
	return nil
}

// describe reads what there is in a directory beside the weights.
func describe(dir fs.FS) (*parts, error) {
	text, err := readFile(dir, "config.json")
	if err != nil {
		return nil, err
	}
	c, err := model.ParseConfig(text)
	if err != nil {
		return nil, err
	}
	if text, err = readFile(dir, "tokenizer.json"); err != nil {
		return nil, err
	}
	t, err := tokenizer.Parse(text, c.Vocab)
	if err != nil {
		return nil, err
	}
	return &parts{config: c, tokenizer: t}, codable(t)
}

// codable is an error if there are more symbols than a table of frequencies takes.
func codable(t tokenizer.Tokenizer) error {
	if n := t.Symbols(); n > cumfreq.MaxSymbols {
		return fmt.Errorf("the tokenizer has %d symbols, want at most %d", n, cumfreq.MaxSymbols)
	}
	return nil
}

// maxText bounds config.json and tokenizer.json in bytes: of the latter the largest that models have are some 40 MB.
const maxText = 256 << 20

// readFile reads a regular file: others may have no end. Nor is one read that is as large as only the weights of a model are.
func readFile(dir fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(dir, name)
	if errors.Is(err, fs.ErrNotExist) && name == "tokenizer.json" {
		return nil, fmt.Errorf("no %s: AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR) of transformers makes it: %w", name, fs.ErrNotExist)
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", name)
	}
	if info.Size() > maxText {
		return nil, fmt.Errorf("%s has %d bytes, want at most %d", name, info.Size(), maxText)
	}
	return fs.ReadFile(dir, name)
}

// Quantise writes the int8 form of the model of that name, which has the same identity and a quarter of the size, to the
// directory to. A GGUF file has no such form.
func Quantise(to, name string) error {
	from, err := Find(name)
	if err != nil {
		return err
	}
	if err := quantise(to, from); err != nil {
		return fmt.Errorf("lm: model %s: %w", name, err)
	}
	return nil
}

func quantise(to, from string) error {
	if info, err := os.Stat(from); err == nil && !info.IsDir() {
		return errors.New("a GGUF file cannot be quantised further, want a directory")
	}
	p, err := openParts(from)
	if err != nil {
		return err
	}
	defer p.file.Close()
	w, err := p.weights(Int8)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o777); err != nil {
		return err
	}
	for _, name := range []string{"config.json", "tokenizer.json"} {
		text, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return err
		}
		if err := checkpoint.WriteFile(filepath.Join(to, name), text); err != nil {
			return err
		}
	}
	return checkpoint.Write(filepath.Join(to, "model.safetensors"), w.Tensors())
}
