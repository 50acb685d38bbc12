// Package hubtest is a server that behaves like Hugging Face's hub, for tests: its listings, its redirects of small files
// within the server and of large ones to another, its headers and refusals, and ranges.
package hubtest

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Files are the contents of a commit by path.
type Files map[string][]byte

// Repo is a repository.
type Repo struct {
	Revisions map[string]Files // by branch
	Gated     bool             // wants the server's token
	Private   bool             // does not exist for who has not the server's token
}

// Commit is the name of the commit that holds files.
func Commit(files Files) string {
	sum := sha1.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(sum, "%s %d\n%s", name, len(files[name]), files[name])
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Hash is the name of a file's blob.
func Hash(name string, content []byte) string {
	if Large(name) {
		return fmt.Sprintf("%x", sha256.Sum256(content))
	}
	return fmt.Sprintf("%x", sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(content), content)))
}

// Large reports whether a file is in large file storage.
func Large(name string) bool {
	return slices.Contains([]string{".safetensors", ".bin", ".gguf"}, path.Ext(name))
}

// Request is what a server was asked.
type Request struct {
	Storage       bool // the server of large files was
	Method, Path  string
	Range         string
	Authorization string
}

// Server is the hub. Its fields may be changed while it serves nothing.
type Server struct {
	Repos map[string]*Repo
	Token string // that opens what is gated or private
	// StorageURL is where clients are sent for large files.
	StorageURL string

	Hub     *httptest.Server
	Storage *httptest.Server // has large files by hash

	mu       sync.Mutex
	requests []Request
	fault    Fault
}

// Fault may answer a request in place of the server, and says whether it did.
type Fault func(w http.ResponseWriter, r *http.Request, storage bool) bool

// SetFault sets what goes before the server from the next request on, nil for nothing.
func (s *Server) SetFault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// New starts the servers.
func New() *Server {
	s := &Server{Repos: map[string]*Repo{}}
	s.Hub = httptest.NewServer(s.handler(false, s.serveHub))
	s.Storage = httptest.NewServer(s.handler(true, s.serveStorage))
	s.StorageURL = strings.Replace(s.Storage.URL, "127.0.0.1", "localhost", 1) // another host, as for the hub
	return s
}

// Close stops the servers.
func (s *Server) Close() {
	s.Hub.Close()
	s.Storage.Close()
}

// Requests takes what was asked since the last call.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.requests
	s.requests = nil
	return asked
}

func (s *Server) handler(storage bool, serve http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, Request{storage, r.Method, r.URL.Path, r.Header.Get("Range"), r.Header.Get("Authorization")})
		fault := s.fault
		s.mu.Unlock()
		if fault == nil || !fault(w, r, storage) {
			serve(w, r)
		}
	})
}

func (s *Server) serveHub(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	for i := range parts {
		parts[i], _ = url.PathUnescape(parts[i])
	}
	within := func(prefix ...string) bool {
		if len(parts) < len(prefix) || !slices.Equal(parts[:len(prefix)], prefix) {
			return false
		}
		parts = parts[len(prefix):]
		return true
	}
	kind := ""
	switch {
	case within("api", "resolve-cache", "models"):
		kind = "resolve-cache"
	case within("api", "models"):
		kind = "api"
	}
	for n := 1; n <= 2 && n < len(parts); n++ { // a repository's name has one part or two
		name := strings.Join(parts[:n], "/")
		repo, rest := s.Repos[name], parts[n:]
		open := s.Token != "" && r.Header.Get("Authorization") == "Bearer "+s.Token
		switch {
		case repo == nil || repo.Private && !open:
			continue
		case kind == "resolve-cache":
			s.serveFile(w, r, name, repo, rest[0], strings.Join(rest[1:], "/"), true)
		case kind == "api" && slices.Equal(rest, []string{"refs"}):
			serveRefs(w, repo)
		case kind == "api" && len(rest) == 2 && rest[0] == "revision":
			serveListing(w, name, repo, rest[1])
		case kind == "" && len(rest) > 2 && rest[0] == "resolve":
			if repo.Gated && !open {
				refuse(w, http.StatusUnauthorized, "GatedRepo", "Access to model "+name+" is restricted.")
				return
			}
			s.serveFile(w, r, name, repo, rest[1], strings.Join(rest[2:], "/"), false)
		default:
			continue
		}
		return
	}
	if r.Header.Get("Authorization") == "" {
		refuse(w, http.StatusUnauthorized, "RepoNotFound", "Invalid username or password.")
		return
	}
	refuse(w, http.StatusNotFound, "RepoNotFound", "Repository not found")
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("X-Error-Code", code)
	w.Header().Set("X-Error-Message", message)
	http.Error(w, message, status)
}

// files finds what a branch or commit stands for.
func (r *Repo) files(revision string) (Files, bool) {
	if files, ok := r.Revisions[revision]; ok {
		return files, true
	}
	for _, files := range r.Revisions {
		if Commit(files) == revision {
			return files, true
		}
	}
	return nil, false
}

func serveRefs(w http.ResponseWriter, repo *Repo) {
	branches := []map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(repo.Revisions)) {
		branches = append(branches, map[string]string{"name": name, "ref": "refs/heads/" + name, "targetCommit": Commit(repo.Revisions[name])})
	}
	json.NewEncoder(w).Encode(map[string]any{"branches": branches, "tags": []any{}, "converts": []any{}})
}

func serveListing(w http.ResponseWriter, name string, repo *Repo, revision string) {
	files, ok := repo.files(revision)
	if !ok {
		refuse(w, http.StatusNotFound, "RevisionNotFound", "Invalid rev id: "+revision)
		return
	}
	siblings := []map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		siblings = append(siblings, map[string]string{"rfilename": name})
	}
	json.NewEncoder(w).Encode(map[string]any{"id": name, "modelId": name, "sha": Commit(files), "private": repo.Private, "siblings": siblings})
}

func (s *Server) serveFile(w http.ResponseWriter, r *http.Request, name string, repo *Repo, revision, file string, redirected bool) {
	files, ok := repo.files(revision)
	if !ok {
		refuse(w, http.StatusNotFound, "RevisionNotFound", "Invalid rev id: "+revision)
		return
	}
	w.Header().Set("X-Repo-Commit", Commit(files))
	content, ok := files[file]
	if !ok {
		refuse(w, http.StatusNotFound, "EntryNotFound", "Entry not found")
		return
	}
	hash := Hash(file, content)
	switch {
	case Large(file):
		w.Header().Set("X-Linked-Etag", strconv.Quote(hash))
		w.Header().Set("X-Linked-Size", strconv.Itoa(len(content)))
		w.Header().Set("ETag", `"of-the-redirect"`)
		w.Header().Set("Location", s.StorageURL+"/"+hash+"?signature=1")
		w.WriteHeader(http.StatusFound)
	case !redirected:
		w.Header().Set("Location", "/api/resolve-cache/models/"+name+"/"+Commit(files)+"/"+file)
		w.WriteHeader(http.StatusTemporaryRedirect)
	default:
		w.Header().Set("ETag", strconv.Quote(hash))
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}
}

// serveStorage refuses a token: an address is signed, and the services that the hub uses want one or the other.
func (s *Server) serveStorage(w http.ResponseWriter, r *http.Request) {
	content, ok := s.Content(strings.TrimPrefix(r.URL.Path, "/"))
	if !ok || r.URL.RawQuery != "signature=1" || r.Header.Get("Authorization") != "" {
		http.Error(w, "only one of signature and Authorization", http.StatusBadRequest)
		return
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// Content finds a large file by its hash.
func (s *Server) Content(hash string) ([]byte, bool) {
	for _, repo := range s.Repos {
		for _, files := range repo.Revisions {
			for name, content := range files {
				if Large(name) && Hash(name, content) == hash {
					return content, true
				}
			}
		}
	}
	return nil, false
}
