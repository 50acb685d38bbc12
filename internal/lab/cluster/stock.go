package cluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"lmz/internal/lab/measure"
	"lmz/internal/lm"
)

// stock is what a worker has of models and data: in a directory of its own, in a folder that it shares with whoever submitted the task, in the
// hub's cache, or else from the servers. All is verified by its SHA-256 once a process, before it is used.
type stock struct {
	conn *Conn
	dir  string

	mu       sync.Mutex
	blobs    *blobs
	verified map[string]string // path by manifest, or by the data's identity
	now      *job              // that the task at hand is of
}

func newStock(c *Conn, dir string) *stock {
	return &stock{conn: c, dir: dir, verified: map[string]string{}}
}

// of says which job the next tasks are of.
func (s *stock) of(j *job) {
	s.mu.Lock()
	s.now = j
	s.mu.Unlock()
}

// has says whether a model was verified, or lies in the cache.
func (s *stock) has(of subject) bool {
	if of.Model == "" {
		return false
	}
	s.mu.Lock()
	_, ok := s.verified[of.Model]
	s.mu.Unlock()
	if !ok {
		_, err := os.Stat(s.modelDir(of.Model))
		ok = err == nil
	}
	return ok
}

func (s *stock) modelDir(manifest string) string {
	if !isHash(manifest) {
		return ""
	}
	return filepath.Join(s.dir, "models", manifest)
}

// open opens the blobs of models and data.
func (s *stock) open(ctx context.Context) (*blobs, error) {
	if s.blobs == nil {
		b, err := s.conn.openBlobs(ctx, blobStream, blobPrefix)
		if err != nil {
			return nil, err
		}
		s.blobs = b
	}
	return s.blobs, nil
}

// Model is where a task's model lies: measure.Stock.
func (s *stock) Model(ctx context.Context, t measure.Task) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, file := strings.CutPrefix(t.Job.Model, "uniform:")
	if name == "" || name == "uniform" {
		return t.Job.Model, nil
	}
	of, ok := s.now.Subjects[keyOf(t.Cell.Subject)]
	if !ok || of.Model == "" {
		return "", fmt.Errorf("cluster: job %s does not say which files the model %.80q has", s.now.Name, t.Job.Model)
	}
	path, err := s.model(ctx, of.Model, name)
	if file {
		path = "uniform:" + path
	}
	return path, err
}

// model finds the files of a manifest: in the cache, where the model's name leads here, or from the servers.
func (s *stock) model(ctx context.Context, hash, name string) (string, error) {
	if path, ok := s.verified[hash]; ok {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		delete(s.verified, hash) // somebody has emptied the cache
	}
	b, err := s.open(ctx)
	if err != nil {
		return "", err
	}
	text, err := b.getBytes(ctx, hash, 1<<20)
	if err != nil {
		return "", err
	}
	m, err := parseManifest(text)
	if err != nil {
		return "", err
	}
	dir := s.modelDir(hash)
	within := func(dir string) string {
		if m.Alone {
			return filepath.Join(dir, m.Files[0].Name)
		}
		return dir
	}
	switch err := m.verify(within(dir)); {
	case err == nil:
		s.verified[hash] = within(dir)
		return within(dir), nil
	case !errors.Is(err, fs.ErrNotExist):
		s.conn.log.Warn("a model in the cache is not what it was: it is removed, and got again", "error", err)
		if err := os.RemoveAll(dir); err != nil {
			return "", fmt.Errorf("cluster: %w", err)
		}
	}
	if path, err := lm.Find(name); err == nil && m.verify(path) == nil {
		s.verified[hash] = path
		return path, nil
	}
	if err := s.fetch(ctx, b, m, dir); err != nil {
		return "", err
	}
	if err := m.verify(within(dir)); err != nil {
		return "", err
	}
	s.verified[hash] = within(dir)
	return within(dir), nil
}

// verify is an error unless a directory or file is what the manifest says.
func (m manifest) verify(path string) error {
	for _, want := range m.Files {
		name := path
		if !m.Alone {
			name = filepath.Join(path, want.Name)
		}
		info, err := os.Stat(name)
		if err != nil {
			return fmt.Errorf("cluster: %w", err)
		}
		if info.Size() != want.Size {
			return fmt.Errorf("cluster: %s has %d bytes, want %d", name, info.Size(), want.Size)
		}
		found, err := hashFile(name)
		if err != nil {
			return err
		}
		if found.SHA256 != want.SHA256 {
			return fmt.Errorf("cluster: %s has the SHA-256 %.8s, want %.8s", name, found.SHA256, want.SHA256)
		}
	}
	return nil
}

// fetch gets a model's files from the servers. The directory is there when it has all of them.
func (s *stock) fetch(ctx context.Context, b *blobs, m manifest, dir string) error {
	s.conn.log.Info("fetching a model", "files", len(m.Files), "to", dir)
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	temporary, err := os.MkdirTemp(filepath.Dir(dir), ".fetch-")
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	defer os.RemoveAll(temporary)
	for _, f := range m.Files {
		if err := fetchFile(ctx, b, f.SHA256, f.Size, filepath.Join(temporary, f.Name)); err != nil {
			return err
		}
	}
	if err := os.Rename(temporary, dir); err != nil && !errors.Is(err, fs.ErrExist) { // another worker of this machine may have been first
		return fmt.Errorf("cluster: %w", err)
	}
	return nil
}

// fetchFile writes a blob to a new file.
func fetchFile(ctx context.Context, b *blobs, hash string, size int64, name string) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	w := bufio.NewWriterSize(file, 1<<20)
	err = b.get(ctx, hash, size, w)
	return errors.Join(err, w.Flush(), file.Close())
}

// Chunks opens a task's data: measure.Stock.
func (s *stock) Chunks(ctx context.Context, t measure.Task) (measure.Chunks, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !isHash(t.Cell.Data) {
		return nil, fmt.Errorf("cluster: data %.80q, want a SHA-256", t.Cell.Data)
	}
	size := t.Bytes + 4*int64(t.Chunks)
	name := filepath.Join(s.dir, "data", t.Cell.Data)
	if _, err := os.Stat(name); err != nil {
		delete(s.verified, t.Cell.Data) // if it was there, somebody has emptied the cache
	}
	if _, ok := s.verified[t.Cell.Data]; !ok {
		if err := s.data(ctx, name, t.Cell.Data, size); err != nil {
			return nil, err
		}
		s.verified[t.Cell.Data] = name
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	if info, err := file.Stat(); err != nil || info.Size() != size {
		file.Close()
		return nil, errors.Join(err, fmt.Errorf("cluster: data %.8s have another size than the %d bytes of the task", t.Cell.Data, size))
	}
	return &unpacker{r: bufio.NewReaderSize(file, 256<<10), file: file, left: size}, nil
}

// data gets a task's data into the cache.
func (s *stock) data(ctx context.Context, name, hash string, size int64) error {
	found, err := hashFile(name)
	switch {
	case err == nil && found.SHA256 == hash:
		return nil
	case err == nil:
		s.conn.log.Warn("data in the cache are not what they were: they are fetched again", "file", name)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	b, err := s.open(ctx)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	temporary, err := os.MkdirTemp(filepath.Dir(name), ".fetch-")
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	defer os.RemoveAll(temporary)
	s.conn.log.Info("fetching data", "bytes", size, "to", name)
	if err := fetchFile(ctx, b, hash, size, filepath.Join(temporary, "data")); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(temporary, "data"), name); err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	return nil
}
