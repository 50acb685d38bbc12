package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// What the hub says about a file, https://huggingface.co/docs/huggingface_hub/package_reference/file_download.
const (
	headerCommit = "X-Repo-Commit"
	headerETag   = "X-Linked-Etag" // of a file in large file storage; ETag else
	headerSize   = "X-Linked-Size" // Content-Length else
)

// listing is what the hub says about a revision.
type listing struct {
	Commit string `json:"sha"`
	Files  []struct {
		Name string `json:"rfilename"`
	} `json:"siblings"`

	names map[string]bool // those of Files: there may be as many shards to look up as files
}

// has reports whether a file is in the revision.
func (l *listing) has(file string) bool { return l.names[file] }

// api is the address of what the hub knows about a repository.
func (h *hub) api(repo string, path ...string) string {
	address := h.endpoint + "/api/models/" + repo
	for _, p := range path {
		address += "/" + url.PathEscape(p)
	}
	return address
}

// listRevision asks what ref stands for.
func (h *hub) listRevision(ctx context.Context, ref Ref) (*listing, error) {
	address := h.api(ref.Repo, "revision", ref.Revision)
	body, err := h.get(ctx, address)
	err = h.explain(ref, err)
	if refused := (*statusError)(nil); errors.As(err, &refused) && refused.status == http.StatusNotFound {
		return nil, h.absent(ctx, ref)
	}
	if err != nil {
		return nil, err
	}
	l := new(listing)
	if err := json.Unmarshal(body, l); err != nil {
		return nil, fmt.Errorf("hub: %s: %w: the server does not behave like Hugging Face's", address, err)
	}
	if !isCommit(l.Commit) {
		return nil, fmt.Errorf("hub: %s: commit %.50q, want 40 hexadecimal digits", address, l.Commit)
	}
	l.names = make(map[string]bool, len(l.Files))
	for _, f := range l.Files {
		l.names[f.Name] = true
	}
	return l, nil
}

// explain says what a refusal means for ref.
func (h *hub) explain(ref Ref, err error) error {
	refused := (*statusError)(nil)
	if !errors.As(err, &refused) {
		return err
	}
	access := &AccessError{Repo: ref.Repo, Page: h.endpoint + "/" + ref.Repo, Token: h.token != "", Said: refused.said}
	switch {
	case refused.code == "GatedRepo":
		access.Gated = true
		return access
	case refused.code == "RepoNotFound",
		refused.status == http.StatusUnauthorized && h.token == "": // what the hub answers for what does not exist
		return &NotFoundError{ref.Repo, h.endpoint, h.token != ""}
	case refused.status == http.StatusUnauthorized, refused.status == http.StatusForbidden:
		return access
	}
	return err
}

// absent says which is not there if the server has no such revision of such a repository.
func (h *hub) absent(ctx context.Context, ref Ref) error {
	revisions, err := h.revisions(ctx, ref.Repo)
	refused := (*statusError)(nil)
	switch {
	case ctx.Err() != nil:
		return err
	case errors.As(err, &refused) && refused.status == http.StatusNotFound:
		return &NotFoundError{ref.Repo, h.endpoint, h.token != ""}
	}
	return &RevisionError{ref, nearest(ref.Revision, revisions)} // without names, if they cannot be had
}

// revisions lists the branches and tags of a repository.
func (h *hub) revisions(ctx context.Context, repo string) ([]string, error) {
	body, err := h.get(ctx, h.api(repo, "refs"))
	if err != nil {
		return nil, err
	}
	type named struct {
		Name string `json:"name"`
	}
	var refs struct{ Branches, Tags []named }
	if err := json.Unmarshal(body, &refs); err != nil {
		return nil, fmt.Errorf("hub: the revisions of %s: %w", repo, err)
	}
	var names []string
	for _, r := range append(refs.Branches, refs.Tags...) {
		if validRevision(r.Name) {
			names = append(names, r.Name)
		}
	}
	return names, nil
}

// remoteFile is a file as the server announces it.
type remoteFile struct {
	name    string // path in the repository
	address string
	size    int64  // in bytes
	hash    string // the name of its blob: SHA-256, or SHA-1 of a Git blob; hexadecimal
}

// describe asks what a file of a commit is.
func (h *hub) describe(ctx context.Context, ref Ref, commit, name string) (remoteFile, error) {
	f := remoteFile{name: name, address: h.endpoint + "/" + ref.Repo + "/resolve/" + commit}
	for p := range strings.SplitSeq(name, "/") {
		f.address += "/" + url.PathEscape(p)
	}
	resp, err := h.head(ctx, f.address)
	if err != nil {
		return f, err
	}
	if said := resp.Header.Get(headerCommit); said != "" && said != commit {
		return f, fmt.Errorf("hub: %s: the file is of commit %.50q, want %s", f.address, said, commit)
	}
	etag, size := resp.Header.Get(headerETag), resp.Header.Get(headerSize)
	if etag == "" {
		etag = resp.Header.Get("ETag")
	}
	f.hash = strings.ToLower(strings.Trim(strings.TrimPrefix(etag, "W/"), `"`))
	if !isHex(f.hash) || len(f.hash) != sha256Digits && len(f.hash) != sha1Digits {
		return f, fmt.Errorf("hub: %s: ETag %.80q, want a SHA-256 or a Git blob's SHA-1 to check the file by: the server does not behave like Hugging Face's", f.address, etag)
	}
	f.size = resp.ContentLength
	if size != "" {
		if f.size, err = strconv.ParseInt(size, 10, 64); err != nil {
			f.size = -1
		}
	}
	if f.size < 0 || f.size > maxFile || size == "" && resp.StatusCode >= 300 {
		return f, fmt.Errorf("hub: %s: size %q in the answer, want one of 0 to %d bytes", f.address, size, int64(maxFile))
	}
	return f, nil
}
