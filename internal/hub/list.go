package hub

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Snapshot is a commit of a repository in the cache, as much as is there of it.
type Snapshot struct {
	Repo      string   `json:"repo"`
	Revisions []string `json:"revisions"` // that stand for the commit, none if it was pulled by its own name
	Commit    string   `json:"commit"`
	Size      int64    `json:"size"`     // in bytes, of the files; snapshots may share them
	Complete  bool     `json:"complete"` // Pull would find all that lmz needs
	GGUF      []string `json:"gguf"`     // the GGUF files, each of which is a model
	Dir       string   `json:"dir"`
}

// Names are the references that ParseRef reads, for all that the snapshot has: the model in Hugging Face's form,
// complete or not, if it has any of it, and each GGUF file.
func (s Snapshot) Names() []string {
	revisions := s.Revisions
	if len(revisions) == 0 {
		revisions = []string{s.Commit}
	}
	var names []string
	for _, revision := range revisions {
		if s.Complete || len(s.GGUF) == 0 {
			names = append(names, Ref{s.Repo, revision, ""}.String())
		}
		for _, file := range s.GGUF {
			names = append(names, Ref{s.Repo, revision, file}.String())
		}
	}
	return names
}

func (h *hub) list() ([]Snapshot, error) {
	entries, err := os.ReadDir(h.cache)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Snapshot
	for _, e := range entries {
		name, ok := strings.CutPrefix(e.Name(), repositoryPrefix)
		repo := strings.Replace(name, "--", "/", 1)
		if !ok || !validRepo(repo) {
			continue
		}
		snapshots, err := h.repository(repo).list(repo)
		if err != nil {
			return nil, err
		}
		all = append(all, snapshots...)
	}
	return all, nil
}

// list tells what is in the cache of one repository.
func (r repository) list(repo string) ([]Snapshot, error) {
	entries, err := os.ReadDir(filepath.Join(r.dir, "snapshots"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	revisions, err := r.revisions()
	if err != nil {
		return nil, err
	}
	var snapshots []Snapshot
	for _, e := range entries {
		if !isCommit(e.Name()) || !e.IsDir() {
			continue
		}
		s := Snapshot{Repo: repo, Revisions: []string{}, Commit: e.Name(), GGUF: []string{}, Dir: r.snapshot(e.Name())}
		for _, revision := range revisions {
			if r.commit(revision) == s.Commit {
				s.Revisions = append(s.Revisions, revision)
			}
		}
		files, err := r.files(s.Commit)
		if err != nil {
			return nil, err
		}
		for _, name := range files {
			info, err := os.Stat(r.file(s.Commit, name))
			if err != nil {
				continue // a link to a blob that is gone
			}
			s.Size += info.Size()
			if isGGUF(name) && validFile(name) {
				s.GGUF = append(s.GGUF, name)
			}
		}
		s.Complete = r.missing(Ref{Repo: repo}, s.Commit) == ""
		snapshots = append(snapshots, s)
	}
	return snapshots, nil
}

// revisions lists the names that the cache has for commits.
func (r repository) revisions() ([]string, error) {
	names, err := walk(filepath.Join(r.dir, "refs"))
	return slices.DeleteFunc(names, func(name string) bool { return !validRevision(name) }), err
}

// files lists the files of a snapshot.
func (r repository) files(commit string) ([]string, error) { return walk(r.snapshot(commit)) }

// walk lists what is in a directory and below and is no directory, with slashes; nothing if there is none.
func walk(dir string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // gone meanwhile
		}
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		names = append(names, filepath.ToSlash(name))
		return err
	})
	return names, err
}
