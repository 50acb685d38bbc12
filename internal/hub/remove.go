package hub

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func (h *hub) remove(ref Ref) (freed int64, err error) {
	r := h.repository(ref.Repo)
	commit := r.commit(ref.Revision)
	if commit == "" {
		return 0, h.notCached(ref, "")
	}
	if _, err := os.Lstat(r.snapshot(commit)); err != nil {
		return 0, h.notCached(ref, "")
	}
	files, err := r.files(commit)
	if err != nil {
		return 0, err
	}
	going := files
	if ref.File != "" {
		if !slices.Contains(files, ref.File) {
			return 0, h.notCached(ref, ref.File)
		}
		going = []string{ref.File}
	}
	before, err := diskUse(r.dir)
	if err != nil {
		return 0, err
	}
	blobs := r.blobsOf(commit, going)
	if len(going) < len(files) {
		err = os.Remove(r.file(commit, ref.File))
	} else {
		err = r.removeSnapshot(commit)
	}
	if err != nil {
		return 0, err
	}
	if err := r.sweep(blobs); err != nil {
		return 0, err
	}
	if entries, err := os.ReadDir(filepath.Join(r.dir, "snapshots")); err == nil && len(entries) == 0 {
		// huggingface_hub's locks of the repository are beside it.
		err := errors.Join(os.RemoveAll(r.dir), os.RemoveAll(filepath.Join(h.cache, ".locks", filepath.Base(r.dir))))
		if err != nil {
			return 0, err
		}
	}
	after, err := diskUse(r.dir)
	return before - after, err
}

// removeSnapshot deletes a snapshot and its names, these first: a name must not stand for nothing.
func (r repository) removeSnapshot(commit string) error {
	revisions, err := r.revisions()
	if err != nil {
		return err
	}
	for _, revision := range revisions {
		if r.commit(revision) == commit {
			if err := os.Remove(filepath.Join(r.dir, "refs", filepath.FromSlash(revision))); err != nil {
				return err
			}
		}
	}
	return os.RemoveAll(r.snapshot(commit))
}

// sweep deletes those of the given blobs that no snapshot uses, and what is left of downloads that nobody works on.
func (r repository) sweep(blobs []string) error {
	snapshots, err := os.ReadDir(filepath.Join(r.dir, "snapshots"))
	if err != nil {
		return err
	}
	for _, s := range snapshots {
		files, err := r.files(s.Name())
		if err != nil {
			return err
		}
		used := r.blobsOf(s.Name(), files)
		blobs = slices.DeleteFunc(blobs, func(hash string) bool { return slices.Contains(used, hash) })
	}
	for _, hash := range blobs {
		if err := os.Remove(r.blob(hash)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	partials, err := filepath.Glob(filepath.Join(r.dir, "blobs", "*"+incomplete))
	if err != nil {
		return err
	}
	for _, path := range partials {
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			continue
		}
		idle := tryLock(file)
		file.Close()
		if idle {
			os.Remove(path)
		}
	}
	return nil
}

// blobsOf names the blobs that files of a snapshot link to.
func (r repository) blobsOf(commit string, files []string) []string {
	var blobs []string
	for _, name := range files {
		path := r.file(commit, name)
		if target, err := os.Readlink(path); err == nil {
			hash := filepath.Base(target)
			if filepath.Join(filepath.Dir(path), target) == r.blob(hash) {
				blobs = append(blobs, hash)
			}
			continue
		}
		entries, _ := os.ReadDir(filepath.Join(r.dir, "blobs")) // where there are no symbolic links
		for _, e := range entries {
			own, err := os.Stat(path)
			other, otherErr := e.Info()
			if err == nil && otherErr == nil && os.SameFile(own, other) {
				blobs = append(blobs, e.Name())
			}
		}
	}
	return blobs
}

// diskUse adds up the files below a directory in bytes, each once, however many names it has; 0 if there is none.
func diskUse(dir string) (int64, error) {
	sum := int64(0)
	seen := map[int64][]os.FileInfo{} // by size
	names, err := walk(dir)
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		info, err := os.Lstat(path)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		size := info.Size()
		if slices.ContainsFunc(seen[size], func(other os.FileInfo) bool { return os.SameFile(info, other) }) {
			continue
		}
		seen[size] = append(seen[size], info)
		if strings.HasSuffix(name, incomplete) {
			size = resumable(path)
		}
		sum += size
	}
	return sum, err
}
