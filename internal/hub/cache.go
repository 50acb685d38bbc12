package hub

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// repository is a directory of the cache:
//
//	models--ORG--NAME/refs/REVISION           the commit that a branch or tag stood for when it was last asked
//	models--ORG--NAME/snapshots/COMMIT/FILE   a link to ../../blobs/HASH; where links are impossible, the blob itself
//	models--ORG--NAME/blobs/HASH
type repository struct{ dir string }

const repositoryPrefix = "models--"

func (h *hub) repository(repo string) repository {
	return repository{filepath.Join(h.cache, repositoryPrefix+strings.ReplaceAll(repo, "/", "--"))}
}

func (r repository) blob(hash string) string       { return filepath.Join(r.dir, "blobs", hash) }
func (r repository) snapshot(commit string) string { return filepath.Join(r.dir, "snapshots", commit) }
func (r repository) file(commit, name string) string {
	return filepath.Join(r.snapshot(commit), filepath.FromSlash(name))
}

// commit is what a revision stands for, "" if the cache does not know.
func (r repository) commit(revision string) string {
	b, err := os.ReadFile(filepath.Join(r.dir, "refs", filepath.FromSlash(revision)))
	if commit := strings.TrimSpace(string(b)); err == nil && isCommit(commit) {
		return commit
	}
	if isCommit(revision) {
		return revision
	}
	return ""
}

// setCommit writes down what a revision stands for.
func (r repository) setCommit(revision, commit string) error {
	if revision == commit || r.commit(revision) == commit {
		return nil
	}
	return replace(filepath.Join(r.dir, "refs", filepath.FromSlash(revision)), r.dir, func(temporary string) error {
		return os.WriteFile(temporary, []byte(commit), 0o666)
	})
}

// link puts a blob's file into a snapshot.
func (r repository) link(commit, name, hash string) error {
	path, blob := r.file(commit, name), r.blob(hash)
	target, err := filepath.Rel(filepath.Dir(path), blob)
	if err != nil {
		return err
	}
	return replace(path, r.dir, func(temporary string) error {
		if os.Symlink(target, temporary) == nil || os.Link(blob, temporary) == nil {
			return nil
		}
		return os.Rename(blob, temporary) // as huggingface_hub does, which has no blobs then
	})
}

// replace has a file made under a temporary name in dir, and renames it to path, whose directory it makes.
func replace(path, dir string, make func(temporary string) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	temporary := filepath.Join(dir, fmt.Sprintf(".%08x.tmp", rand.Uint32()))
	err := make(temporary)
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		os.Remove(temporary)
	}
	return err
}

// present reports whether a path leads to a file.
func present(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// missing names the first file that a snapshot lacks for ref, "" if it has all.
func (r repository) missing(ref Ref, commit string) string {
	return missing(ref, func(name string) bool { return present(r.file(commit, name)) },
		func(name string) ([]byte, error) { return readLimited(r.file(commit, name)) })
}

// readLimited reads a file that ought to be small.
func readLimited(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxListing {
		return nil, fmt.Errorf("hub: %s: %d bytes, want at most %d", path, info.Size(), maxListing)
	}
	return os.ReadFile(path)
}

// path is what the callers of Pull and Cached want of a snapshot.
func (r repository) path(ref Ref, commit string) string {
	if ref.File != "" {
		return r.file(commit, ref.File)
	}
	return r.snapshot(commit)
}

func (h *hub) cached(ref Ref) (string, error) {
	if err := checkStep(ref); err != nil {
		return "", err
	}
	r := h.repository(ref.Repo)
	commit := r.commit(ref.Revision)
	if commit == "" {
		return "", h.notCached(ref, "")
	}
	if info, err := os.Stat(r.snapshot(commit)); err != nil || !info.IsDir() {
		return "", h.notCached(ref, "")
	}
	if file := r.missing(ref, commit); file != "" {
		return "", h.notCached(ref, file)
	}
	return r.path(ref, commit), nil
}

// notCached says what the cache lacks, and what it has that may do instead.
func (h *hub) notCached(ref Ref, file string) error {
	e := &NotCachedError{Ref: ref, Cache: h.cache, Missing: file}
	snapshots, err := h.list()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var others []string
	for _, s := range snapshots {
		switch {
		case s.Repo == ref.Repo:
			e.Have = append(e.Have, s.Names()...)
		case s.Complete:
			others = append(others, s.Names()...)
		}
	}
	if e.Have == nil {
		e.Have = others
	}
	return e
}
