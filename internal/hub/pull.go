package hub

import (
	"context"
	"fmt"
	"os"
)

func (h *hub) pull(ctx context.Context, ref Ref, o Options) (string, error) {
	if err := checkStep(ref); err != nil {
		return "", err
	}
	path, err := h.cached(ref)
	if h.offline && err != nil {
		return "", fmt.Errorf("hub: offline, as HF_HUB_OFFLINE wants it: %w", err)
	}
	if err == nil && (h.offline || isCommit(ref.Revision)) {
		return path, nil
	}
	l, err := h.listRevision(ctx, ref)
	if err != nil {
		return "", err
	}
	r := h.repository(ref.Repo)
	if err := h.complete(ctx, r, ref, l, o); err != nil {
		return "", h.explain(ref, err)
	}
	return r.path(ref, l.Commit), r.setCommit(ref.Revision, l.Commit)
}

// complete downloads what the snapshot of a listed revision lacks.
func (h *hub) complete(ctx context.Context, r repository, ref Ref, l *listing, o Options) error {
	if r.missing(ref, l.Commit) == "" {
		return nil
	}
	names, index, err := needs(ref, l)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(r.snapshot(l.Commit), 0o777); err != nil {
		return err
	}
	if r.commit(ref.Revision) == "" { // so that what is left of an interrupted download can be found; an older snapshot stays until the new one is complete
		if err := r.setCommit(ref.Revision, l.Commit); err != nil {
			return err
		}
	}
	if ref.File == "" && o.Check != nil {
		if err := h.completeFiles(ctx, r, ref, l.Commit, descriptions, Options{}); err != nil {
			return err
		}
		if err := o.Check(r.snapshot(l.Commit)); err != nil {
			return err
		}
	}
	if index != "" {
		if err := h.completeFiles(ctx, r, ref, l.Commit, []string{index}, Options{}); err != nil {
			return err
		}
		content, err := readLimited(r.file(l.Commit, index))
		if err != nil {
			return err
		}
		files, err := shards(content)
		if err != nil {
			return fmt.Errorf("hub: %s: %s: %w", ref, index, err)
		}
		names = append(names, files...)
	}
	for _, name := range names {
		if !l.has(name) {
			return fmt.Errorf("hub: %s: %s names %s, which the revision lacks", ref, index, name)
		}
	}
	return h.completeFiles(ctx, r, ref, l.Commit, names, o)
}

// needs chooses from a revision the files that lmz needs; index is a file that names more, "" for none.
func needs(ref Ref, l *listing) (names []string, index string, err error) {
	if ref.File != "" {
		if !l.has(ref.File) {
			return nil, "", fmt.Errorf("hub: %s: no such file in the revision%s", ref, others(l))
		}
		return []string{ref.File}, "", nil
	}
	for _, name := range descriptions {
		if !l.has(name) {
			return nil, "", fmt.Errorf("hub: %s: the revision has no %s, which lmz needs%s", ref, name, others(l))
		}
		names = append(names, name)
	}
	for _, w := range weights {
		if l.has(w.file) && w.index {
			return names, w.file, nil
		}
		if l.has(w.file) {
			return append(names, w.file), "", nil
		}
	}
	return nil, "", fmt.Errorf("hub: %s: the revision has no weights that lmz reads, want %s or %s, or the index of either%s",
		ref, weights[0].file, weights[2].file, others(l))
}

// others names the GGUF files of a revision, as the end of a sentence.
func others(l *listing) string {
	said, count := "", 0
	for _, f := range l.Files {
		if isGGUF(f.Name) {
			if count++; count <= 8 {
				said += " " + f.Name
			}
		}
	}
	if count == 0 {
		return ""
	}
	return "; its GGUF files, one of which can be named after a colon:" + said
}

// completeFiles downloads those of the named files that the snapshot lacks.
func (h *hub) completeFiles(ctx context.Context, r repository, ref Ref, commit string, names []string, o Options) error {
	var files []remoteFile // to download
	total := int64(0)
	for _, name := range names {
		if present(r.file(commit, name)) {
			continue
		}
		f, err := h.describe(ctx, ref, commit, name)
		if err != nil {
			return err
		}
		files = append(files, f)
		if !h.hasBlob(r, f) {
			total += f.size - resumable(r.blob(f.hash)+incomplete)
		}
	}
	if err := os.MkdirAll(r.blob(""), 0o777); err != nil {
		return err
	}
	if free, known := h.free(h.cache); known && total > free {
		return &DiskFullError{h.cache, total, free}
	}
	if o.Begin != nil && total > 0 {
		o.Begin(total)
	}
	progress := o.Progress
	if progress == nil {
		progress = func(int) {}
	}
	for _, f := range files {
		if !h.hasBlob(r, f) {
			if err := h.download(ctx, f, r.blob(f.hash), progress); err != nil {
				return err
			}
		}
		if err := r.link(commit, f.name, f.hash); err != nil {
			return err
		}
	}
	return nil
}

// hasBlob reports whether a file's blob is there. Who gave it its name has verified it.
func (h *hub) hasBlob(r repository, f remoteFile) bool {
	info, err := os.Stat(r.blob(f.hash))
	return err == nil && info.Size() == f.size
}
