package cluster

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"lmz/internal/lab/dataset"
	"lmz/internal/lab/study"
	"lmz/internal/lm"
)

// Supply puts models and data where workers find them by their hashes, each once.
type Supply struct {
	blobs *blobs

	mu     sync.Mutex
	data   map[string]bool   // that are there
	models map[string]string // manifests, by the models' names
}

// OpenSupply opens the blobs that all studies share.
func OpenSupply(ctx context.Context, c *Conn) (*Supply, error) {
	b, err := c.openBlobs(ctx, blobStream, blobPrefix)
	if err != nil {
		return nil, err
	}
	return &Supply{blobs: b, data: map[string]bool{}, models: map[string]string{}}, nil
}

// manifest lists the files of a model. It is a blob itself.
type manifest struct {
	Files []manifestFile `json:"files"`
	Alone bool           `json:"alone,omitempty"` // the model is its only file, no directory
}

type manifestFile struct {
	Name   string `json:"name"` // without a directory
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// modelFiles match the files of a directory of which lm.Open makes a model.
var modelFiles = []string{"config.json", "tokenizer.json", "*.safetensors", "*.safetensors.index.json", "pytorch_model*.bin", "pytorch_model*.bin.index.json"}

// manifestOf finds out which files a model has.
func manifestOf(path string) (m manifest, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return m, fmt.Errorf("cluster: %w", err)
	}
	if !info.IsDir() {
		f, err := hashFile(path)
		m.Files, m.Alone = []manifestFile{f}, true
		return m, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return m, fmt.Errorf("cluster: %w", err)
	}
	for _, e := range entries {
		is := func(pattern string) bool { ok, _ := filepath.Match(pattern, e.Name()); return ok }
		if !slices.ContainsFunc(modelFiles, is) {
			continue
		}
		f, err := hashFile(filepath.Join(path, e.Name()))
		if err != nil {
			return m, err
		}
		m.Files = append(m.Files, f)
	}
	return m, nil
}

func hashFile(path string) (f manifestFile, err error) {
	file, err := os.Open(path)
	if err != nil {
		return f, fmt.Errorf("cluster: %w", err)
	}
	defer file.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, file)
	if err != nil {
		return f, fmt.Errorf("cluster: %w", err)
	}
	return manifestFile{filepath.Base(path), n, hex.EncodeToString(sum.Sum(nil))}, nil
}

// parseManifest reads one that came from elsewhere.
func parseManifest(text []byte) (m manifest, err error) {
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("cluster: the list of a model's files: %w", err)
	}
	if len(m.Files) == 0 || m.Alone && len(m.Files) > 1 {
		return m, fmt.Errorf("cluster: a model of %d files", len(m.Files))
	}
	names := map[string]bool{}
	for _, f := range m.Files {
		if f.Name != filepath.Base(f.Name) || strings.HasPrefix(f.Name, ".") || strings.ContainsAny(f.Name, `/\:`) || len(f.Name) > 200 || names[f.Name] || f.Size < 0 || !isHash(f.SHA256) {
			return m, fmt.Errorf("cluster: a model's file %.80q of %d bytes, SHA-256 %.80q", f.Name, f.Size, f.SHA256)
		}
		names[f.Name] = true
	}
	return m, nil
}

// task supplies what a task of a study needs, and says what that is.
func (s *Supply) task(ctx context.Context, t study.Task) (of subject, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of.Name = t.Cell.Name
	if !s.data[t.Cell.Data] {
		if err := s.putData(ctx, t); err != nil {
			return of, err
		}
		s.data[t.Cell.Data] = true
	}
	if t.Job.Baseline != "" {
		return of, nil
	}
	of.Memory = modelMemory(t.Cell.Params, t.Cell.Precision)
	name, file := t.Job.Model, true
	if name == "uniform" {
		return of, nil
	}
	if name, file = strings.CutPrefix(t.Job.Model, "uniform:"); !file {
		name = t.Job.Model
	}
	of.Model, err = s.model(ctx, name)
	return of, err
}

// modelMemory is about how many bytes a model takes when it codes.
func modelMemory(params int64, precision string) int64 {
	each := int64(1)
	if precision == lm.F32.String() {
		each = 4
	}
	return params*each/4*5 + 128<<20
}

// model puts a model's files, and returns the blob that lists them; "" for the model that lmz carries.
func (s *Supply) model(ctx context.Context, name string) (hash string, err error) {
	if name == "" {
		return "", nil
	}
	if known, ok := s.models[name]; ok {
		return known, nil
	}
	path, err := lm.Find(name)
	if err != nil {
		return "", err
	}
	m, err := manifestOf(path)
	if err != nil {
		return "", err
	}
	for _, f := range m.Files {
		if err := s.putFile(ctx, filepath.Join(path, f.Name), path, m.Alone, f); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("cluster: %w", err)
	}
	if hash, err = s.blobs.putBytes(ctx, text); err == nil {
		s.models[name] = hash
	}
	return hash, err
}

func (s *Supply) putFile(ctx context.Context, name, path string, alone bool, f manifestFile) error {
	if alone {
		name = path
	}
	file, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	defer file.Close()
	return s.blobs.put(ctx, f.SHA256, f.Size, file)
}

// putData puts the chunks of a task's data one after another, each after its length: the hash of that is their identity.
func (s *Supply) putData(ctx context.Context, t study.Task) error {
	set, err := dataset.Open(ctx, t.Job.Data)
	if err != nil {
		return err
	}
	defer set.Close()
	return s.blobs.put(ctx, t.Cell.Data, packSize(t), &packer{set: set})
}

// packSize is how many bytes the chunks of a task's data have with their lengths.
func packSize(t study.Task) int64 { return t.Bytes + 4*int64(t.Chunks) }

// packer reads chunks, each after its length in four bytes, as dataset.Digest takes them.
type packer struct {
	set  interface{ Next() ([]byte, error) }
	rest bytes.Buffer
}

func (p *packer) Read(b []byte) (int, error) {
	for p.rest.Len() < len(b) {
		chunk, err := p.set.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return 0, err
		}
		p.rest.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(chunk))))
		p.rest.Write(chunk)
	}
	return p.rest.Read(b)
}

// unpacker gives chunks that a packer has packed.
type unpacker struct {
	r    io.Reader
	file *os.File
	left int64 // bytes of the file
}

// Next returns the next chunk, io.EOF after the last.
func (u *unpacker) Next() ([]byte, error) {
	if u.left == 0 {
		return nil, io.EOF
	}
	var length [4]byte
	if _, err := io.ReadFull(u.r, length[:]); err != nil {
		return nil, fmt.Errorf("cluster: packed data: %w", noEOF(err))
	}
	n := int64(binary.LittleEndian.Uint32(length[:]))
	if u.left -= 4 + n; u.left < 0 {
		return nil, fmt.Errorf("cluster: packed data: a chunk of %d bytes goes beyond the end", n)
	}
	chunk := make([]byte, n) // no more than the file has
	if _, err := io.ReadFull(u.r, chunk); err != nil {
		return nil, fmt.Errorf("cluster: packed data: %w", noEOF(err))
	}
	return chunk, nil
}

// Close closes the file.
func (u *unpacker) Close() error { return u.file.Close() }

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
