package hub

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// Ref names a revision of a repository, or a GGUF file in it.
type Ref struct {
	Repo     string // ORG/NAME, or NAME alone, which the oldest repositories have
	Revision string // branch, tag or commit
	File     string // the GGUF file's path in the repository; "" for a model in Hugging Face's own form
}

// mainBranch is the revision that a reference without one means.
const mainBranch = "main"

// ParseRef reads ORG/NAME, ORG/NAME@REVISION or either with :FILE.gguf at its end. The models of the Pythia
// suite need no ORG. Nothing that passes leads out of a directory when it is used as a path.
func ParseRef(s string) (Ref, error) {
	bad := func(what string) (Ref, error) {
		return Ref{}, fmt.Errorf("hub: %q: %s, want ORG/NAME, ORG/NAME@REVISION or ORG/NAME@REVISION:FILE.gguf", s, what)
	}
	name, file, hasFile := strings.Cut(s, ":")
	repo, revision, hasRevision := strings.Cut(name, "@")
	if !hasRevision {
		revision = mainBranch
	}
	if _, ok := pythia(pythiaOrg + repo); ok {
		repo = pythiaOrg + repo
	}
	switch {
	case !validRepo(repo):
		return bad("no name of a repository")
	case !validRevision(revision):
		return bad("no name of a revision")
	case hasFile && !validFile(file):
		return bad("no name of a file")
	case hasFile && !isGGUF(file):
		return bad("the file is no .gguf")
	}
	return Ref{repo, revision, file}, nil
}

// String is what ParseRef reads.
func (r Ref) String() string {
	s := r.Repo
	if r.Revision != mainBranch {
		s += "@" + r.Revision
	}
	if r.File != "" {
		s += ":" + r.File
	}
	return s
}

func isGGUF(file string) bool { return strings.HasSuffix(strings.ToLower(file), ".gguf") }

// validRepo holds to the rules of huggingface_hub's validate_repo_id: the cache's directory names depend
// on --, which no part may have.
func validRepo(repo string) bool {
	parts := strings.Split(repo, "/")
	if len(parts) > 2 {
		return false
	}
	for _, p := range parts {
		if p == "" || len(p) > 96 || strings.Contains(p, "--") || strings.Contains(p, "..") || strings.HasSuffix(p, ".git") ||
			strings.Trim(p, "-.") != p || strings.Trim(p, alphanumeric+"_.-") != "" {
			return false
		}
	}
	return true
}

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// validRevision is stricter than git check-ref-format.
func validRevision(revision string) bool {
	if len(revision) > 200 || strings.Trim(revision, alphanumeric+"_.+/-") != "" || !validFile(revision) {
		return false
	}
	for p := range strings.SplitSeq(revision, "/") {
		if strings.Trim(p, ".") != p || strings.HasSuffix(p, ".lock") {
			return false
		}
	}
	return true
}

// validFile accepts a path relative to the root of a repository that is one on every system, whoever says it.
func validFile(file string) bool {
	odd := func(r rune) bool { return r < ' ' || r == 0x7f || strings.ContainsRune(`\:*?"<>|`, r) }
	return len(file) <= 1024 && file != "." && fs.ValidPath(file) && !strings.ContainsFunc(file, odd) && filepath.IsLocal(filepath.FromSlash(file))
}

// isCommit reports whether s is a commit's full name.
func isCommit(s string) bool { return isHex(s) && len(s) == 40 }

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }
